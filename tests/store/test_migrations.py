"""The database's version: up, down, and equal to the tables in the code."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from happenings import START, answered, arrived, ended, identified, queued, saved
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.settings import Member, QueueSettings
from contactcenter.changes import Author
from contactcenter.configuration.kinds import QUEUE as QUEUES
from contactcenter.configuration.models import Agent, Configuration
from contactcenter.errors import StoreError
from contactcenter.events import RecordingDeleted
from contactcenter.hours.calendar import Span
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, QueueName
from contactcenter.store.callbacks import CallbackRepository
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import alembic_config, check_revision, migrate, open_database, revision_of
from contactcenter.store.engines import plain_engine
from contactcenter.store.outbox import ConflictRepository
from contactcenter.store.recordings import RecordingRepository
from contactcenter.store.tables import metadata
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter, write_facts
from contactcenter.tickets.problem import Problem

WEEK = '[["09:00-12:00"], ["09:00-12:00"], ["09:00-12:00"], ["09:00-12:00"], ["09:00-12:00"], [], []]'
QUEUE = {
    name: value
    for name, value in QUEUES.plain(QueueSettings(QueueName("vip"), title="VIP", sticky_hours=24)).items()
    if name != "members"
}


def tables(url: str) -> set[str]:
    engine = plain_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_a_migrated_database_equals_the_tables_in_the_code(url: str) -> None:
    engine = plain_engine(url)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


def test_the_comparison_sees_a_difference(url: str) -> None:
    engine = plain_engine(url)
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


async def test_a_database_full_of_rows_goes_down_to_nothing_and_up_again(
    url: str, sample: AsyncEngine, writer: FactWriter
) -> None:
    for fact in (arrived("1.1"), identified("1.1", 1, 1), queued("1.1"), answered("1.1"), ended("1.1"), saved("1.1")):
        writer.write(fact)
    await writer.written()
    problem = Problem(CallId("1.1"), START, "", CompanyId(1), ContactId(1), "Call", AgentNumber("1001"))
    await TicketRepository(sample).open_or_join(problem)
    author, conflicts = Author("admin", "a test", "customer edit"), ConflictRepository(sample)
    book = CompanyRepository(sample, webhooks=True)
    await book.change(1, lambda company: replace(company, region="华北"), author, START)
    await conflicts.refuse("C9", "crm", "no name", {}, START)
    await sample.dispose()
    filled = {name for name, some in rows(url, *metadata.tables).items() if some}
    assert metadata.tables.keys() - filled == {"callbacks"}
    migrate(url, "base")
    assert tables(url) == {"alembic_version"}
    migrate(url)
    assert not any(rows(url, *metadata.tables).values())


def rows(url: str, *names: str) -> dict[str, list[dict[str, object]]]:
    engine = plain_engine(url)
    try:
        with engine.connect() as connection:
            return {
                name: [dict(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2")).mappings()]
                for name in names
            }
    finally:
        engine.dispose()


OLD = {
    "agents": [
        {"number": "1001", "name": "张伟", "sip_password": "x", "logged_in": True, "pause_reason": "", "wrap_up_until": None},
        {"number": "1002", "name": "刘洋", "sip_password": "y", "logged_in": False, "pause_reason": "", "wrap_up_until": None},
    ],
    "calendars": [
        {"name": "work", "timezone": "Asia/Shanghai", "weekly": WEEK, "special": '{"2026-10-01": [], "2026-10-10": ["10:00-11:00"]}'}
    ],
    "hotlines": [
        {"number": "4001234567", "title": "热线", "calendar": "work", "flow": "main", "language": "zh"}
    ],
    "queues": [{"name": "vip", **QUEUE}],
    "members": [{"queue": "vip", "agent": "1001", "level": 2}],
}  # fmt: skip


def test_a_site_of_the_version_before_comes_over_whole_and_goes_back_whole(url: str) -> None:
    command.downgrade(alembic_config(url), "0002")
    engine = plain_engine(url)
    with engine.begin() as connection:
        for table, values in OLD.items():
            for row in values:
                names = ", ".join(row)
                places = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)
    engine.dispose()
    before = rows(url, *OLD)
    migrate(url)
    database = open_database(url)
    configuration = asyncio.run(_loaded(database))
    assert configuration.agents[AgentNumber("1001")] == Agent(AgentNumber("1001"), "张伟", "x")
    queue = configuration.queues[QueueName("vip")]
    assert (queue.title, queue.ring_seconds, queue.members) == ("VIP", 20.0, (Member(AgentNumber("1001"), 2),))
    assert configuration.calendars["work"].spans_on(date(2026, 10, 10)) == (Span.parse("10:00-11:00"),)
    assert configuration.calendars["work"].spans_on(date(2026, 10, 1)) == ()
    assert configuration.hotlines["4001234567"].title == "热线"
    command.downgrade(alembic_config(url), "0002")
    after = rows(url, *OLD)
    for table in ("calendars",):
        for row in (*before[table], *after[table]):
            row.update({name: as_json(row[name]) for name in ("weekly", "special")})
    assert after == before
    engine = plain_engine(url)
    with engine.begin() as connection:
        for table in reversed(OLD):
            connection.execute(text(f"DELETE FROM {table}"))
    engine.dispose()
    migrate(url)


def as_json(value: object) -> object:
    """PostgreSQL's driver reads JSON by itself."""
    return json.loads(value) if isinstance(value, str) else value


