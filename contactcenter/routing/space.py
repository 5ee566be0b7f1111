"""All cases that the rules can tell apart, as a finite space: what a condition looks at is a dimension, each with few values.

A dimension has the values that rules name and one for all others, so nothing is lost by looking at these alone: numbers of
callers are told apart by the longest beginning that is named, abandons by the thresholds. A box is a set of values in some
dimensions (a bit each) and everything in the others. A rule is a few boxes, and whether boxes cover a box is found by
taking pieces away: exact, or given up when a budget is used.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import get_args

from contactcenter.events import Level, ServiceState
from contactcenter.routing.rules import Case, Language, When

Box = dict[str, int]
"""Dimension -> the values in it, as bits; a dimension that is not there is not restricted."""

OTHER = "\x00"
"""Whatever no rule names."""
FLAGS = ("open", "identified", "open_ticket", "last_agent")
YES, NO = 1, 2
"""Bits of dimensions of yes and no."""
LISTS = ("hotline", "level", "service", "package", "region", "group", "language")
FIXED = {"level": get_args(Level), "service": get_args(ServiceState), "language": get_args(Language)}


class GaveUp(Exception):
    """The budget is used."""


@dataclass(slots=True)
class Budget:
    """How many boxes may still be compared, about 2 million a second."""

    left: int

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise GaveUp


@dataclass
class Space:
    """values: dimension -> its values in order, each standing for a bit. OTHER and "" are values like others."""

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def full(self, dimension: str) -> int:
        return (1 << len(self.values[dimension])) - 1

    def mask(self, dimension: str, values: Iterable[str]) -> int:
        """The bits of those values that there are."""
        wanted = set(values)
        return sum(1 << bit for bit, value in enumerate(self.values[dimension]) if value in wanted)

    def boxes(self, when: When) -> list[Box]:
        """The cases of a rule; none when it can't match."""
        box = self.tidy(dict(self._conditions(when)))
        if box is None:
            return []
        if when.product is None:
            return [box]
        return [{**box, f"product.{product}": YES} for product in dict.fromkeys(when.product)]

    def _conditions(self, when: When) -> Iterator[tuple[str, int]]:
        """All but products, of which one is enough."""
        for name in LISTS:
            if (wanted := getattr(when, name)) is not None:
                yield name, self.mask(name, wanted)
        for name in FLAGS:
            if (flag := getattr(when, name)) is not None:
                yield name, YES if flag else NO
        if when.caller is not None:
            yield "caller", self._callers(when.caller)
        if when.abandons is not None:
            yield "abandons", self.mask("abandons", (v for v in self.values["abandons"] if int(v) >= when.abandons))
        for node, keys in (when.menu or {}).items():
            yield f"menu.{node}", self.mask(f"menu.{node}", (key for key in keys if key))
        for name, values in (when.values or {}).items():
            yield f"values.{name}", self.mask(f"values.{name}", values)

    def _callers(self, wanted: Sequence[str]) -> int:
        """A beginning has the numbers that are told apart by a longer one, too."""
        bits = 0
        for bit, value in enumerate(self.values["caller"]):
            pattern = "*" if value == OTHER else value
            if any(_within(pattern, one) for one in wanted):
                bits |= 1 << bit
        return bits

    def uncovered(self, box: Box, others: Sequence[Box], budget: Budget) -> tuple[Box | None, set[int]]:
        """A piece of the box that is in none of the others, None when they cover it; and which of them were needed (some of
        them may not have been). Raises GaveUp.
        """
        used: set[int] = set()
        return next(self.pieces(box, others, budget, used), None), used

    def pieces(self, box: Box, others: Sequence[Box], budget: Budget, used: set[int]) -> Iterator[Box]:
        """All of the box that is in none of the others, piece by piece. used: takes those of them that were needed so far.
        Raises GaveUp.
        """
        todo: list[tuple[Box, Sequence[int]]] = [(box, range(len(others)))]
        while todo:
            piece, candidates = todo.pop()
            budget.take(len(candidates))
            meeting = [(index, cuts) for index in candidates if (cuts := self._cuts(piece, others[index])) is not None]
            if not meeting:
                yield piece
                continue
            first, cuts = min(meeting, key=lambda one: len(one[1]))
            used.add(first)
            rest = [index for index, _ in meeting if index != first]
            for name in cuts:
                have, taken = piece.get(name, self.full(name)), others[first][name]
                todo.append(({**piece, name: have & ~taken}, rest))
                piece = {**piece, name: have & taken}

    def tidy(self, box: Box) -> Box | None:
        """The same without dimensions that it does not restrict; None when nothing is in it. Boxes that are compared are tidy."""
        return {name: mask for name, mask in box.items() if mask != self.full(name)} if all(box.values()) else None

    def both(self, one: Box, other: Box) -> Box | None:
        """What two boxes have in common."""
        both = {name: one.get(name, self.full(name)) & other.get(name, self.full(name)) for name in {**one, **other}}
        return self.tidy(both)

    def _cuts(self, piece: Box, other: Box) -> list[str] | None:
        """The dimensions in which a part of the piece is outside of the other; None when all of it is."""
        cuts = []
        for name, mask in other.items():
            have = piece.get(name)
            if have is None:
                cuts.append(name)
            elif not have & mask:
                return None
            elif have & ~mask:
                cuts.append(name)
        return cuts

    def example(self, box: Box) -> dict[str, str]:
        """Dimension -> one value of the box, of the dimensions that it restricts; flags are "yes" or "no"."""
        return {name: self.values[name][(mask & -mask).bit_length() - 1] for name, mask in sorted(box.items())}

    def case(self, box: Box) -> Case:
        """A case of the box."""
        one = self.example({name: box.get(name, self.full(name)) for name in self.values})
        menu = {n.removeprefix("menu."): v for n, v in one.items() if n.startswith("menu.") and v}
        values = {n.removeprefix("values."): v for n, v in one.items() if n.startswith("values.")}
        products = tuple(n.removeprefix("product.") for n, v in one.items() if n.startswith("product.") and v == "yes")
        plain = {n: self._plain(n, v) for n, v in one.items() if n in LISTS}
        flags = {name: one.get(name) == "yes" for name in FLAGS if name != "last_agent"}
        return Case(
            **{"hotline": "", **plain},  # type: ignore[arg-type]
            **flags,  # type: ignore[arg-type]
            menu=menu,
            values={name: self._plain(f"values.{name}", value) for name, value in values.items()},
            products=products,
            caller=self._number(one.get("caller", OTHER)),
            last_agent="1" if one.get("last_agent") == "yes" else "",
            abandons=int(one.get("abandons", "0")),
        )

    def _plain(self, dimension: str, value: str) -> str:
        """A value that rules do not name is none, where they do not name that."""
        if value != OTHER:
            return value
        return "" if "" not in self.values[dimension] else "something else"

    def _number(self, value: str) -> str:
        """A number that is told apart by this beginning and by no longer one."""
        if value != OTHER and not value.endswith("*"):
            return value
        start = "" if value == OTHER else value[:-1]
        others = [
            one for one in self.values.get("caller", ()) if one not in {value, OTHER} and _within(one, start + "*")
        ]
        endings = (str(number) for number in range(10_000))
        free = (n for end in endings if not any(_within(n := start + end, one) for one in others))
        return start if not any(_within(start, one) for one in others) else next(free, start)


