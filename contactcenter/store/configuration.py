"""What admins set, in the store: read as a whole, changed as a whole, each change with its line in the audit log."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.inputs import Restore
from contactcenter.changes import Author, Item
from contactcenter.configuration.difference import ORDERS, difference
from contactcenter.configuration.kinds import AGENT, KINDS
from contactcenter.configuration.models import Check, Configuration, Operation
from contactcenter.configuration.plain import read_rows
from contactcenter.errors import BadInput, StoreError
from contactcenter.ids import AgentNumber, CallId
from contactcenter.store import tables as t
from contactcenter.store.changes import record
from contactcenter.store.database import worker_of
from contactcenter.store.engines import connected, trouble
from contactcenter.store.numbering import count_on

REVISION = select(func.max(t.changes.c.revision))

TRIES = 30
LONGEST_PAUSE = 0.1


class ConfigurationRepository:
    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def load(self) -> Configuration:
        """Raises StoreError."""
        async with connected(self._database) as connection:
            return await connection.run_sync(_load)

    async def revision(self) -> int:
        """Of the last change. Raises StoreError."""
        row = await worker_of(self._database).find(REVISION, {})
        return int(row[0] or 0) if row is not None else 0

    async def states(self) -> dict[AgentNumber, Restore]:
        """What each agent was doing when the controller last knew."""
        async with connected(self._database) as connection:
            rows = await connection.execute(select(t.agents))
            return {
                AgentNumber(row.number): Restore(
                    AgentNumber(row.number),
                    row.logged_in,
                    row.pause_reason,
                    row.wrap_up_until,
                    CallId(row.wrap_up_call) if row.wrap_up_call else None,
                )
                for row in rows
            }

    async def change(
        self,
        operation: Operation,
        check: Check,
        author: Author,
        at: datetime,
        undoes: int | None = None,
    ) -> tuple[Configuration, tuple[Item, ...]]:
        """Makes a change that holds: the configuration after it, and what differs (nothing: nothing was written).

        Raises what `operation` and `check` raise, with nothing written; StoreError.
        """
        for attempt in range(TRIES):
            before = await self.load()
            after = operation(before)
            items = difference(before, after)
            if not items:
                return before, ()
            check(before, after)
            try:
                async with self._database.begin() as connection:
                    await connection.run_sync(
                        lambda c: record(c, author, at, items, revision=before.revision + 1, undoes=undoes)  # noqa: B023 (done at once)
                    )
                    await connection.run_sync(_save, after, items)
            except IntegrityError as error:
                if await self.revision() == before.revision:  # it is not that somebody was faster
                    raise StoreError(f"the change could not be saved: {trouble(error)}") from error
                await asyncio.sleep(random.uniform(0, LONGEST_PAUSE) * min(attempt + 1, 5))  # noqa: S311
                continue
            except DBAPIError as error:
                raise StoreError(f"the change could not be saved: {trouble(error)}") from error
            return await self.load(), items
        raise StoreError("too many others change the site at this moment; nothing was changed. Say it again.")

    async def insert(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Puts rows into tables, by the tables' names, in one transaction and in the given order."""
        async with self._database.begin() as connection:
            for table, values in rows.items():
                into = t.metadata.tables[table]
                await connection.execute(insert(into), values)
                await connection.run_sync(count_on, into)


def _load(connection: Connection) -> Configuration:
    c = t.configuration.c
    revision = connection.execute(REVISION).scalar_one() or 0
    rows = connection.execute(select(c.kind, c.key, c.data).order_by(c.kind, c.position)).all()
    try:
        return read_rows([(row.kind, row.key, row.data) for row in rows], revision)
    except BadInput as error:
        raise StoreError(f"the stored configuration can't be read: {error}") from error


def _save(
    connection: Connection,
    after: Configuration,
    items: tuple[Item, ...],
) -> None:
    c = t.configuration.c
    for kind in {item.kind for item in items} & KINDS.keys():
        things = getattr(after, KINDS[kind].section)
        connection.execute(delete(t.configuration).where(c.kind == kind))
        rows = [
            {"kind": kind, "key": key, "position": place, "data": KINDS[kind].plain(thing)}
            for place, (key, thing) in enumerate(things.items())
        ]
        if rows:
            connection.execute(insert(t.configuration), rows)
    _save_order(connection, after, items)
    for item in items:
        if item.kind == AGENT.name and item.before is None:
            connection.execute(insert(t.agents).values(number=item.key))
        elif item.kind == AGENT.name and item.after is None:
            connection.execute(delete(t.agents).where(t.agents.c.number == item.key))


def _save_order(connection: Connection, after: Configuration, items: tuple[Item, ...]) -> None:
    """Where rules or trunks only moved, their rows are as they were but for the place."""
    differing = {item.kind for item in items}
    for kind in (ORDERS[name] for name in differing & ORDERS.keys() if ORDERS[name].name not in differing):
        for place, name in enumerate(getattr(after, kind.section)):
            row = (t.configuration.c.kind == kind.name) & (t.configuration.c.key == name)
            connection.execute(update(t.configuration).where(row).values(position=place))
