"""Things that rules name and that do not exist."""

from collections.abc import Collection, Iterator

from contactcenter.routing.finding import Finding
from contactcenter.routing.known import Known
from contactcenter.routing.rules import Rule, When


def unknown_names(rule: Rule, known: Known) -> Iterator[Finding]:
    """In the conditions: nobody can be like that, or nobody is yet."""
    for what, name, fix in (*_callers(rule.when, known), *_choices(rule.when, known)):
        yield Finding("warning", "unknown", rule.name, f"there is no {what} {name}. {fix}")


def _callers(when: When, known: Known) -> Iterator[tuple[str, str, str]]:
    for number in when.hotline or ():
        if known.hotlines and number not in known.hotlines:
            yield "hotline", number, "See: contactcenter hotline list"
    for name in ("package", "product", "region", "group"):
        there: Collection[str] | None = getattr(known, name)
        for value in getattr(when, name) or ():
            if there is not None and value and value not in there:
                yield name, value, f"No customer has it; there are {_some(there)}"


def _choices(when: When, known: Known) -> Iterator[tuple[str, str, str]]:
    for node, keys in (when.menu or {}).items():
        if node not in known.menus:
            yield "menu node", node, f"The flows have {_some(known.menus)}"
            continue
        for key in keys:
            if key not in known.menus[node]:
                yield "key", f"{key} at {node}", f"It has {_some(known.menus[node])}"
    for name in when.values or {}:
        if known.variables is not None and name not in known.variables:
            yield "variable", name, f"The flows set {_some(known.variables)}"


def missing_targets(rule: Rule, known: Known) -> Iterator[Finding]:
    """What the rule leads to or asks for."""

    def missing(what: str, name: str) -> Finding:
        return Finding("error", "missing", rule.name, f"there is no {what} {name}. Change the rule, or add it first")

    if rule.queue is not None and rule.queue not in known.queues:
        yield missing("queue", rule.queue)
    if rule.flow is not None and rule.flow not in known.flows:
        yield missing("flow", rule.flow)
    if rule.prompt is not None and known.prompts is not None and rule.prompt not in known.prompts:
        yield missing("prompt", rule.prompt)
    for agent in rule.first:
        if agent.isdecimal() and agent not in known.agents:
            yield missing("agent", agent)


def _some(names: Collection[str]) -> str:
    several = sorted(names)
    return (", ".join(several[:10]) + (" ..." if len(several) > 10 else "")) or "none"
