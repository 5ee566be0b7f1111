"""What the distribution room needs from outside."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from contactcenter.acd.inputs import Offer
from contactcenter.events import WithdrawReason
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId


@dataclass(frozen=True, slots=True)
class Past:
    """A caller's past, as routing asks for it. ticket_owner: "" for nobody's; last_agent: who spoke with them last, ever.

    abandons: how often they hung up waiting in the last day without being answered since.
    """

    open_ticket: bool = False
    ticket_owner: str = ""
    last_agent: str = ""
    abandons: int = 0


PastPart = Literal["ticket", "last_agent", "abandons"]


class ContactHistory(Protocol):
    async def last_agents(
        self, contact: ContactId | None, company: CompanyId | None, caller: str, since: datetime
    ) -> tuple[AgentNumber, ...]:
        """Who last spoke with this contact (or, without one, this number), then with this company; none twice."""
        ...

    async def past(
        self,
        contact: ContactId | None,
        company: CompanyId | None,
        caller: str,
        now: datetime,
        wanted: Collection[PastPart],
    ) -> Past:
        """What is wanted of a caller's past, the rest as if there were none.

        Tickets are the company's, or without one the number's; the rest is the contact's, or without one the number's.
        """
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What the agent's phone shows while it rings. number: E.164 or ""; name: "" when it is not known.

    callback: the customer is not on the line yet; whoever answers is told so, and hears it ring at the customer's.
    """

    number: str = ""
    name: str = ""
    callback: bool = False


class AgentLines(Protocol):
    """Agents' phones, rung and stopped at the engine's word; each offer is a line of its own.

    What becomes of an offer is told to distribution as OfferRinging, OfferAnswered and OfferFailed. After each `ring` there
    is sooner or later exactly one OfferFailed, or a connection that the caller's line made; after `stop` it comes soon.
    """

    def ring(self, offer: Offer, shown: Shown) -> None:
        """Begins to ring the phone."""
        ...

    def stop(self, call: CallId, agent: AgentNumber, attempt: int, why: WithdrawReason) -> None:
        """Stops the phone, ringing or answered. Its display says "answered elsewhere" where that is so. Safe to repeat."""
        ...
