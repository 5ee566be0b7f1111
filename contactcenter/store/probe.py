"""Whether the database takes what is written to it."""

import asyncio

from sqlalchemy import delete, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.errors import StoreError
from contactcenter.store import tables as t
from contactcenter.store.database import blocking

NOTHING = delete(t.conflicts).where(t.conflicts.c.id == -1)
"""Takes the lock of whoever writes, and changes nothing."""


class DatabaseProbe:
    """Implements monitoring.ports.Database, with an engine of its own: it may find out that no connection can be had.

    One check at a time: one that nobody waits for any more is what the next one waits for.
    """

    def __init__(self, database: AsyncEngine) -> None:
        self._engine = blocking(database)
        event.listen(database.sync_engine, "engine_disposed", lambda _: self._engine.dispose())
        self._running: asyncio.Future[None] | None = None

    async def check_writable(self) -> None:
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(asyncio.to_thread(self._write_nothing))
            self._running.add_done_callback(_heard)
        try:
            await asyncio.shield(self._running)
        except (DBAPIError, OSError) as error:
            raise StoreError(f"the database does not answer: {getattr(error, 'orig', error)}") from error

    def _write_nothing(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(NOTHING)


def _heard(check: "asyncio.Future[None]") -> None:
    """A failure that comes too late for whoever asked is no surprise."""
    if not check.cancelled():
        check.exception()
