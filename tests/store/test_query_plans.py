"""No lookup on the path of a call reads a whole table, however long the history is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from happenings import START, ended
from sqlalchemy import Engine, event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.ports import PastPart
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.database import migrate
from contactcenter.store.history import HistoryRepository
from contactcenter.store.recordings import RecordingRepository
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from contactcenter.tickets.problem import Problem


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite alone: plans are told in each database's own words."""
    address = f"sqlite+aiosqlite:///{tmp_path}/contactcenter.db"
    migrate(address)
    return address


CALL, AGENT = CallId("1.1"), AgentNumber("1001")


def problem(company: int | None) -> Problem:
    return Problem(CALL, START, "+8613800000001", None if company is None else CompanyId(company), None, "Call", AGENT)


async def past(database: AsyncEngine, contact: ContactId | None, company: CompanyId | None) -> object:
    wanted: set[PastPart] = {"ticket", "last_agent", "abandons"}
    return await HistoryRepository(database).past(contact, company, "+8613800000001", START, wanted)


async def write_late(database: AsyncEngine) -> None:
    """A fact of a call that the writer does not have at hand."""
    writer = FactWriter(database)
    writing = asyncio.create_task(writer.run())
    writer.write(ended("1.1"))
    await writer.written()
    writing.cancel()
    await asyncio.wait({writing})


LOOKUPS: dict[str, Callable[[AsyncEngine], Awaitable[Any]]] = {
    "customer by number": lambda db: CustomerRepository(db).by_number("+8613800000001"),
    "customer by service code": lambda db: CustomerRepository(db).by_service_code("100001"),
    "last agents of a contact": lambda db: HistoryRepository(db).last_agents(ContactId(1), CompanyId(1), "", START),
    "last agents of a number": lambda db: HistoryRepository(db).last_agents(None, None, "+8613800000001", START),
    "a contact's past": lambda db: past(db, ContactId(1), CompanyId(1)),
    "a number's past": lambda db: past(db, None, None),
    "open ticket of a company": lambda db: TicketRepository(db).open_or_join(problem(1)),
    "open ticket of a number": lambda db: TicketRepository(db).open_or_join(problem(None)),
    "open tickets of an agent": lambda db: TicketRepository(db).open_of(AGENT),
    "a call": lambda db: HistoryRepository(db).call(CALL),
    "a call's facts": lambda db: HistoryRepository(db).facts(CALL),
    "a record from stored facts": write_late,
    "a call's recordings": lambda db: RecordingRepository(db).there(CALL),
    "recordings whose time is over": lambda db: RecordingRepository(db).saved_before(START, None, 100),
    "wrong service codes at a start": lambda db: HistoryRepository(db).wrong_codes(START),
    "a ticket": lambda db: TicketRepository(db).one(1),
}


@contextmanager
def selects() -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", listen)
    yield seen
    event.remove(Engine, "before_cursor_execute", listen)


async def plan(database: AsyncEngine, statement: str, parameters: Any) -> list[str]:
    async with database.connect() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [row[3] for row in rows]


@pytest.mark.parametrize("lookup", LOOKUPS)
async def test_a_lookup_goes_by_an_index(sample: AsyncEngine, lookup: str) -> None:
    with selects() as asked:
        await LOOKUPS[lookup](sample)
    assert asked
    for statement, parameters in asked:
        steps = await plan(sample, statement, parameters)
        assert steps
        assert [step for step in steps if not step.startswith("SEARCH")] == [], statement


async def test_what_has_no_index_is_found_out(sample: AsyncEngine) -> None:
    assert await plan(sample, "SELECT * FROM calls WHERE rating = 5", ()) == ["SCAN calls"]
    async with sample.begin() as connection:
        await connection.execute(text("DROP INDEX ix_tickets_company_status"))
    with selects() as asked:
        await LOOKUPS["open ticket of a company"](sample)
    steps = [step for statement, parameters in asked for step in await plan(sample, statement, parameters)]
    assert any(not step.startswith("SEARCH") for step in steps)
