"""The one writer of facts: group commit, and the projections (calls, agents, recordings) in the same transaction."""

import asyncio
import logging
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contactcenter import events as e
from contactcenter.calls.record import CallRecord
from contactcenter.ids import CallId
from contactcenter.store import tables as t

log = logging.getLogger(__name__)

GROUP_SECONDS = 0.1
RETRY_SECONDS = 1.0


class FactWriter:
    """Takes facts from the bus at once, commits them in order, at most GROUP_SECONDS later.

    A commit that fails because of the database is tried again every RETRY_SECONDS until it succeeds; facts wait in memory meanwhile.
    """

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database
        self._waiting: list[e.Fact] = []
        self._arrived = asyncio.Event()
        self._written = asyncio.Event()
        self._records: dict[CallId, CallRecord] = {}

    def write(self, fact: e.Fact) -> None:
        self._waiting.append(fact)
        self._written.clear()
        self._arrived.set()

    async def written(self) -> None:
        """Waits until all facts taken so far are committed."""
        while self._waiting:
            await self._written.wait()

    async def run(self) -> None:
        """Writes until cancelled."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(GROUP_SECONDS)
            self._arrived.clear()
            await self._write_batch()

    async def _write_batch(self) -> None:
        batch = list(self._waiting)
        try:
            await self._commit_together(batch)
        except (OperationalError, InterfaceError, OSError):
            log.exception("%d facts could not be written; trying again in %s s", len(batch), RETRY_SECONDS)
            await asyncio.sleep(RETRY_SECONDS)
            self._arrived.set()
            return
        except Exception:
            log.exception("something is wrong with one of %d facts; writing them one by one", len(batch))
            await self._commit_one_by_one(batch)
        del self._waiting[: len(batch)]
        for call in [call for call, record in self._records.items() if record.outcome]:
            del self._records[call]
        if not self._waiting:
            self._written.set()

    async def _commit_together(self, batch: list[e.Fact]) -> None:
        try:
            async with self._database.begin() as connection:
                await self._commit(connection, batch)
        except BaseException:
            self._records.clear()
            raise

    async def _commit_one_by_one(self, batch: list[e.Fact]) -> None:
        """A fact that no database would take must not keep back the others: it is named in the log."""
        for fact in batch:
            try:
                await self._commit_together([fact])
            except Exception:
                log.exception("a %s of call %s at %s can't be stored", fact.kind, getattr(fact, "call", "-"), fact.at)

    async def _commit(self, connection: AsyncConnection, batch: list[e.Fact]) -> None:
        changed: dict[CallId, CallRecord] = {}
        for fact in batch:
            if isinstance(fact, e.CallFact):
                record = await self._record(connection, fact)
                record.apply(fact)
                changed[fact.call] = record
        await connection.execute(insert(t.facts), [_row(fact) for fact in batch])
        if changed:
            await _upsert(connection, t.calls, [record.row() for record in changed.values()])
        for fact in batch:
            await _project(connection, fact)

    async def _record(self, connection: AsyncConnection, fact: e.CallFact) -> CallRecord:
        """The call's record so far, put together from stored facts when it is not at hand."""
        if fact.call not in self._records:
            record = CallRecord(fact.call)
            query = select(t.facts).where(t.facts.c.call_id == fact.call).order_by(t.facts.c.seq)
            for row in await connection.execute(query):
                known = e.Fact.read(row.kind, row.at, row.data)
                if isinstance(known, e.CallFact):
                    record.apply(known)
            self._records[fact.call] = record
        return self._records[fact.call]


def _row(fact: e.Fact) -> dict[str, Any]:
    return {
        "at": fact.at,
        "kind": fact.kind,
        "call_id": getattr(fact, "call", None),
        "agent": getattr(fact, "agent", None),
        "data": fact.data(),
    }


async def _upsert(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = build(table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), rows)


async def _project(connection: AsyncConnection, fact: e.Fact) -> None:
    """What a fact changes in the state of agents and in the list of recordings."""
    values: dict[str, Any]
    match fact:
        case e.AgentLoggedIn():
            values = {"logged_in": True}
        case e.AgentLoggedOut():
            values = {"logged_in": False, "pause_reason": ""}
        case e.AgentPaused():
            values = {"pause_reason": fact.reason}
        case e.AgentResumed():
            values = {"pause_reason": ""}
        case e.WrapUpStarted():
            values = {"wrap_up_until": fact.until}
        case e.WrapUpEnded():
            values = {"wrap_up_until": None}
        case e.RecordingSaved():
            row = {"call_id": fact.call, "path": fact.path, "seconds": fact.seconds, "saved_at": fact.at}
            await _upsert(connection, t.recordings, [row])
            return
        case _:
            return
    await connection.execute(update(t.agents).where(t.agents.c.number == fact.agent).values(values))