async def _loaded(database: AsyncEngine) -> Configuration:
    try:
        return await ConfigurationRepository(database).load()
    finally:
        await database.dispose()


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


def test_customers_and_tickets_survive_0004_up_and_down(url: str) -> None:
    migrate(url, "base")
    migrate(url, "0003")
    engine = plain_engine(url)
    rows = (
        "INSERT INTO customer_groups (id, name) VALUES (1, 'g')",
        "INSERT INTO companies (id, name, group_id, level, service_code) VALUES (3, 'x', 1, 'vip', '123456')",
        "INSERT INTO contacts (id, company_id, name) VALUES (5, 3, 'a')",
        "INSERT INTO contact_numbers (number, contact_id) VALUES ('+861', 5)",
        "INSERT INTO tickets VALUES (7, 'open', 3, 5, '', 't', '', '2026-11-25 00:00:00', NULL)",
    )
    with engine.begin() as connection:
        for row in rows:
            connection.execute(text(row))
    migrate(url)
    with engine.connect() as connection:
        company = connection.execute(text("SELECT * FROM companies")).mappings().one()
        assert {key: company[key] for key in ("id", "name", "group_id", "revision", "products", "external_id")} == {
            "id": 3,
            "name": "x",
            "group_id": 1,
            "revision": 1,
            "products": "[]" if url.startswith("sqlite") else [],
            "external_id": None,
        }
    with engine.begin() as connection:  # its company is removed: the way down must hold its foreign keys
        for table in ("contact_numbers", "contacts", "companies"):
            connection.execute(text(f"DELETE FROM {table}"))
    command.downgrade(alembic_config(url), "0003")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT number, company_id, contact_id FROM tickets")).all() == [(7, None, None)]
    engine.dispose()
    migrate(url)


async def test_a_callback_that_was_promised_before_0005_is_still_kept(url: str) -> None:
    command.downgrade(alembic_config(url), "0004")
    engine = plain_engine(url)
    row = "INSERT INTO callbacks VALUES ('1', '400', '+861', '', 'vip', 5, '2026-11-25 00:00:00', 0, NULL, '')"
    with engine.begin() as connection:
        connection.execute(text(row))
    engine.dispose()
    migrate(url)
    database = open_database(url)
    (promise,) = await CallbackRepository(database).open({})
    await database.dispose()
    assert (promise.call, promise.skills) == ("1", frozenset())


async def test_recordings_and_messages_of_before_0007_are_known_after_it_and_survive_going_back(url: str) -> None:
    command.downgrade(alembic_config(url), "0005")
    engine = plain_engine(url)
    message = json.dumps({"call": "2", "path": "2026/11/25/2-message.wav", "seconds": 4.5})
    with engine.begin() as connection:
        for row in (
            "INSERT INTO recordings (call_id, path, seconds, saved_at) VALUES ('1', '2026/11/25/1.wav', 60, '2026-11-25 01:00:00')",
            f"INSERT INTO facts (at, kind, call_id, data) VALUES ('2026-11-25 02:00:00', 'VoiceMessageLeft', '2', '{message}')",
        ):
            connection.execute(text(row))
    migrate(url)
    database = open_database(url)
    book = RecordingRepository(database)
    assert [(one.path, one.call, one.key) for one in await book.there()] == [
        ("2026/11/25/1.wav", "1", ""),
        ("2026/11/25/2-message.wav", "2", ""),
    ]
    at = datetime(2026, 11, 26, tzinfo=UTC)
    gone = RecordingDeleted(
        at=at, call=CallId("2"), path="2026/11/25/2-message.wav", why="person", by="me", sha256="ab"
    )
    await write_facts(database, [gone])
    before = rows(url, "recordings")
    command.downgrade(alembic_config(url), "0005")
    assert [row["path"] for row in rows(url, "recordings")["recordings"]] == ["2026/11/25/1.wav"]
    migrate(url)
    assert rows(url, "recordings") == before
    assert [one.path for one in await book.there()] == ["2026/11/25/1.wav"]
    await database.dispose()
    with engine.begin() as connection:
        for table in ("recordings", "facts", "calls"):
            connection.execute(text(f"DELETE FROM {table}"))
    engine.dispose()
