"""done: the caller's need is known; routing goes on from here."""

from typing import Literal

from contactcenter.ivr.nodes.base import Node, Walk


class Done(Node):
    type: Literal["done"]

    async def run(self, walk: Walk) -> None:
        walk.end("done")
