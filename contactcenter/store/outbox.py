"""What the CRM has still to be told, and what of its own could not be taken."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.customers.ports import Message
from contactcenter.errors import StoreError
from contactcenter.store import tables as t
from contactcenter.store.columns import Utc, clean
from contactcenter.store.database import worker_of
from contactcenter.store.engines import trouble

T = TypeVar("T")
NEWEST = 1000
"""So many conflicts are listed at most."""


async def _run(database: AsyncEngine, work: Callable[[Connection], T]) -> T:
    try:
        return await worker_of(database, "admin").run(work)
    except DBAPIError as error:
        raise StoreError(f"the database does not answer: {trouble(error)}") from error


class OutboxRepository:
    """Implements customers.ports.Outbox."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def due(self, now: datetime, limit: int) -> list[Message]:
        """The oldest message of each company, if it is due; the oldest first."""
        webhooks = t.webhooks.c
        waiting = select(func.min(webhooks.id)).where(webhooks.given_up_at.is_(None)).group_by(webhooks.company_id)
        query = (
            select(t.webhooks)
            .where(webhooks.id.in_(waiting), (webhooks.next_try_at.is_(None)) | (webhooks.next_try_at <= now))
            .order_by(webhooks.id)
            .limit(limit)
        )
        rows = await _run(self._database, lambda connection: connection.execute(query).all())
        return [
            Message(row.id, row.company_id, row.event, row.event_id, row.body, row.tries, row.first_tried_at)
            for row in rows
        ]

    async def delivered(self, message: int) -> None:
        await self._do(delete(t.webhooks).where(t.webhooks.c.id == message))

    async def failed(self, message: int, at: datetime, next_try: datetime | None) -> None:
        """next_try: None when it is given up."""
        mine = t.webhooks.c
        values = {
            "tries": mine.tries + 1,
            "first_tried_at": func.coalesce(mine.first_tried_at, literal(at, Utc())),
            "next_try_at": next_try,
            "given_up_at": at if next_try is None else None,
        }
        await self._do(update(t.webhooks).where(mine.id == message).values(values))

    async def waiting(self) -> dict[str, int]:
        """How many messages wait, and how many were given up."""
        query = select(t.webhooks.c.given_up_at.is_not(None), func.count()).group_by(
            t.webhooks.c.given_up_at.is_not(None)
        )
        rows = await _run(self._database, lambda connection: connection.execute(query).all())
        found = {bool(given_up): count for given_up, count in rows}
        return {"waiting": found.get(False, 0), "given_up": found.get(True, 0)}

    async def _do(self, statement: Any) -> None:
        await _run(self._database, lambda connection: connection.execute(statement))


class ConflictRepository:
    """Implements customers.ports.ConflictList."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def refuse(self, external_id: str, source: str, reason: str, body: Mapping[str, Any], at: datetime) -> int:
        """Writes down what could not be taken; its number. Sent again, it stays one line."""
        conflicts = t.conflicts.c
        values = {"at": at, "source": source, "reason": clean(reason), "body": dict(body)}

        def work(connection: Connection) -> int:
            query = select(conflicts.id).where(conflicts.external_id == external_id, conflicts.resolved_at.is_(None))
            if (known := connection.execute(query).scalar()) is not None:
                connection.execute(update(t.conflicts).where(conflicts.id == known).values(values))
                return int(known)
            made = connection.execute(
                insert(t.conflicts).values(external_id=external_id, **values)
            ).inserted_primary_key
            assert made is not None  # noqa: S101 (every dialect we use returns it)
            return int(made[0])

        return await _run(self._database, work)

    async def resolve(self, external_id: str, at: datetime) -> None:
        """The CRM's company was taken, or is gone."""
        conflicts = t.conflicts.c
        open_ones = (conflicts.external_id == external_id) & conflicts.resolved_at.is_(None)

        def work(connection: Connection) -> None:
            if connection.execute(select(conflicts.id).where(open_ones).limit(1)).first() is not None:
                connection.execute(update(t.conflicts).where(open_ones).values(resolved_at=at))

        await _run(self._database, work)

    async def all(self, *, resolved: bool = False) -> list[dict[str, Any]]:
        """The newest first. resolved: also those that are settled."""
        query = select(t.conflicts).order_by(t.conflicts.c.id.desc()).limit(NEWEST)
        if not resolved:
            query = query.where(t.conflicts.c.resolved_at.is_(None))
        rows = await _run(self._database, lambda connection: connection.execute(query).mappings().all())
        return [dict(row) for row in rows]
