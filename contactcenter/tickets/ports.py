"""What the tickets room needs from outside."""

from datetime import datetime
from typing import Protocol

from contactcenter.ids import AgentNumber, TicketNumber
from contactcenter.tickets.problem import Problem


class TicketBook(Protocol):
    async def open_or_join(self, problem: Problem) -> tuple[TicketNumber, bool]:
        """The ticket this call belongs to, and whether it was opened for it.

        Joins the newest open ticket of the company; without a company, that of the caller's number; without either, opens one. Raises StoreError.
        """
        ...

    async def open_of(self, assignee: AgentNumber) -> int:
        """How many tickets are open for an agent."""
        ...

    async def close(self, number: TicketNumber, at: datetime) -> AgentNumber:
        """Closes an open ticket; whose it was. Raises NotFound, or BadInput when it is closed already."""
        ...