def space_of(whens: Iterable[When], hotlines: Iterable[str], menus: "dict[str, frozenset[str]]") -> Space:
    """The space in which these conditions live. hotlines: those there are; menus: node -> its keys, of those there are."""
    space, rules = Space(), list(whens)
    named: dict[str, dict[str, None]] = {name: {} for name in LISTS}
    for when in rules:
        for name in LISTS:
            named[name].update(dict.fromkeys(getattr(when, name) or ()))
        for product in when.product or ():
            space.values[f"product.{product}"] = ("yes", "no")
        for node in when.menu or {}:
            space.values[f"menu.{node}"] = (*sorted(menus.get(node, ())), "")
        for name, values in (when.values or {}).items():
            known = space.values.get(f"values.{name}", (OTHER,))
            space.values[f"values.{name}"] = tuple(dict.fromkeys([*values, *known]))
    for name in LISTS:
        space.values[name] = FIXED.get(name) or (*dict.fromkeys([*named[name], OTHER]),)
    space.values["hotline"] = tuple(dict.fromkeys(hotlines)) or space.values["hotline"]
    for name in FLAGS:
        space.values[name] = ("yes", "no")
    space.values["caller"] = tuple(dict.fromkeys([*(one for when in rules for one in when.caller or ()), OTHER]))
    thresholds = {when.abandons for when in rules if when.abandons is not None}
    space.values["abandons"] = tuple(str(number) for number in sorted({0, *thresholds}))
    return space


def _within(one: str, other: str) -> bool:
    """Whether all numbers of one pattern are of the other."""
    if other.endswith("*"):
        return one.removesuffix("*").startswith(other[:-1])
    return one == other
