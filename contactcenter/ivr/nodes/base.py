"""What every node tells the checker and does for the runner."""

from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from contactcenter.phone import Phone


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a node. by_key: the caller chose it, so a loop through it can't run by itself."""

    target: str
    by_key: bool = False


class Walk(Protocol):
    """One caller's way through a flow."""

    @property
    def phone(self) -> Phone: ...

    def pressed(self, key: str, counts: bool) -> None:
        """Notes a key ("" for none in time); one that counts is what the caller chose at the present node."""
        ...

    def end(self, how: Literal["done", "hang_up"]) -> None: ...


class Node(BaseModel):
    """Base of all nodes. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str

    def exits(self) -> list[Exit]:
        return []

    def prompts(self) -> list[str]:
        return []

    async def run(self, walk: Walk) -> str | None:
        """Does what the node does; the name of the next node, or None when walk.end() was called."""
        raise NotImplementedError
