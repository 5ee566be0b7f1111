"""survey: asks for the rating of the conversation that was; without one it does nothing."""

from typing import ClassVar, Literal

from contactcenter.ivr.nodes.base import Exit, Node, Walk, ways
from contactcenter.survey.survey import survey


class Survey(Node):
    step: ClassVar[str] = "survey"

    type: Literal["survey"]
    next: str

    def exits(self) -> list[Exit]:
        return ways(next=self.next)

    def prompts(self, language: str) -> list[str]:  # noqa: ARG002
        return ["survey-ask", "survey-thanks", "wrong-key", "no-key", "goodbye"]

    async def run(self, walk: Walk) -> str:
        if walk.talked_to:
            await survey(walk.phone, walk.talked_to, walk.note)
        return self.next
