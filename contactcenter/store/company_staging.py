"""Thousands of new companies at once, with the database held for a moment only: their rows are made ready in temporary tables,
which are nobody else's, and then copied by the database itself. A controller that takes calls meanwhile hardly waits.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, literal, select, update
from sqlalchemy.schema import DropTable

from contactcenter.changes import Item
from contactcenter.customers.company import Company
from contactcenter.customers.unique import Edit
from contactcenter.store import company_rows as rows
from contactcenter.store import tables as t

BATCH = 5000
"""Companies that are made ready at a time."""


def _like(table: Table, *more: Column[Any], without: str = "") -> Table:
    """A temporary table with the columns of another one, without its keys and indexes."""
    columns = [Column(each.name, each.type) for each in table.c if each.name != without]
    return Table(f"staged_{table.name}", MetaData(), *columns, *more, prefixes=["TEMPORARY"])


_COMPANIES = _like(t.companies, Column("group_name", String(200)), without="group_id")
_ITEMS = _like(t.change_items, without="change")
_WEBHOOKS = _like(t.webhooks, Column("place", Integer), without="id")
_CONTACTS, _NUMBERS = _like(t.contacts), _like(t.contact_numbers)
_PLAIN = ((_CONTACTS, t.contacts), (_NUMBERS, t.contact_numbers), (_WEBHOOKS, t.webhooks))


def stage(
    connection: Connection, edits: Sequence[Edit], items: Iterable[Item], messages: Sequence[dict[str, Any]]
) -> None:
    """Writes the rows of new companies, which have their ids, into temporary tables; nobody waits for this transaction yet."""
    for table in (_COMPANIES, _CONTACTS, _NUMBERS, _ITEMS, _WEBHOOKS):
        connection.execute(DropTable(table, if_exists=True))
        table.create(connection)
    companies = [edit.after for edit in edits if edit.after is not None]
    for part in rows.chunks(companies, BATCH):
        connection.execute(insert(_COMPANIES), [_company(company) for company in part])
        rows.write_contacts(connection, [(one.id, who) for one in part for who in one.contacts], (), into=_CONTACTS)
        rows.write_numbers(connection, (who for one in part for who in one.contacts), into=_NUMBERS)
    for number, some in enumerate(rows.chunks(items, BATCH)):
        connection.execute(
            insert(_ITEMS),
            [
                {
                    "position": number * BATCH + place,
                    "kind": one.kind,
                    "key": one.key,
                    "before": None,
                    "after": one.after,
                }
                for place, one in enumerate(some)
            ],
        )
    if messages:
        connection.execute(insert(_WEBHOOKS), [{**one, "place": place} for place, one in enumerate(messages)])


def copy(connection: Connection, change: int, first: int) -> None:
    """From the temporary tables into the real ones, which takes a moment. change: the number in the audit log; first: the position
    of its first item. Raises IntegrityError when something belongs to another company.
    """
    groups = set(connection.execute(select(_COMPANIES.c.group_name).distinct()).scalars())
    rows.group_ids(connection, groups)
    names = [column.name for column in _COMPANIES.c if column.name != "group_name"]
    known = t.customer_groups
    query = select(*(_COMPANIES.c[name] for name in names), known.c.id)
    query = query.select_from(_COMPANIES).join(known, known.c.name == _COMPANIES.c.group_name, isouter=True)
    connection.execute(insert(t.companies).from_select([*names, "group_id"], query, include_defaults=False))
    for staged, table in _PLAIN:
        names = [column.name for column in staged.c if column.name in table.c]
        query = select(*(staged.c[name] for name in names))
        query = query.order_by(staged.c.place) if "place" in staged.c else query
        connection.execute(insert(table).from_select(names, query, include_defaults=False))
    connection.execute(update(_ITEMS).values(position=_ITEMS.c.position + first))
    names = [column.name for column in _ITEMS.c]
    query = select(literal(change), *(_ITEMS.c[name] for name in names))
    connection.execute(insert(t.change_items).from_select(["change", *names], query, include_defaults=False))
    for table in (_COMPANIES, _CONTACTS, _NUMBERS, _ITEMS, _WEBHOOKS):
        connection.execute(DropTable(table, if_exists=True))


def _company(company: Company) -> dict[str, Any]:
    row = rows.row_of(company, {})
    del row["group_id"]
    return {**row, "group_name": company.group}
