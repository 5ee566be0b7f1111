"""Companies as rows: read and written many at once, inside somebody else's transaction."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from contactcenter.customers.company import Company, Contact, Product
from contactcenter.store import tables as t

CHUNK = 500
"""Values of one IN (...); SQLite takes 32,766 in a statement."""
WHOLE = 2000
"""From so many on, reading the whole table is faster than asking for each."""
_COLUMNS = (
    *("name", "level", "package", "region", "contract", "service_from", "service_until"),
    *("service_code", "notes", "external_id"),
)
T = TypeVar("T")


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    left = iter(values)
    while part := list(islice(left, size)):
        yield part


def load(connection: Connection, ids: Collection[int] | None = None) -> dict[int, Company]:
    """Companies by id, all of them where `ids` is None; those that are not there are left out."""
    if ids is not None and len(ids) <= WHOLE:
        found: dict[int, Company] = {}
        for part in chunks(sorted(ids)):
            found |= _load(connection, part)
        return found
    everything = _load(connection, None)
    if ids is None:
        return everything
    wanted = set(ids)
    return {key: one for key, one in everything.items() if key in wanted}


def _load(connection: Connection, ids: list[int] | None) -> dict[int, Company]:
    def of(owner: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        return [] if ids is None else [owner.in_(ids)]

    numbers: dict[int, list[str]] = {}
    people = t.contacts.c
    query = select(t.contact_numbers.c.contact_id, t.contact_numbers.c.number)
    query = query.order_by(t.contact_numbers.c.contact_id, t.contact_numbers.c.position, t.contact_numbers.c.number)
    if ids is not None:
        query = query.join(t.contacts).where(*of(people.company_id))
    for contact_id, number in connection.execute(query):
        numbers.setdefault(contact_id, []).append(number)
    contacts: dict[int, list[Contact]] = {}
    wanted = select(
        people.id, people.company_id, people.name, people.mail, people.wechat, people.notes, people.external_id
    )
    for key, company_id, name, mail, wechat, notes, external_id in connection.execute(
        wanted.where(*of(people.company_id)).order_by(people.id)
    ):
        contact = Contact(name, tuple(numbers.get(key, ())), mail, wechat, notes, external_id, key)
        contacts.setdefault(company_id, []).append(contact)
    rows = connection.execute(
        select(t.companies, t.customer_groups.c.name.label("group"))
        .join(t.customer_groups, isouter=True)
        .where(*of(t.companies.c.id))
        .order_by(t.companies.c.id)
    )
    return {row.id: _company(row, tuple(contacts.get(row.id, ()))) for row in rows}


def _company(row: Any, contacts: tuple[Contact, ...]) -> Company:
    return Company(
        **{name: getattr(row, name) for name in _COLUMNS},
        group=row.group or "",
        products=tuple(Product(one["name"], one["version"]) for one in row.products),
        fields=row._mapping["fields"],  # noqa: SLF001 (SQLAlchemy's own way to a column whose name a tuple has)
        contacts=contacts,
        id=row.id,
        revision=row.revision,
    )


def group_ids(connection: Connection, names: set[str]) -> dict[str, int]:
    """The id of each customer group, which is made where it is new."""
    groups = t.customer_groups
    known = {row.name: row.id for row in connection.execute(select(groups))}
    if new := sorted(names - known.keys() - {""}):
        connection.execute(insert(groups), [{"name": name} for name in new])
        known = {row.name: row.id for row in connection.execute(select(groups))}
    return known


def free_names(connection: Connection, ids: Sequence[int | None]) -> None:
    """Gives up for a moment what only one company can have, so that two may exchange it."""
    if not ids:
        return
    values: dict[str, Any] = {
        "name": bindparam("free_name"),
        "service_code": bindparam("free_code"),
        "external_id": None,
    }
    rows = [{"key": key, "free_name": f"\n{key}", "free_code": f"~{key}"} for key in ids]
    connection.execute(update(t.companies).where(t.companies.c.id == bindparam("key")).values(values), rows)


def write_companies(connection: Connection, new: Sequence[Company], changed: Sequence[Company]) -> None:
    """Rows of the companies themselves, without their people."""
    groups = group_ids(connection, {company.group for company in (*new, *changed)})
    if new:
        connection.execute(insert(t.companies), [row_of(company, groups) for company in new])
    if changed:
        values: dict[str, Any] = {
            each.name: bindparam(f"new_{each.name}") for each in t.companies.c if each.name != "id"
        }
        rows = [
            {f"new_{k}": v for k, v in row_of(company, groups).items()} | {"key": company.id} for company in changed
        ]
        connection.execute(update(t.companies).where(t.companies.c.id == bindparam("key")).values(values), rows)


def row_of(company: Company, groups: dict[str, int]) -> dict[str, Any]:
    return {
        **{name: getattr(company, name) for name in _COLUMNS},
        "id": company.id,
        "revision": company.revision,
        "group_id": groups.get(company.group),
        "products": [{"name": product.name, "version": product.version} for product in company.products],
        "fields": dict(company.fields),
    }


Owned = tuple[int | None, Contact]
"""(company id, contact)."""


def write_contacts(
    connection: Connection, new: Sequence[Owned], changed: Sequence[Owned], *, into: Table = t.contacts
) -> None:
    """Rows of people, without their numbers."""
    if new:
        rows = [{**_contact_row(contact), "id": contact.id, "company_id": owner} for owner, contact in new]
        connection.execute(insert(into), rows)
    if changed:
        rows = [
            {"key": one.id, "new_company_id": owner} | {f"new_{k}": v for k, v in _contact_row(one).items()}
            for owner, one in changed
        ]
        values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "key"}
        connection.execute(update(t.contacts).where(t.contacts.c.id == bindparam("key")).values(values), rows)


def _contact_row(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in ("name", "mail", "wechat", "notes", "external_id")}


def write_numbers(connection: Connection, contacts: Iterable[Contact], *, into: Table = t.contact_numbers) -> None:
    rows = [
        {"number": number, "contact_id": contact.id, "position": position}
        for contact in contacts
        for position, number in enumerate(contact.numbers)
    ]
    if rows:
        connection.execute(insert(into), rows)


def delete_numbers(connection: Connection, contacts: Iterable[int | None]) -> None:
    for part in chunks(contacts):
        connection.execute(delete(t.contact_numbers).where(t.contact_numbers.c.contact_id.in_(part)))


def delete_contacts(connection: Connection, ids: Iterable[int | None]) -> None:
    """Their numbers must be gone. Tickets keep the names."""
    tickets, people = t.tickets, t.contacts
    for part in chunks(ids):
        name = select(people.c.name).where(people.c.id == tickets.c.contact_id).scalar_subquery()
        connection.execute(update(tickets).where(tickets.c.contact_id.in_(part)).values(contact_name=name))
        connection.execute(delete(people).where(people.c.id.in_(part)))


def keep_names(connection: Connection, ids: Iterable[int | None]) -> None:
    """Writes the names of companies that will be gone into their tickets."""
    tickets, companies = t.tickets, t.companies
    for part in chunks(ids):
        name = select(companies.c.name).where(companies.c.id == tickets.c.company_id).scalar_subquery()
        connection.execute(update(tickets).where(tickets.c.company_id.in_(part)).values(company_name=name))


def delete_companies(connection: Connection, ids: Iterable[int | None]) -> None:
    """Their contacts must be gone."""
    for part in chunks(ids):
        connection.execute(delete(t.companies).where(t.companies.c.id.in_(part)))
