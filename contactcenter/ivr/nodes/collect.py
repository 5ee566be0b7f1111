"""collect: digits that the caller keys in, into a variable."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from contactcenter.events import DigitsCollected
from contactcenter.ivr.nodes.base import Exit, Node, Variable, Walk, ways

NOTHING = "no-key"


class Collect(Node):
    """least, most: how many digits; the caller ends with # or by silence. seconds: of silence between two keys. failed: where
    a caller goes who did not key in as many. secret: the digits are never written down, nor can rules look at them.
    """

    step: ClassVar[str] = "ivr"

    type: Literal["collect"]
    prompt: str
    into: Variable
    next: str
    failed: str
    least: int = Field(default=1, ge=1, le=40)
    most: int = Field(default=20, ge=1, le=40)
    seconds: float = Field(default=5, gt=0, le=60)
    tries: int = Field(default=3, ge=1, le=9)
    wrong: str = "wrong-digits"
    secret: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least > self.most:
            raise ValueError(f"least is {self.least}, more than most, {self.most}")
        return self

    def exits(self) -> list[Exit]:
        return [Exit(self.next, by_key=True, label="next"), *ways(failed=self.failed)]

    def prompts(self, language: str) -> list[str]:  # noqa: ARG002
        return [self.prompt, self.wrong, NOTHING]

    def sets(self) -> set[str]:
        return {self.into}

    async def run(self, walk: Walk) -> str:
        complaint = ""
        for _ in range(self.tries):
            digits = await walk.phone.ask_digits(self.prompt, self.seconds, self.most, before=complaint)
            ok = digits.isdecimal() and self.least <= len(digits) <= self.most
            shown = "" if self.secret else digits
            walk.note(DigitsCollected, flow=walk.flow, node=walk.node, variable=self.into, digits=shown, ok=ok)
            if digits:
                walk.alive()
            if ok:
                walk.keep(self.into, digits, secret=self.secret)
                return self.next
            complaint = self.wrong if digits else NOTHING
        return self.failed
