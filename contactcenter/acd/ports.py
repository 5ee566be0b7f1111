"""What the distribution room needs from outside."""

from datetime import datetime
from typing import Protocol

from contactcenter.ids import AgentNumber, CompanyId, ContactId


class ContactHistory(Protocol):
    async def last_agents(
        self, contact: ContactId | None, company: CompanyId | None, caller: str, since: datetime
    ) -> tuple[AgentNumber, ...]:
        """Who last spoke with this contact (or, without one, this number), then with this company; none twice."""
        ...
