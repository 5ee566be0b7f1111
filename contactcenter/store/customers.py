"""Who is calling: a number or a service code looked up, on the path of every call."""

import json
from typing import Any

from sqlalchemy import Text, bindparam, cast, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.customers.customer import Customer
from contactcenter.ids import CompanyId
from contactcenter.store import tables as t
from contactcenter.store.database import worker_of
from contactcenter.store.engines import connected

_COMPANY = (
    *(t.companies.c[name] for name in ("id", "name", "level", "service_from", "service_until")),
    *(t.companies.c[name] for name in ("package", "products", "region")),
    t.customer_groups.c.name.label("group"),
)
_BY_NUMBER = (
    select(*_COMPANY, t.contacts.c.id.label("contact_id"), t.contacts.c.name.label("contact_name"))
    .select_from(t.contact_numbers)
    .join(t.contacts, t.contacts.c.id == t.contact_numbers.c.contact_id)
    .join(t.companies, t.companies.c.id == t.contacts.c.company_id)
    .join(t.customer_groups, t.customer_groups.c.id == t.companies.c.group_id, isouter=True)
    .where(t.contact_numbers.c.number == bindparam("key"))
)
_COMPANIES = select(*_COMPANY).join(t.customer_groups, t.customer_groups.c.id == t.companies.c.group_id, isouter=True)
_BY_CODE = _COMPANIES.where(t.companies.c.service_code == bindparam("key"))
_BY_ID = _COMPANIES.where(t.companies.c.id == bindparam("key"))
"""Built once: making the statement anew costs more than the lookup."""


class CustomerRepository:
    """Implements customers.ports.CustomerBook."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def by_number(self, number: str) -> Customer | None:
        row = await worker_of(self._database).find(_BY_NUMBER, {"key": number})
        return None if row is None else _customer(row, row.contact_id, row.contact_name)

    async def by_service_code(self, code: str) -> Customer | None:
        row = await worker_of(self._database).find(_BY_CODE, {"key": code})
        return None if row is None else _customer(row, None, "")

    async def by_company(self, company: CompanyId) -> Customer | None:
        row = await worker_of(self._database).find(_BY_ID, {"key": company})
        return None if row is None else _customer(row, None, "")


def _customer(row: Row[Any], contact: Any, contact_name: str) -> Customer:
    return Customer(
        company=row.id,
        company_name=row.name,
        level=row.level,
        service_from=row.service_from,
        service_until=row.service_until,
        contact=contact,
        contact_name=contact_name,
        group=row.group or "",
        package=row.package,
        products=tuple(product["name"] for product in row.products),
        region=row.region,
    )


async def words_in_use(database: AsyncEngine) -> dict[str, set[str]]:
    """The packages, products, regions and groups that customers have, for those who compare rules with them."""
    queries = {
        "package": select(t.companies.c.package).distinct(),
        "region": select(t.companies.c.region).distinct(),
        "group": select(t.customer_groups.c.name),
    }
    async with connected(database) as connection:
        words = {
            word: {value for value in (await connection.execute(query)).scalars() if value}
            for word, query in queries.items()
        }
        lists = (await connection.execute(select(cast(t.companies.c.products, Text)).distinct())).scalars()
        return {**words, "product": {product["name"] for text in lists for product in json.loads(text or "[]")}}
