"""The problem that an answered call brings to its ticket."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId
from contactcenter.phone import Talk


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


def problem_of(call: CallId, talk: Talk, hotline: str, caller: str, who: Caller | None) -> Problem:
    """The problem of a call that was just answered. Its title is the first one, until the agent writes a better one."""
    names = f"{who.company_name} {who.contact_name}".strip() if who else ""
    return Problem(
        call=call,
        at=talk.answered_at,
        caller=caller,
        company=who.company if who else None,
        contact=who.contact if who else None,
        title=f"Call to {hotline} from {names or caller or 'a withheld number'}",
        assignee=talk.agent,
    )
