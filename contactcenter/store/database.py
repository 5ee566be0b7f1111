"""Opening the database: engine, SQLite's settings, and its version."""

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from contactcenter.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(url: str) -> AsyncEngine:
    """An engine for an async URL such as sqlite+aiosqlite:////site/data/contactcenter.db. Does not connect yet."""
    engine = create_async_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _tune_sqlite)
    return engine


def migrate(url: str, revision: str = "head") -> None:
    """Brings the database to a revision, creating it if it is new. Blocking; call it before the event loop or in a thread."""
    try:
        if revision == "base":
            command.downgrade(alembic_config(url), revision)
        else:
            command.upgrade(alembic_config(url), revision)
    except DBAPIError as error:
        raise StoreError(f"the database can't be brought to its version: {error.orig}") from error


def revision_of(url: str) -> tuple[str | None, str | None]:
    """(the database's revision, the newest there is). Blocking."""
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError as error:
        raise StoreError(f"the database can't be opened: {error.orig}") from error
    finally:
        engine.dispose()
    return current, ScriptDirectory.from_config(alembic_config(url)).get_current_head()


async def check_revision(url: str) -> None:
    """Raises StoreError unless the database is of this version."""
    current, newest = await asyncio.to_thread(revision_of, url)
    if current != newest:
        raise StoreError(
            f"the database is at version {current or 'none'}, this program needs {newest}. "
            "It is migrated by: contactcenter up"
        )


def sync_url(url: str) -> str:
    return url.replace("+aiosqlite", "").replace("+asyncpg", "+psycopg")


def alembic_config(url: str) -> Config:
    """What alembic needs for this database; also for writing a new migration, see CONTRIBUTING.md."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", sync_url(url).replace("%", "%%"))
    return config


def _tune_sqlite(connection: Any, _: Any) -> None:
    """WAL, so that reading never waits for writing; foreign keys held; five seconds of patience with a lock."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
