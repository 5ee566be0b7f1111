"""The audit log in the store."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.changes import Author, Change, Item
from contactcenter.clock import SystemClock
from contactcenter.store import tables as t
from contactcenter.store.engines import connected

PERSON = "person"
"""The kind of items that tell of an erased person, which nobody takes back."""
WIDEST = 500
"""Characters of a command that are kept."""


def record(
    connection: Connection,
    author: Author,
    at: datetime,
    items: Iterable[Item],
    *,
    revision: int | None = None,
    undoes: int | None = None,
) -> int:
    """Writes one change, in the transaction that makes it; its number. revision: of the configuration, None for all else.

    Raises IntegrityError when the revision is taken: somebody else was faster.
    """
    row = {
        "revision": revision,
        "at": at,
        "who": author.who,
        "origin": author.origin,
        "command": author.command[:WIDEST],
        "undoes": undoes,
    }
    found = connection.execute(insert(t.changes).values(row)).inserted_primary_key
    assert found is not None  # noqa: S101 (every dialect we use returns it)
    number = int(found[0])
    rows = [
        {
            "change": number,
            "position": place,
            "kind": item.kind,
            "key": item.key,
            "before": item.before,
            "after": item.after,
        }
        for place, item in enumerate(items)
    ]
    if rows:
        connection.execute(insert(t.change_items), rows)
    if undoes is not None:
        connection.execute(update(t.changes).where(t.changes.c.number == undoes).values(undone_by=number))
    return number


async def record_alone(database: AsyncEngine, author: Author, items: Sequence[Item], undoes: int | None = None) -> int:
    """Writes a change that was made elsewhere than in the database; its number."""
    at = SystemClock().now()
    async with connected(database) as connection, connection.begin():
        return await connection.run_sync(lambda c: record(c, author, at, items, undoes=undoes))


class AuditRepository:
    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def latest(self, limit: int, of: str | None = None) -> list[dict[str, Any]]:
        """The newest first, without the items' contents. of: only changes of the thing with that key."""
        changes, items = t.changes, t.change_items
        query = (
            select(changes, func.count(items.c.position).label("items"))
            .join(items, items.c.change == changes.c.number, isouter=True)
            .group_by(changes.c.number)
            .order_by(changes.c.number.desc())
            .limit(limit)
        )
        if of is not None:
            query = query.where(
                exists().where(items.c.change == changes.c.number, items.c.key == of).correlate(changes)
            )
        async with connected(self._database) as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def change(self, number: int | None = None) -> Change | None:
        """That change, or the last one that stands: neither taken back, nor itself the taking back of another, nor the erasing of a person."""
        changes, items = t.changes.c, t.change_items.c
        query = select(t.changes)
        if number is None:
            erased = exists().where(items.change == changes.number, items.kind == PERSON)
            query = query.where(changes.undone_by.is_(None), changes.undoes.is_(None), ~erased)
            query = query.order_by(changes.number.desc()).limit(1)
        else:
            query = query.where(changes.number == number)
        async with connected(self._database) as connection:
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                return None
            found = await connection.execute(
                select(t.change_items).where(items.change == row.number).order_by(items.position)
            )
            return Change(
                row.number,
                row.at,
                Author(row.who, row.origin, row.command),
                tuple(Item(item.kind, item.key, item.before, item.after) for item in found),
                row.undone_by,
                row.undoes,
            )

    async def versions(self, kind: str, key: str) -> list[Change]:
        """Every change of one thing, the oldest first, each with that item only."""
        changes, items = t.changes.c, t.change_items.c
        query = (
            select(t.changes, items.before, items.after)
            .join(t.change_items, items.change == changes.number)
            .where(items.kind == kind, items.key == key)
            .order_by(changes.number)
        )
        async with connected(self._database) as connection:
            return [
                Change(
                    row.number,
                    row.at,
                    Author(row.who, row.origin, row.command),
                    (Item(kind, key, row.before, row.after),),
                    row.undone_by,
                    row.undoes,
                )
                for row in await connection.execute(query)
            ]
