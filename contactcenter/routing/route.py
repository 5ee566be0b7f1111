"""Where a call goes, noted with every rule that was tried and with what was looked at."""

import dataclasses
from typing import Any

from contactcenter.bus import CallNotes
from contactcenter.events import CallRouted
from contactcenter.ids import QueueName
from contactcenter.routing.rules import Case, Rule, decide

NO_QUEUE = QueueName("")


def route(rules: tuple[Rule, ...], case: Case, note: CallNotes) -> Rule | None:
    """The rule that matched, noted with all that were tried; None when none did."""
    decision = decide(rules, case)
    rule = decision.rule
    note(
        CallRouted,
        queue=(rule.queue if rule else None) or NO_QUEUE,
        priority=rule.priority if rule else 0,
        rule=rule.name if rule else "",
        tried=decision.tried,
        case=plain_case(case),
        flow=(rule.flow if rule else None) or "",
    )
    return rule


def plain_case(case: Case) -> dict[str, Any]:
    """A case as plain JSON values, without what is as it is for a caller of whom nothing is known."""
    usual = Case(case.hotline)
    values = {f.name: getattr(case, f.name) for f in dataclasses.fields(Case)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if name == "hotline" or value != getattr(usual, name)
    }


def read_case(plain: dict[str, Any]) -> Case:
    """The case that `plain_case` was taken from; fields of a later version are passed over."""
    known = {field.name for field in dataclasses.fields(Case)}
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in plain.items() if n in known}
    return Case(**values)
