"""Customers in the store."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.customers.customer import Customer
from contactcenter.store import tables as t
from contactcenter.store.database import worker_of

BY_NUMBER = (
    select(t.companies, t.contacts.c.id.label("contact_id"), t.contacts.c.name.label("contact_name"))
    .join(t.contacts, t.contacts.c.company_id == t.companies.c.id)
    .join(t.contact_numbers, t.contact_numbers.c.contact_id == t.contacts.c.id)
    .where(t.contact_numbers.c.number == bindparam("number"))
)
BY_SERVICE_CODE = select(t.companies).where(t.companies.c.service_code == bindparam("code"))


class CustomerRepository:
    """Implements customers.ports.CustomerBook, and the listing."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def by_number(self, number: str) -> Customer | None:
        row = await worker_of(self._database).find(BY_NUMBER, {"number": number})
        return None if row is None else _customer(row, row.contact_id, row.contact_name)

    async def by_service_code(self, code: str) -> Customer | None:
        row = await worker_of(self._database).find(BY_SERVICE_CODE, {"code": code})
        return None if row is None else _customer(row, None, "")

    async def all(self) -> list[dict[str, Any]]:
        """Every company with its contacts and their numbers, oldest first."""
        companies = select(t.companies, t.customer_groups.c.name.label("group")).join(t.customer_groups, isouter=True)
        people = select(t.contacts.c.id, t.contacts.c.company_id, t.contacts.c.name, t.contact_numbers.c.number).join(
            t.contact_numbers, isouter=True
        )
        async with self._database.connect() as connection:
            company_rows = (await connection.execute(companies.order_by(t.companies.c.id))).all()
            people_rows = (await connection.execute(people.order_by(t.contacts.c.id))).all()
        contacts: dict[int, dict[int, dict[str, Any]]] = {}
        for row in people_rows:
            contact = contacts.setdefault(row.company_id, {}).setdefault(row.id, {"name": row.name, "numbers": []})
            if row.number:
                contact["numbers"].append(row.number)
        return [
            {
                "id": row.id,
                "name": row.name,
                "group": row.group or "",
                "level": row.level,
                "service_from": row.service_from,
                "service_until": row.service_until,
                "service_code": row.service_code,
                "contacts": list(contacts.get(row.id, {}).values()),
            }
            for row in company_rows
        ]


def _customer(row: Row[Any], contact: Any, contact_name: str) -> Customer:
    return Customer(
        company=row.id,
        company_name=row.name,
        level=row.level,
        service_from=row.service_from,
        service_until=row.service_until,
        contact=contact,
        contact_name=contact_name,
    )
