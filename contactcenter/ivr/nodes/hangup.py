"""hangup: an optional last prompt, then the call ends."""

from typing import Literal

from contactcenter.ivr.destination import ToEnd
from contactcenter.ivr.nodes.base import Node, Walk


class HangUp(Node):
    type: Literal["hangup"]
    prompt: str | None = None

    def prompts(self, language: str) -> list[str]:  # noqa: ARG002
        return [self.prompt] if self.prompt else []

    async def run(self, walk: Walk) -> ToEnd:
        if self.prompt:
            await walk.phone.play(self.prompt)
        return ToEnd("ended by the flow" if walk.open else "closed")
