"""play: one or several prompts to their end, then the next node."""

from typing import Literal

from pydantic import field_validator

from contactcenter.ivr.nodes.base import Exit, Node, Walk, ways


class Play(Node):
    """prompt: one, or a list of them that is played in order."""

    type: Literal["play"]
    prompt: str | tuple[str, ...]
    next: str

    @field_validator("prompt")
    @classmethod
    def _something(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not value:
            raise ValueError("name at least one prompt")
        return value

    def exits(self) -> list[Exit]:
        return ways(next=self.next)

    def prompts(self, language: str) -> tuple[str, ...]:  # noqa: ARG002
        return (self.prompt,) if isinstance(self.prompt, str) else self.prompt

    async def run(self, walk: Walk) -> str:
        await walk.phone.play(*self.prompts(walk.phone.language))
        return self.next
