"""say: speaks a number, digits, a date, a time of day or an amount of money, written out or from a variable."""

from typing import Literal, Self

from pydantic import model_validator

from contactcenter.ivr.nodes.base import Exit, Node, Walk, ways
from contactcenter.ivr.saying import Kind, say_prompts, vocabulary
from contactcenter.ivr.walk import variables


class Say(Node):
    """value: text or {variables}. failed: the way when what a variable holds can't be spoken so; without it, `next`."""

    type: Literal["say"]
    say: Kind
    value: str
    next: str
    failed: str | None = None

    @model_validator(mode="after")
    def _can_be_spoken(self) -> Self:
        if not variables(self.value):
            try:
                say_prompts(self.say, self.value, "zh")
            except ValueError as error:
                raise ValueError(f"{self.value!r} can't be spoken as {self.say}: {error}") from None
        return self

    def exits(self) -> list[Exit]:
        return ways(next=self.next, failed=self.failed)

    def reads(self) -> set[str]:
        return variables(self.value)

    def prompts(self, language: str) -> tuple[str, ...]:
        return vocabulary(self.say, language)

    async def run(self, walk: Walk) -> str:
        try:
            prompts = say_prompts(self.say, walk.fill(self.value), walk.phone.language)
        except ValueError:
            return self.failed or self.next
        await walk.phone.play(*prompts)
        return self.next
