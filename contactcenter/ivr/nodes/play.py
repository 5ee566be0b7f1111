"""play: one prompt to its end, then the next node."""

from typing import Literal

from contactcenter.ivr.nodes.base import Exit, Node, Walk


class Play(Node):
    type: Literal["play"]
    prompt: str
    next: str

    def exits(self) -> list[Exit]:
        return [Exit(self.next)]

    def prompts(self) -> list[str]:
        return [self.prompt]

    async def run(self, walk: Walk) -> str:
        await walk.phone.play(self.prompt)
        return self.next
