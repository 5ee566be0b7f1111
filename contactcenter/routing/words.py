"""Cases and decisions in words, for people."""

from collections.abc import Mapping

from contactcenter.routing.rules import Case, Decision, Rule, agents_first
from contactcenter.routing.space import OTHER

FLAGS = {
    "open": ("within the opening hours", "outside the opening hours"),
    "identified": ("a known caller", "a caller who is not known"),
    "open_ticket": ("with an open ticket", "without an open ticket"),
    "last_agent": ("who spoke with an agent before", "who never spoke with an agent"),
}
LEADING = ("hotline", "open", "identified")


def in_words(example: Mapping[str, str]) -> str:
    """Dimensions of routing/space.py, each with a value, as one line."""
    names = sorted(example, key=lambda name: (LEADING.index(name) if name in LEADING else len(LEADING), name))
    return ", ".join(_part(name, example[name]) for name in names) or "any caller"


def _part(name: str, value: str) -> str:
    kind, _, part = name.partition(".")
    if kind in FLAGS:
        return FLAGS[kind][value != "yes"]
    other = "another" if value == OTHER else value
    words = {
        "product": f"{'with' if value == 'yes' else 'without'} product {part}",
        "menu": f"key {value} at {part}" if value else f"no key at {part}",
        "values": f"{part} is {other or 'not set'}",
        "caller": f"caller {value[:-1]}..." if value.endswith("*") else f"{other} caller",
    }
    return words.get(kind, f"{other} {kind}" if value == OTHER else f"{kind} {value or 'none'}")


def explain(decision: Decision, case: Case) -> list[str]:
    """Every rule that was tried with why it did or did not match, and where the call goes."""
    lines = [f"{'matches' if one.matched else 'no'}: {one.rule}: {one.why}" for one in decision.tried]
    return [*lines, _goes(decision.rule, case)]


def _goes(rule: Rule | None, case: Case) -> str:
    if rule is None:
        return "no rule matched: the call goes where the flow says, else to the on-call phones"
    parts = [
        f"on through flow {rule.flow}" if rule.queue is None else f"to queue {rule.queue} with priority {rule.priority}"
    ]
    if first := agents_first(rule, case):
        parts.append(f"asked first: {', '.join(first)}")
    if rule.skills:
        parts.append(f"only agents who have {' and '.join(rule.skills)}")
    if rule.sticky_hours is not None:
        parts.append(f"whom they spoke with in the last {rule.sticky_hours:g} hours is asked first")
    return f"{rule.name}: " + "; ".join(parts)
