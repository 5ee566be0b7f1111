"""set: gives variables their values."""

from typing import Literal

from pydantic import Field, field_validator

from contactcenter.ivr.nodes.base import Exit, Node, Variable, Walk, ways
from contactcenter.ivr.walk import KNOWN, variables


class Set(Node):
    """values: variable -> text, with other {variables} in it; all are filled in before any is set. What holds a secret is one."""

    type: Literal["set"]
    values: dict[Variable, str] = Field(min_length=1)
    next: str

    @field_validator("values")
    @classmethod
    def _not_known(cls, values: dict[str, str]) -> dict[str, str]:
        if taken := KNOWN & values.keys():
            raise ValueError(f"{min(taken)} belongs to the call and can't be set")
        return values

    def exits(self) -> list[Exit]:
        return ways(next=self.next)

    def reads(self) -> set[str]:
        return {name for text in self.values.values() for name in variables(text)}

    def sets(self) -> set[str]:
        return set(self.values)

    async def run(self, walk: Walk) -> str:
        filled = {name: (walk.fill(text), walk.is_secret(text)) for name, text in self.values.items()}
        for name, (value, secret) in filled.items():
            walk.keep(name, value, secret=secret)
        return self.next
