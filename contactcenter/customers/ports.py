"""What the customers room needs from outside."""

from typing import Protocol

from contactcenter.customers.customer import Customer


class CustomerBook(Protocol):
    async def by_number(self, number: str) -> Customer | None:
        """The customer with this E.164 number."""
        ...

    async def by_service_code(self, code: str) -> Customer | None:
        """The company with this service code; no contact, since anybody there may know it."""
        ...
