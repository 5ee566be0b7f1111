"""Two companies become one: contacts, numbers, tickets and calls move; and how that is taken back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, update

from contactcenter.changes import Author, Item
from contactcenter.customers.company import Company, of_plain, plain
from contactcenter.customers.documents import checked
from contactcenter.customers.merging import merged
from contactcenter.customers.unique import Edit
from contactcenter.errors import Conflict
from contactcenter.store import company_rows as rows
from contactcenter.store import tables as t
from contactcenter.store.company_saving import claim, save, store, tell_crm, with_revision

_HISTORY: Mapping[str, tuple[Table, str]] = {"calls": (t.calls, "id"), "tickets": (t.tickets, "number")}
"""What belongs to a company and its contacts by their ids, and its key."""


def merge(
    connection: Connection, first: Company, other: Company, author: Author, *, at: datetime, tell: bool
) -> list[Edit]:
    """Stores what `customers.merging.merged` makes of them. Raises Conflict. The transaction must be `alone`."""
    result = merged(first, other)
    before: dict[str, list[list[Any]]] = {}
    for name, (table, key) in _HISTORY.items():
        query = select(table.c[key], table.c.contact_id).where(table.c.company_id == other.id)
        before[name] = [list(row) for row in connection.execute(query)]
        moves = [(one, result.contacts.get(contact, contact)) for one, contact in before[name]]
        _move(connection, name, moves, first.id)
    item = Item("merge", f"{other.id}>{first.id}", before, {"into": first.id, "name": first.name})
    edits = [Edit(other, None), Edit(first, checked(result.company, first))]
    return save(connection, edits, author, at=at, tell=tell, more=[item])


def _move(connection: Connection, name: str, moves: Sequence[tuple[Any, Any]], company: int | None) -> None:
    table, key = _HISTORY[name]
    if moves:
        change = update(table).where(table.c[key] == bindparam("one"))
        values: dict[str, Any] = {"company_id": company, "contact_id": bindparam("who")}
        connection.execute(change.values(values), [{"one": one, "who": who} for one, who in moves])


def take_back(connection: Connection, items: Iterable[Item], at: datetime, *, tell: bool) -> list[Edit]:
    """Puts companies back to how they were before these items of the audit log, with their ids, calls and tickets; items of other
    kinds are passed over. The caller records it. Raises Conflict when one of them was changed since, with nothing changed. The
    transaction must be `alone`.
    """
    every = list(items)
    mine = [item for item in every if item.kind == "company"]
    present = rows.load(connection, {int(item.key) for item in mine})
    edits: list[Edit] = []
    for item in mine:
        now = present.get(int(item.key))
        if (plain(now) if now else None) != item.after:
            name = (item.after or item.before or {}).get("name", item.key)
            raise Conflict(f"{name} was changed since; nothing was taken back.")
        edits.append(with_revision(now, of_plain(item.before) if item.before else None))
    claim(connection, edits)
    done = store(connection, edits)
    for item in every:
        if item.kind == "merge" and item.before is not None:
            for name in _HISTORY:
                _move(connection, name, item.before[name], int(item.key.partition(">")[0]))
    if tell:
        tell_crm(connection, done, at)
    return done
