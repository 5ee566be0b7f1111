"""What every node tells the checker and does for the runner."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from contactcenter.ivr.outcome import Outcome
from contactcenter.ivr.walk import NAME, Walk

__all__ = ["Exit", "Node", "Uses", "Variable", "Walk", "ways"]

Variable = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a node. by_key: the caller chose it, so a loop through it can't run by itself. label: when it is taken."""

    target: str
    by_key: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Uses:
    """What a node names that has to exist outside of its flow; kind: queue, calendar, flow or agent; field: where it says so."""

    kind: str
    name: str
    field: str


class Node(BaseModel, ABC):
    """Base of all nodes. Unknown keys are errors. step: what callers who hang up here are counted under, "" for as before."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    step: ClassVar[str] = ""

    type: str

    def exits(self) -> list[Exit]:
        return []

    def prompts(self, language: str) -> Iterable[str]:  # noqa: ARG002 (most nodes play the same in each)
        """Every prompt it may play in that language."""
        return []

    def uses(self) -> list[Uses]:
        return []

    def reads(self) -> set[str]:
        """The variables it uses."""
        return set()

    def sets(self) -> set[str]:
        """The variables it may set."""
        return set()

    @abstractmethod
    async def run(self, walk: Walk) -> Outcome:
        """Does what the node does, and says where the way goes on. Raises CallerGone."""


def ways(**targets: str | None) -> list[Exit]:
    """The exits that are given: the field that names each, and where it leads."""
    return [Exit(target, label=field) for field, target in targets.items() if target is not None]
