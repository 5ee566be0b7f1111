"""hangup: an optional last prompt, then the call ends."""

from typing import Literal

from contactcenter.ivr.nodes.base import Node, Walk


class HangUp(Node):
    type: Literal["hangup"]
    prompt: str | None = None

    def prompts(self) -> list[str]:
        return [self.prompt] if self.prompt else []

    async def run(self, walk: Walk) -> None:
        if self.prompt:
            await walk.phone.play(self.prompt)
        walk.end("hang_up")
