"""The problem that an answered call brings to its ticket."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId

NOBODY = AgentNumber("")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is known of a problem when its call is answered. caller: E.164 or ""."""

    call: CallId
    at: datetime
    caller: str
    company: CompanyId | None
    contact: ContactId | None
    title: str
    assignee: AgentNumber


class Caller(Protocol):
    """What a ticket needs of a customer; see customers/customer.py."""

    @property
    def company(self) -> CompanyId: ...
    @property
    def company_name(self) -> str: ...
    @property
    def contact(self) -> ContactId | None: ...
    @property
    def contact_name(self) -> str: ...


class Arrived(Protocol):
    """What a ticket needs of a call's arrival; see calls/arrival.py."""

    @property
    def hotline(self) -> str: ...
    @property
    def caller(self) -> str: ...


def problem_of(
    call: CallId, at: datetime, arrival: Arrived, who: Caller | None, assignee: AgentNumber = NOBODY
) -> Problem:
    """The problem that a call brings. Its title is the first one, until the agent writes a better one."""
    names = f"{who.company_name} {who.contact_name}".strip() if who else ""
    return Problem(
        call=call,
        at=at,
        caller=arrival.caller,
        company=who.company if who else None,
        contact=who.contact if who else None,
        title=f"Call to {arrival.hotline} from {names or arrival.caller or 'a withheld number'}",
        assignee=assignee,
    )
