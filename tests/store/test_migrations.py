"""The database's version: up, down, and equal to the tables in the code."""

import logging
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from contactcenter.errors import StoreError
from contactcenter.store.database import check_revision, migrate, open_database, revision_of, sync_url
from contactcenter.store.tables import metadata


def tables(url: str) -> set[str]:
    engine = create_engine(sync_url(url))
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_a_migrated_database_equals_the_tables_in_the_code(url: str) -> None:
    engine = create_engine(sync_url(url))
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


def test_the_comparison_sees_a_difference(url: str) -> None:
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_calls_arrived_at"))
        connection.execute(text("ALTER TABLE calls ADD COLUMN mood VARCHAR(9)"))
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert sorted(difference[0] for difference in found) == ["add_index", "remove_column"]
    with engine.begin() as connection:  # so that the way down finds what it takes away
        connection.execute(text("CREATE INDEX ix_calls_arrived_at ON calls (arrived_at)"))
    engine.dispose()


def test_down_and_up_again(url: str) -> None:
    assert tables(url) == {*metadata.tables, "alembic_version"}
    migrate(url, "base")
    assert tables(url) == {"alembic_version"}
    assert revision_of(url)[0] is None
    migrate(url)
    assert tables(url) == {*metadata.tables, "alembic_version"}


def test_migrating_twice_changes_nothing_and_logging_stays_as_it_was(url: str) -> None:
    before = (
        logging.getLogger().level,
        list(logging.getLogger().handlers),
        logging.getLogger("contactcenter").disabled,
    )
    current, newest = revision_of(url)
    assert current == newest
    migrate(url)
    assert revision_of(url) == (newest, newest)
    after = (logging.getLogger().level, list(logging.getLogger().handlers), logging.getLogger("contactcenter").disabled)
    assert after == before


async def test_a_database_of_another_version_is_not_used(url: str) -> None:
    await check_revision(url)
    database = open_database(url)
    async with database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(
        StoreError, match=r"^the database is at version 9999, this program needs \w+\. It is migrated by: "
    ) as refused:
        await check_revision(url)
    assert "\n" not in str(refused.value)
    async with database.begin() as connection:
        newest = revision_of(url)[1]
        await connection.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})
    await database.dispose()


def test_what_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "contactcenter.db"
    file.write_bytes(b"this is no database, " * 100)
    for ask in (migrate, revision_of):
        with pytest.raises(StoreError) as refused:
            ask(f"sqlite+aiosqlite:///{file}")
        assert str(refused.value).endswith(": file is not a database")
        assert "\n" not in str(refused.value)


def test_a_folder_that_is_missing_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^the database can't be opened: unable to open database file$"):
        revision_of(f"sqlite+aiosqlite:///{tmp_path}/nowhere/contactcenter.db")


async def test_sqlite_is_set_up_for_readers_beside_a_writer(tmp_path: Path) -> None:
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/contactcenter.db")
    async with database.connect() as connection:
        pragmas = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    await database.dispose()
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 5000, "synchronous": 1}
