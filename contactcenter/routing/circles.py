"""Rules that lead to flows that lead back to the rules."""

from collections.abc import Iterator

from contactcenter.routing.finding import Check, Finding
from contactcenter.routing.space import GaveUp


def circles(check: Check) -> Iterator[Finding]:
    """Rules whose callers come back to the rules, and from there to flows alone, for ever."""
    ahead: dict[int, tuple[set[int], bool]] = {}
    for place, rule in enumerate(check.rules):
        flow = check.known.flows.get(rule.flow or "")
        if flow is not None and flow.to_rules and check.boxes[place]:
            try:
                ahead[place] = _after(check, place, flow.changes)
            except GaveUp:
                yield Finding(
                    "warning", "gave_up", rule.name, "it was not found out whether this rule leads in a circle"
                )
    ends = {p for p in ahead if ahead[p][1] or check.known.flows[check.rules[p].flow or ""].elsewhere}
    while more := {p for p in ahead if p not in ends and ahead[p][0] - (ahead.keys() - ends)}:
        ends |= more
    for place, (following, other) in ahead.items():
        rule = check.rules[place]
        if place not in ends:
            way = " and ".join(f"{check.rules[other].name}" for other in sorted(following))
            text = (
                f"leads in a circle: after flow {rule.flow} its callers come to {way} again. Let the flow end elsewhere"
            )
            yield Finding("error", "circle", rule.name, text)
        elif following == {place} and not other:
            text = f"who comes back from flow {rule.flow} to the rules meets this rule again. Let that flow change something it asks for"
            yield Finding("warning", "circle", rule.name, text)


def _after(check: Check, place: int, changes: frozenset[str]) -> tuple[set[int], bool]:
    """Which rules may match a caller of this rule when they come back, and whether there may be none. Raises GaveUp."""
    came = [piece for box in check.boxes[place] for piece in check.rest(box, place)]
    freed = [{n: mask for n, mask in piece.items() if not _changed(n, changes)} for piece in came]
    found: set[int] = set()
    for other, boxes in enumerate(check.boxes):
        pieces = [check.space.both(one, two) for one in freed for two in boxes]
        if any(check.left(piece, other)[0] is not None for piece in pieces if piece is not None):
            found.add(other)
    return found, any(check.left(box, len(check.rules))[0] is not None for box in freed)


def _changed(dimension: str, changes: frozenset[str]) -> bool:
    return dimension in changes or (dimension.startswith("product.") and "product" in changes)
