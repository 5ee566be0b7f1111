"""The database: opened, brought to its version, and asked on the path of a call."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Row, Select, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.errors import StoreError
from contactcenter.store.engines import async_engine, blocking_engine, plain_engine, server_of, trouble

log = logging.getLogger(__name__)

Database = AsyncEngine
T = TypeVar("T")
THREADS = 2
LOOKUP_SECONDS = 2.0
"""A caller hears nothing meanwhile."""
_workers: "dict[Engine, dict[str, Worker]]" = {}
MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(url: str) -> AsyncEngine:
    """An engine for an async URL such as sqlite+aiosqlite:////site/data/contactcenter.db. Does not connect yet."""
    return async_engine(url)


def blocking(database: AsyncEngine) -> Engine:
    """A second engine for the same database, for a thread that may block. Does not connect yet."""
    return blocking_engine(database.url)


class Worker:
    """Work on the path of a call: whole in a thread that may block, where the async engine would change threads for each
    statement. Measured at 20 calls a second, that was a fifth of the event loop's CPU.

    One for each database, see `worker_of`; it ends with the database's `dispose`.
    """

    def __init__(self, database: AsyncEngine) -> None:
        self._engine = blocking(database)
        self._near = _near(database)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Does it in one transaction. Raises what it raises, with nothing written then."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._work, work)

    async def look_up(self, work: Callable[[Connection], T]) -> T:
        """As `run`, for reading what a call waits for. Raises StoreError when there is no answer within LOOKUP_SECONDS."""
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                return await self.run(work)
        except TimeoutError:
            raise StoreError(f"the database did not answer within {LOOKUP_SECONDS:g} s") from None
        except DBAPIError as error:
            raise StoreError(f"the database does not answer: {trouble(error)}") from error

    async def find(self, query: Select[Any], values: Mapping[str, Any]) -> Row[Any] | None:
        """The one row of a query that goes by an index. Raises StoreError as `look_up` does.

        SQLite is asked on the event loop: with WAL nobody who writes is waited for, and a few pages are read in a tenth of the
        time that going to a thread and back takes. Should it be locked all the same, it is the thread that waits.
        """
        if self._near is not None:
            try:
                return self._near.execute(query, values).one_or_none()
            except OperationalError:
                log.info("the database is locked; a look-up goes to a thread")
        return await self.look_up(lambda connection: connection.execute(query, values).one_or_none())

    def _work(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    def end(self) -> None:
        """What is under way is done first."""
        self._threads.shutdown()
        self._engine.dispose()
        if self._near is not None:
            self._near.close()
            self._near.engine.dispose()


def _near(database: AsyncEngine) -> Connection | None:
    """A connection to SQLite that reads and never waits; None for another database."""
    if database.dialect.name != "sqlite":
        return None
    connection = blocking(database).connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    return connection


def worker_of(database: AsyncEngine, purpose: str = "calls") -> Worker:
    """The same for all who ask for that purpose. What may wait for a lock has a purpose of its own: calls don't wait for it."""
    engine = database.sync_engine
    if engine not in _workers:
        _workers[engine] = {}
        event.listen(engine, "engine_disposed", _end_workers)
    workers = _workers[engine]
    if purpose not in workers:
        workers[purpose] = Worker(database)
    return workers[purpose]


def _end_workers(engine: Engine) -> None:
    for worker in _workers.pop(engine, {}).values():
        worker.end()


def migrate(url: str, revision: str = "head") -> None:
    """Brings the database to a revision, creating it if it is new. Blocking; call it before the event loop or in a thread."""
    server_version(url)
    try:
        if revision == "base":
            command.downgrade(alembic_config(url), revision)
        else:
            command.upgrade(alembic_config(url), revision)
    except DBAPIError as error:
        raise StoreError(f"the database can't be brought to its version: {trouble(error)}") from error


def server_version(url: str) -> str:
    """Such as PostgreSQL 15.4. Blocking. Raises StoreError when it does not answer, or can't be used."""
    return _ask(url, server_of)


def revision_of(url: str) -> tuple[str | None, str | None]:
    """(the database's revision, the newest there is). Blocking."""

    def current(connection: Connection) -> str | None:
        server_of(connection)
        return MigrationContext.configure(connection).get_current_revision()

    return _ask(url, current), ScriptDirectory.from_config(alembic_config(url)).get_current_head()


def _ask(url: str, question: Callable[[Connection], T]) -> T:
    engine = plain_engine(url)
    try:
        with engine.connect() as connection:
            return question(connection)
    except DBAPIError as error:
        raise StoreError(f"the database can't be opened: {trouble(error)}") from error
    finally:
        engine.dispose()


async def check_revision(url: str) -> None:
    """Raises StoreError unless the database is of this version."""
    current, newest = await asyncio.to_thread(revision_of, url)
    if current != newest:
        raise StoreError(
            f"the database is at version {current or 'none'}, this program needs {newest}. "
            "It is migrated by: contactcenter up"
        )


def alembic_config(url: str) -> Config:
    """What alembic needs for this database; also for writing a new migration, see CONTRIBUTING.md."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config
