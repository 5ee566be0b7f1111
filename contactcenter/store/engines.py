"""Engines for SQLite and PostgreSQL: what each needs to be opened, and in one line what is wrong with one that can't be."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from contactcenter.errors import StoreError

OLDEST_POSTGRESQL = (13,)
CONNECT_SECONDS = 2
LOCK_SECONDS = 5
"""Patience with what others hold; what waits longer fails, and is tried again by whoever can."""
_OPTIONS = {
    "connect_timeout": CONNECT_SECONDS,
    "tcp_user_timeout": 1000 * LOCK_SECONDS,  # a server that is gone without a word, and so:
    "keepalives_idle": LOCK_SECONDS,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "application_name": "contactcenter",
    "client_encoding": "UTF8",
}
"""Parameters of libpq (PostgreSQL: Database Connection Control Functions); the URL's own come before them."""
_HINTS = {
    "no password supplied": "It is read from PGPASSWORD, or as database_password from secrets.toml.",
    "password authentication failed": "Is the user there (createuser), and database_password in secrets.toml right?",
    "Peer authentication failed": "Name the host: postgresql://USER@localhost/DATABASE",
    'role "': "Make the user: createuser --pwprompt USER",
    'database "': "Make it: createdb --owner=USER DATABASE",
    "permission denied": "The database has to be the user's own: ALTER DATABASE name OWNER TO user",
}
"""Words of PostgreSQL's -> what to do."""


def plain_engine(url: str | URL) -> Engine:
    """As the database comes: for migrations, which take tables apart. Does not connect yet. Raises StoreError where the driver is
    missing.
    """
    address = make_url(url)
    address = address.set(drivername=address.drivername.replace("+aiosqlite", ""))
    try:
        return create_engine(address, hide_parameters=True, **_settings(address))
    except ModuleNotFoundError as error:
        raise _no_driver(error) from None


def blocking_engine(url: str | URL) -> Engine:
    """For a thread that may block. As `plain_engine`."""
    engine = plain_engine(url)
    _tune(engine)
    return engine


def async_engine(url: str | URL) -> AsyncEngine:
    """For the event loop. As `plain_engine`."""
    address = make_url(url)
    try:
        engine = create_async_engine(address, hide_parameters=True, **_settings(address))
    except ModuleNotFoundError as error:
        raise _no_driver(error) from None
    _tune(engine.sync_engine)
    return engine


def _settings(url: URL) -> dict[str, Any]:
    """A connection that a restart of the server has ended is found out before it is used."""
    if url.get_backend_name() == "sqlite":
        return {}
    given: Mapping[str, Any] = url.query
    return {
        "pool_pre_ping": True,
        "connect_args": {name: value for name, value in _OPTIONS.items() if name not in given},
    }


def _tune(engine: Engine) -> None:
    event.listen(engine, "connect", _tune_sqlite if engine.dialect.name == "sqlite" else _tune_postgresql)


def _tune_sqlite(connection: Any, _: Any) -> None:
    """WAL, so that reading never waits for writing; foreign keys held; some patience with a lock."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={1000 * LOCK_SECONDS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _tune_postgresql(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{1000 * LOCK_SECONDS:g}ms'")
    cursor.close()
    connection.commit()


def _no_driver(error: ModuleNotFoundError) -> StoreError:
    return StoreError(
        f"{error.name}, the driver for this database, is not installed: pip install 'contactcenter[postgresql]'"
    )


def trouble(error: DBAPIError) -> str:
    """What the database says, in one line, and what to do where that is known. Holds neither a password nor a value of a row."""
    told = getattr(error.orig, "diag", None)
    said = ((told and told.message_primary) or str(error.orig)).replace("\n\tIs the server", ". Is the server")
    said = " ".join(said.split())
    said = said.removeprefix("connection failed: ").removeprefix("connection is bad: ")
    hint = next((f". {hint}" for words, hint in _HINTS.items() if words in said), "")
    return f"{said}{hint}"


def server_of(connection: Connection) -> str:
    """Kind and version of the database. Raises StoreError for one that can't be used."""
    version = connection.dialect.server_version_info or ()
    number = ".".join(map(str, version))
    if connection.dialect.name == "sqlite":
        return f"SQLite {number}"
    if version < OLDEST_POSTGRESQL:
        raise StoreError(f"PostgreSQL {number} is too old; {OLDEST_POSTGRESQL[0]} or newer is needed.")
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreError(
            f"the database's encoding is {encoding}; UTF8 is needed. "
            "Make it so: createdb --encoding=UTF8 --template=template0 --owner=USER DATABASE"
        )
    return f"PostgreSQL {number}"


@asynccontextmanager
async def connected(database: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection for reading. Raises StoreError when the database does not answer."""
    try:
        async with database.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise StoreError(f"the database does not answer: {trouble(error)}") from error
