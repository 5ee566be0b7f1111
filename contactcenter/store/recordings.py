"""Recordings in the store: those that are there, and those that were deleted."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, func, select, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.errors import StoreError
from contactcenter.ids import CallId
from contactcenter.recording.ports import Kept
from contactcenter.store import tables as t
from contactcenter.store.database import worker_of

T = TypeVar("T")
c = t.recordings.c
THERE = c.deleted_at.is_(None)


class RecordingRepository:
    """Implements recording.ports.RecordingBook, and the listings."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def saved_before(self, end: datetime, after: Kept | None, limit: int) -> Sequence[Kept]:
        query = select(t.recordings).where(THERE, c.saved_at < end).order_by(c.saved_at, c.path).limit(limit)
        if after is not None:
            query = query.where(tuple_(c.saved_at, c.path) > tuple_(after.saved_at, after.path))
        return [_kept(row) for row in await self._run(lambda connection: connection.execute(query).all())]

    async def there(self, call: CallId | None = None) -> list[Kept]:
        """Every one that is not deleted, or those of a call; the oldest first."""
        query = select(t.recordings).where(THERE if call is None else c.call_id == call)
        rows = await self._run(lambda connection: connection.execute(query).all())
        kept = [_kept(row) for row in rows if row.deleted_at is None]
        return sorted(kept, key=lambda one: (one.saved_at, one.path))

    async def all(self) -> list[dict[str, Any]]:
        """Every one that is not deleted with its call, the newest first."""
        query = (
            select(
                c.call_id,
                c.path,
                c.seconds,
                c.saved_at,
                c.kind,
                c.key,
                t.calls.c.agent,
                t.calls.c.company,
                t.calls.c.caller,
            )
            .join(t.calls, t.calls.c.id == c.call_id)
            .where(THERE)
            .order_by(c.saved_at.desc())
        )
        rows = await self._run(lambda connection: connection.execute(query).mappings().all())
        return [{**row, "encrypted": bool(row["key"])} for row in rows]

    async def needed(self) -> dict[str, int]:
        """Public key -> how many recordings are encrypted for it; "" for those that are not encrypted."""
        query = select(c.key, func.count()).where(THERE).group_by(c.key)
        return {row[0]: row[1] for row in await self._run(lambda connection: connection.execute(query).all())}

    async def deletions(self, folder: Path) -> list[dict[str, Any]]:
        """The newest first: at, call, path, why, by, sha256; gone: whether there is no such file in the folder."""
        query = select(t.facts).where(t.facts.c.kind == "RecordingDeleted").order_by(t.facts.c.seq.desc())
        rows = await self._run(lambda connection: connection.execute(query).all())
        return [{"at": row.at, **row.data, "gone": not (folder / row.data["path"]).exists()} for row in rows]

    async def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            return await worker_of(self._database, "admin").run(work)
        except DBAPIError as error:
            raise StoreError(f"the database does not answer: {error.orig}") from error


def _kept(row: Row[Any]) -> Kept:
    return Kept(row.path, CallId(row.call_id), row.saved_at, row.key)
