"""language: from here on the caller hears prompts in another language."""

from typing import Literal

from contactcenter.ivr.nodes.base import Exit, Node, Walk, ways


class Language(Node):
    type: Literal["language"]
    language: Literal["zh", "en"]
    next: str

    def exits(self) -> list[Exit]:
        return ways(next=self.next)

    async def run(self, walk: Walk) -> str:
        walk.phone.language = self.language
        return self.next
