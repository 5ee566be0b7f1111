"""done, return: the end of a flow. A subflow goes back to the node after it; the hotline's own flow goes on to the rules."""

from typing import Literal

from contactcenter.ivr.nodes.base import Node, Walk
from contactcenter.ivr.outcome import Back


class Done(Node):
    type: Literal["done", "return"]

    async def run(self, walk: Walk) -> Back:  # noqa: ARG002
        return Back()
