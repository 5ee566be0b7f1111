"""What is wrong with rules, and the one look at all of them that finds it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from contactcenter.routing.known import Known
from contactcenter.routing.rules import Case, Rule
from contactcenter.routing.space import Box, Budget, GaveUp, Space

MOST_STEPS = 600_000
STEPS_EACH = 60_000
MOST_PIECES = 32


@dataclass(frozen=True, slots=True)
class Finding:
    """severity: an error is a rule that can't do what it says. kind: short and stable. rule: "" for all of them together.

    text: one line, with what to do. example: a case that shows it, for `route try`.
    """

    severity: Literal["error", "warning"]
    kind: str
    rule: str
    text: str
    example: Case | None = None


@dataclass
class Check:
    """One look at all rules. boxes: of each rule; taken: boxes with the place of their rule, -1 for cases that can't be."""

    rules: Sequence[Rule]
    known: Known
    space: Space
    boxes: list[list[Box]] = field(default_factory=list)
    impossible: list[Box] = field(default_factory=list)
    budget: Budget = field(default_factory=lambda: Budget(MOST_STEPS))

    def before(self, place: int) -> tuple[list[Box], list[int]]:
        """The cases that do not come as far as the rule at this place, and whose each is."""
        boxes, owners = list(self.impossible), [-1] * len(self.impossible)
        for other in range(place):
            boxes += self.boxes[other]
            owners += [other] * len(self.boxes[other])
        return boxes, owners

    def rest(self, box: Box, place: int) -> list[Box]:
        """All of the box that comes as far as the rule at this place; the whole box where that would be many pieces."""
        each = Budget(min(STEPS_EACH, self.budget.left))
        given = each.left
        try:
            pieces = list(islice(self.space.pieces(box, self.before(place)[0], each, set()), MOST_PIECES + 1))
        except GaveUp:
            return [box]
        finally:
            self.budget.left -= given - max(each.left, 0)
        return pieces if len(pieces) <= MOST_PIECES else [box]

    def left(self, box: Box, place: int) -> tuple[Box | None, set[int]]:
        """A piece of the box that comes as far as the rule at this place, or which rules take all of it. Raises GaveUp."""
        boxes, owners = self.before(place)
        each = Budget(min(STEPS_EACH, self.budget.left))
        given = each.left
        try:
            piece, used = self.space.uncovered(box, boxes, each)
        finally:
            self.budget.left -= given - max(each.left, 0)
        return piece, {owners[index] for index in used} - {-1}
