"""What the distribution room needs from outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contactcenter.acd.inputs import Offer
from contactcenter.events import WithdrawReason
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId


class ContactHistory(Protocol):
    async def last_agents(
        self, contact: ContactId | None, company: CompanyId | None, caller: str, since: datetime
    ) -> tuple[AgentNumber, ...]:
        """Who last spoke with this contact (or, without one, this number), then with this company; none twice."""
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
