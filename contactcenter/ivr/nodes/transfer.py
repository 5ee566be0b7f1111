"""transfer: the call goes to a number outside, or to an agent's extension."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from contactcenter.ivr.destination import ToNumber
from contactcenter.ivr.nodes.base import Exit, Node, Walk, ways


class Transfer(Node):
    """to: the number. seconds: how long it rings. failed: the node when nobody answers; without one, an apology and the end.

    then: the node after the conversation; without one, survey and farewell.
    """

    step: ClassVar[str] = "acd"

    type: Literal["transfer"]
    to: Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{2,20}$")]
    seconds: float = Field(default=40, ge=5, le=300)
    failed: str | None = None
    then: str | None = None

    def exits(self) -> list[Exit]:
        return ways(failed=self.failed, then=self.then)

    async def run(self, walk: Walk) -> ToNumber:  # noqa: ARG002
        return ToNumber(self.to, self.seconds, self.failed, self.then)
