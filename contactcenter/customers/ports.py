"""What the customers room needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from contactcenter.changes import Author
from contactcenter.customers.company import Company
from contactcenter.customers.customer import Customer
from contactcenter.customers.unique import Edit
from contactcenter.ids import CompanyId


class CustomerBook(Protocol):
    async def by_number(self, number: str) -> Customer | None:
        """The customer with this E.164 number."""
        ...

    async def by_service_code(self, code: str) -> Customer | None:
        """The company with this service code; no contact, since anybody there may know it."""
        ...

    async def by_company(self, company: CompanyId) -> Customer | None:
        """The company itself, without a contact."""
        ...


class CompanyBook(Protocol):
    """Customers whole, for programs that read and change them."""

    async def by_external_id(self, external_id: str) -> Company | None:
        """The company that the CRM knows by this id."""
        ...

    async def by_number(self, number: str) -> Company | None:
        """The company that one of whose contacts has this E.164 number."""
        ...

    async def save(self, edits: Sequence[Edit], author: Author, at: datetime, *, from_crm: bool = False) -> list[Edit]:
        """Stores all of them or none; those that changed something. Raises Conflict, BadInput."""
        ...


class ConflictList(Protocol):
    """What the CRM sent and could not be taken."""

    async def refuse(
        self, external_id: str, source: str, reason: str, body: Mapping[str, Any], at: datetime
    ) -> int: ...

    async def resolve(self, external_id: str, at: datetime) -> None: ...

    async def all(self, *, resolved: bool = False) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Message:
    """A webhook that waits. event_id: the same at every try; body: JSON text."""

    id: int
    company: int
    event: str
    event_id: str
    body: str
    tries: int
    first_tried_at: datetime | None


class Outbox(Protocol):
    """Changes of customers that the CRM has still to be told."""

    async def due(self, now: datetime, limit: int) -> list[Message]:
        """The oldest message of each company, if it is due."""
        ...

    async def delivered(self, message: int) -> None: ...

    async def failed(self, message: int, at: datetime, next_try: datetime | None) -> None:
        """next_try: None when it is given up."""
        ...
