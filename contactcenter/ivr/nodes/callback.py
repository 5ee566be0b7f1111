"""callback: the caller is called back, with a place in a queue from now on; then the call ends."""

from typing import ClassVar, Literal

from pydantic import Field

from contactcenter.ids import QueueName
from contactcenter.ivr.destination import ToCallback
from contactcenter.ivr.nodes.base import Exit, Node, Uses, Walk, ways


class Callback(Node):
    """withheld: where a caller goes whose number is not known; without it, an apology and the end."""

    step: ClassVar[str] = "acd"

    type: Literal["callback"]
    queue: QueueName
    priority: int = Field(default=0, ge=0, le=10)
    withheld: str | None = None

    def exits(self) -> list[Exit]:
        return ways(withheld=self.withheld)

    def uses(self) -> list[Uses]:
        return [Uses("queue", self.queue, "queue")]

    async def run(self, walk: Walk) -> str | ToCallback:
        if self.withheld is not None and not walk.arrival.caller:
            return self.withheld
        return ToCallback(self.queue, self.priority)
