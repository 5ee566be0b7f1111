"""What is wrong with the rules as a whole, before any call meets it: exact where it can be, and said where it was given up.

A caller who is not known has level standard, no service, package, product, region or group; a caller comes to the rules only
in the states of the hours, and with the menus, that the flow of the hotline lets through.
"""

from collections.abc import Iterator, Sequence

from contactcenter.routing.circles import circles
from contactcenter.routing.finding import MOST_STEPS, Check, Finding
from contactcenter.routing.known import Known
from contactcenter.routing.names import missing_targets, unknown_names
from contactcenter.routing.rules import Rule
from contactcenter.routing.space import NO, OTHER, YES, Box, Budget, GaveUp, Space, space_of
from contactcenter.routing.words import in_words

FEW = 8
"""So many rules that hide another together are looked at one by one, whether each is needed."""


def check_rules(rules: Sequence[Rule], known: Known, most_steps: int = MOST_STEPS) -> list[Finding]:
    """Everything that is found, in the order of the rules; what is about all of them comes last.

    most_steps: comparisons after which it is given up, about a million a second.
    """
    space = space_of([rule.when for rule in rules], known.hotlines, dict(known.menus))
    check = Check(rules, known, space, [space.boxes(rule.when) for rule in rules], budget=Budget(most_steps))
    check.impossible = [box for one in _impossible(known, space) if (box := space.tidy(one)) is not None]
    found = []
    for place, rule in enumerate(rules):
        found += [*unknown_names(rule, known), *missing_targets(rule, known)]
        matching = _matches(check, place)
        found += matching if isinstance(matching, list) else _served(check, place, matching)
    return [*found, *circles(check), *_gaps(check)]


def _impossible(known: Known, space: Space) -> Iterator[Box]:
    stranger: Box = {"identified": NO}
    yield {**stranger, "level": space.full("level") & ~space.mask("level", ["standard"])}
    yield {**stranger, "service": space.full("service") & ~space.mask("service", ["none"])}
    for name in ("package", "region", "group"):
        nothing = "" if "" in space.values[name] else OTHER
        yield {**stranger, name: space.full(name) & ~space.mask(name, [nothing])}
    for name in space.values:
        if name.startswith("product."):
            yield {**stranger, name: YES}
    for number, hotline in known.hotlines.items():
        mine = space.mask("hotline", [number])
        for state, bit in ((True, YES), (False, NO)):
            if state not in hotline.open:
                yield {"hotline": mine, "open": bit}
        for name in space.values if hotline.menus is not None else ():
            if name.startswith("menu.") and name.removeprefix("menu.") not in (hotline.menus or ()):
                yield {"hotline": mine, name: space.full(name) & ~space.mask(name, [""])}


def _matches(check: Check, place: int) -> list[Finding] | Box:
    """Cases that the rule takes; or why there are none."""
    rule, boxes = check.rules[place], check.boxes[place]
    hidden: set[int] = set()
    try:
        for box in boxes:
            piece, used = check.left(box, place)
            if piece is not None:
                return piece
            hidden |= used
    except GaveUp:
        text = "it was not found out whether this rule can match: too many cases"
        return [Finding("warning", "gave_up", rule.name, text)]
    if not hidden:
        why = "no caller can be like this" if boxes else _empty(rule, check.space)
        text = f"can never match: {why}. Change its conditions, or remove it"
        return [Finding("error", "impossible", rule.name, text)]
    names = " and ".join(check.rules[other].name for other in _needed(check, boxes, hidden))
    text = f"can never match: {names} before it takes all its callers. Move it up, or remove it"
    return [Finding("warning", "shadowed", rule.name, text)]


def _needed(check: Check, boxes: list[Box], hidden: set[int]) -> list[int]:
    """Of rules that hide another, those that it takes: one alone, or some of which none can be left out, as far as that is found."""

    def covered_by(some: list[int]) -> bool:
        others = check.impossible + [box for other in some for box in check.boxes[other]]
        return all(check.space.uncovered(box, others, check.budget)[0] is None for box in boxes)

    several = sorted(hidden)
    try:
        alone = next((one for one in several if covered_by([one])), None)
        if alone is not None:
            return [alone]
        for one in several[::-1] if len(several) <= FEW else ():
            rest = [other for other in several if other != one]
            if covered_by(rest):
                several = rest
    except GaveUp:
        pass
    return several


def _empty(rule: Rule, space: Space) -> str:
    """Which condition of a rule without cases holds for nobody."""
    for name in type(rule.when).model_fields:
        value = getattr(rule.when, name)
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, wanted in parts:
            one = {name: {part: wanted} if part else wanted}
            if value is not None and not space.boxes(type(rule.when).model_validate(one)):
                shown = ", ".join(wanted) if isinstance(wanted, list) else wanted
                return f"there is no {name} {part}".rstrip() + (f" that is {shown}" if shown else " in an empty list")
    return "its conditions exclude each other"


def _served(check: Check, place: int, piece: Box) -> Iterator[Finding]:
    """Whether somebody is there for the callers that the rule takes. Members have no shifts: who is there when is not known."""
    rule = check.rules[place]
    queue = check.known.queues.get(rule.queue or "")
    if queue is None:
        return
    missing = ""
    if not queue.members:
        missing = f"queue {rule.queue} has no members"
    elif not queue.accepting:
        missing = f"queue {rule.queue} is closed (accepting=no)"
    elif not any(queue.members[agent] >= set(rule.skills) for agent in queue.members):
        missing = f"no member of queue {rule.queue} has {' and '.join(sorted(rule.skills))}"
    if missing:
        text = f"{missing}, and callers come to it{_while_open(check, place)}"
        yield Finding("warning", "unserved", rule.name, text, check.space.case(piece))


def _while_open(check: Check, place: int) -> str:
    """On which hotline in its opening hours, and when the next ones are."""
    for number, hotline in check.known.hotlines.items():
        here = {"hotline": check.space.mask("hotline", [number]), "open": YES}
        for box in check.boxes[place]:
            both = check.space.both(box, here)
            try:
                if both is not None and check.left(both, place)[0] is not None:
                    opens = f" ({hotline.opens})" if hotline.opens else ""
                    return f" on hotline {number} in its opening hours{opens}"
            except GaveUp:
                continue
    return ""


def _gaps(check: Check) -> Iterator[Finding]:
    try:
        piece, _ = check.left({}, len(check.rules))
    except GaveUp:
        text = "it was not found out whether some callers match no rule: too many cases"
        yield Finding("warning", "gave_up", "", text)
        return
    if piece is not None:
        text = f"no rule is for callers such as: {in_words(check.space.example(piece))}. Add a last rule without conditions"
        yield Finding("warning", "uncovered", "", text, check.space.case(piece))
