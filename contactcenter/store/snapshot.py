"""A copy of the database as it is at one moment, while others write; what is in a copy; and a database from one. Blocking."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, inspect, make_url, select, table, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from contactcenter.errors import StoreError
from contactcenter.store.database import alembic_config
from contactcenter.store.engines import plain_engine

Kind = Literal["sqlite", "postgresql"]
Tick = Callable[[int, int], None]
"""Is told how far something is: done, of how many."""
PAGES = 2000
VERSION_TABLE = "alembic_version"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """rows: table -> how many rows it has, every table of the database."""

    kind: Kind
    revision: str
    rows: Mapping[str, int]


def kind_of(url: str) -> Kind:
    """Raises StoreError for a database that can't be copied."""
    try:
        name = make_url(url).get_backend_name()
    except ArgumentError:
        raise StoreError("the database's URL can't be read. Write it like postgresql://USER@HOST/NAME") from None
    if name not in {"sqlite", "postgresql"}:
        raise StoreError(f"a {name} database can't be backed up by this program. Use its own tools.")
    return "sqlite" if name == "sqlite" else "postgresql"


def sqlite_file(url: str) -> Path:
    return Path(make_url(url).database or "")


def take_snapshot(url: str, target: Path, tick: Tick) -> Snapshot:
    """Copies the database into a new file, readable by its owner only. SQLite: as a database; PostgreSQL: as pg_dump's custom format.

    Nobody who writes is kept waiting. Raises StoreError.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        if kind_of(url) == "postgresql":
            return _dump(url, target)
        _copy(sqlite_file(url), target, tick)
    except (sqlite3.Error, DBAPIError) as error:
        raise StoreError(f"the database can't be copied: {getattr(error, 'orig', error)}") from None
    return examine("sqlite", target)


def examine(kind: Kind, file: Path) -> Snapshot:
    """What a copy holds, once it is known to be sound; of PostgreSQL's, that its table of contents can be read: rows are empty.

    Raises StoreError.
    """
    if kind == "postgresql":
        _run(["pg_restore", "--list", str(file)], {})
        return Snapshot(kind, "", {})
    engine = plain_engine(f"sqlite:///file:{_quoted(file)}?mode=ro&immutable=1&uri=true")
    try:
        with engine.connect() as connection:
            wrong = connection.execute(text("PRAGMA integrity_check(3)")).scalars().all()
            if wrong != ["ok"]:
                raise StoreError(f"the database is damaged: {'; '.join(wrong)}")
            if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
                raise StoreError("the database is damaged: a row refers to one that is not there")
            return Snapshot(kind, _revision(connection), _rows(connection))
    except DBAPIError as error:
        raise StoreError(f"the database is damaged: {error.orig}") from None
    finally:
        engine.dispose()


def known_revision(revision: str) -> bool:
    """Whether this program has that version of the database, or a later one."""
    scripts = ScriptDirectory.from_config(alembic_config("sqlite://")).walk_revisions()
    return revision in {script.revision for script in scripts}


def check_empty(url: str) -> None:
    """Raises StoreError for what is no PostgreSQL database, can't be reached, or holds anything."""
    if kind_of(url) != "postgresql":
        raise StoreError("the backup is of a PostgreSQL database. Name an empty one: --database URL")
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            used = [name for name in inspect(connection).get_table_names() if name != VERSION_TABLE]
    except DBAPIError as error:
        raise StoreError(f"the database can't be opened: {error.orig}") from None
    finally:
        engine.dispose()
    if used:
        raise StoreError("the database to restore into is not empty. Name an empty one: --database URL")


def load_dump(url: str, dump: Path, rows: Mapping[str, int]) -> None:
    """Fills an empty PostgreSQL database, in one transaction, and counts what came. Raises StoreError."""
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))
        options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        _run(["pg_restore", *options, f"--dbname={make_url(url).database}", str(dump)], _environment(url))
        with engine.connect() as connection:
            if _rows(connection) != rows:
                raise StoreError("the restored database has not the rows that the backup tells of")
    except DBAPIError as error:
        raise StoreError(f"the database can't be restored: {error.orig}") from None
    finally:
        engine.dispose()


def _copy(source: Path, target: Path, tick: Tick) -> None:
    """By SQLite's online backup, from one read transaction: what is written meanwhile neither is in the copy nor makes it begin anew."""
    with (
        closing(
            sqlite3.connect(f"file:{_quoted(source)}?mode=rw", uri=True, isolation_level=None, timeout=10)
        ) as reading,
        closing(sqlite3.connect(target)) as copy,
    ):
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reading.backup(copy, pages=PAGES, progress=lambda _, left, total: tick(total - left, total))
        copy.execute("PRAGMA journal_mode=DELETE")


def _dump(url: str, target: Path) -> Snapshot:
    """The rows are counted in the very snapshot that pg_dump takes."""
    engine = _engine(url)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            name = connection.execute(select(func.pg_export_snapshot())).scalar_one()
            options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}", f"--file={target}")
            _run(["pg_dump", *options], _environment(url))
            return Snapshot("postgresql", _revision(connection), _rows(connection))
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    return plain_engine(url)


def _rows(connection: Connection) -> dict[str, int]:
    names = sorted(inspect(connection).get_table_names())
    return {name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names}


def _revision(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def _quoted(file: Path) -> str:
    """A path within an SQLite URI, see https://www.sqlite.org/uri.html."""
    return str(file.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _environment(url: str) -> dict[str, str]:
    """The variables of libpq for a URL: a password in the arguments could be read by everybody on the machine."""
    parts = make_url(url)
    values = {
        "PGHOST": parts.host or parts.query.get("host"),
        "PGPORT": parts.port or parts.query.get("port"),
        "PGUSER": parts.username,
        "PGPASSWORD": parts.password or parts.query.get("password"),
        "PGDATABASE": parts.database,
        "PGSSLMODE": parts.query.get("sslmode"),
    }
    return {name: str(value) for name, value in values.items() if value}


def _run(argv: list[str], environment: Mapping[str, str]) -> None:
    program = argv[0]
    if shutil.which(program) is None:
        raise StoreError(
            f"{program} is not installed; it is needed for a PostgreSQL database. apt-get install postgresql-client"
        )
    done = subprocess.run(argv, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise StoreError(f"{program} failed: {said[0].removeprefix(f'{program}: ')}")
