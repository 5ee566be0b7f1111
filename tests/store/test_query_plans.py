"""No lookup on the path of a call reads a whole table, however long the history is."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from happenings import START, ended
from sqlalchemy import Engine, event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.ports import PastPart
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.history import HistoryRepository
from contactcenter.store.recordings import RecordingRepository
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from contactcenter.tickets.problem import Problem

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


async def full_scans(database: AsyncEngine, statement: str, parameters: Any) -> list[str]:
    """The steps of a statement's plan that don't go by an index. Raises AssertionError where there is no plan."""
    async with database.connect() as connection:
        if database.dialect.name == "sqlite":
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row[3] for row in rows]
            assert steps
            return [step for step in steps if not step.startswith("SEARCH")]
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # tables are tiny here
        rows = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        scans = [node for node in _nodes(rows.scalar_one()[0]["Plan"]) if node["Node Type"].endswith("Scan")]
        assert scans
        found = await connection.exec_driver_sql(FIRST_COLUMNS)
        first = {row.name: row.first for row in found}
        wrong = [node for node in scans if not _by_index(node, first)]
        return [f"{node['Node Type']} on {node.get('Relation Name', node.get('Index Name'))}" for node in wrong]


FIRST_COLUMNS = """
SELECT relname AS name, pg_get_indexdef(indexrelid, 1, true) AS first FROM pg_index JOIN pg_class ON oid = indexrelid
"""
"""Of each index."""


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _by_index(node: dict[str, Any], first: dict[str, str]) -> bool:
    """An index that is read from one end to the other is no help. A bitmap's heap scan reads what its index scan has found."""
    if node["Node Type"] == "Bitmap Heap Scan":
        return True
    return "Index Name" in node and bool(re.search(rf"\({first[node['Index Name']]}\W", node.get("Index Cond", "")))


@pytest.mark.parametrize("lookup", LOOKUPS)
async def test_a_lookup_goes_by_an_index(sample: AsyncEngine, lookup: str) -> None:
    with selects() as asked:
        await LOOKUPS[lookup](sample)
    assert asked
    for statement, parameters in asked:
        assert await full_scans(sample, statement, parameters) == [], statement


async def test_what_has_no_index_is_found_out(sample: AsyncEngine) -> None:
    (scan,) = await full_scans(sample, "SELECT * FROM calls WHERE rating = 5", ())
    assert scan.lower() in {"scan calls", "seq scan on calls"}
    async with sample.begin() as connection:
        await connection.execute(text("DROP INDEX ix_tickets_company_status"))
    with selects() as asked:
        await LOOKUPS["open ticket of a company"](sample)
    assert any([await full_scans(sample, *one) for one in asked])
