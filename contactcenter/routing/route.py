"""Where a call goes, noted with every rule that was tried."""

from typing import Protocol

from contactcenter.bus import CallNotes
from contactcenter.events import CallRouted, Level, ServiceState
from contactcenter.routing.rules import Case, Rule, decide


class Arrived(Protocol):
    """What routing looks at of a call's arrival; see calls/arrival.py."""

    @property
    def hotline(self) -> str: ...


class Known(Protocol):
    """What routing looks at of a customer; see customers/customer.py."""

    @property
    def level(self) -> Level: ...


def route(
    rules: tuple[Rule, ...],
    note: CallNotes,
    arrival: Arrived,
    customer: Known | None,
    *,
    service: ServiceState,
    menu: dict[str, str],
) -> Rule | None:
    """The rule that matched, noted with all that were tried; None when none did. menu: node -> the key pressed there."""
    level = customer.level if customer is not None else "standard"
    decision = decide(rules, Case(arrival.hotline, level, service, customer is not None, menu))
    if (rule := decision.rule) is not None and rule.queue is not None:
        note(CallRouted, queue=rule.queue, priority=rule.priority, rule=rule.name, tried=decision.tried)
    return rule
