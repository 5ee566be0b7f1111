"""subflow: another flow, and back here when it comes to its end by `done` or `return`."""

from typing import Literal

from contactcenter.ivr.nodes.base import Exit, Node, Uses, Walk, ways
from contactcenter.ivr.outcome import Into


class Subflow(Node):
    type: Literal["subflow"]
    flow: str
    next: str

    def exits(self) -> list[Exit]:
        return ways(next=self.next)

    def uses(self) -> list[Uses]:
        return [Uses("flow", self.flow, "flow")]

    async def run(self, walk: Walk) -> Into:  # noqa: ARG002
        return Into(self.flow, self.next)
