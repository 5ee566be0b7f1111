"""PostgreSQL is restarted, crashes, is read-only, locked, or does not answer: facts wait and keep their order, look-ups don't wait."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import psycopg
import pytest
from happenings import answered, arrived, ended, identified, queued, stored
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.changes import Author
from contactcenter.errors import StoreError
from contactcenter.ids import CallId
from contactcenter.store import database as database_module
from contactcenter.store import engines
from contactcenter.store import writer as writer_module
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.store.history import HistoryRepository
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from rig.postgresql import FAST, IMMEDIATE, Postgres, name_of

KNOWN = "+8613800000001"


@pytest.fixture
def url(postgresql: Postgres) -> Iterator[str]:
    address = postgresql.database(migrate)
    yield address
    postgresql.drop(address)


@pytest.fixture
def server(postgresql: Postgres) -> Iterator[Postgres]:
    """One that may be stopped."""
    yield postgresql
    if not postgresql.running:
        postgresql.start()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "RETRY_SECONDS", 0.05)


@pytest.mark.parametrize("how", [FAST, IMMEDIATE], ids=["stopped", "crashed"])
async def test_facts_wait_for_a_restart_and_are_there_once_and_in_order(
    server: Postgres, sample: AsyncEngine, writer: FactWriter, how: int
) -> None:
    facts = [arrived("1.1"), identified("1.1", 1, 1), queued("1.1"), answered("1.1"), ended("1.1")]
    writer.write(facts[0])
    await writer.written()
    server.stop(how)
    for fact in facts[1:3]:
        writer.write(fact)
    with pytest.raises(Exception, match="connection"):
        await writer.do(lambda connection: connection.exec_driver_sql("SELECT 1"))
    for fact in facts[3:]:
        writer.write(fact)
    server.start()
    async with asyncio.timeout(10):
        await writer.written()
    assert await stored(sample) == facts
    call = await HistoryRepository(sample).call(CallId("1.1"))
    assert call is not None
    assert (call["company"], call["agent"], call["outcome"], call["wait_seconds"]) == (
        "company 1",
        "1004",
        "answered",
        4,
    )


async def test_facts_wait_while_the_database_is_read_only(server: Postgres, url: str, writer: FactWriter) -> None:
    """As one is that was a standby a moment ago."""
    name = name_of(url)
    writer.write(arrived("1.1"))
    await writer.written()
    ends = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    server.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on", ends)
    writer.write(queued("1.1"))
    for _ in range(2):
        with pytest.raises(Exception, match=r"read-only|terminating connection|closed"):
            await writer.do(lambda connection: connection.exec_driver_sql("CREATE TABLE new (id int)"))
    server.sql(f"ALTER DATABASE {name} RESET default_transaction_read_only", ends)
    async with asyncio.timeout(10):
        await writer.written()
    database = open_database(url)
    assert await stored(database) == [arrived("1.1"), queued("1.1")]
    await database.dispose()


async def test_look_ups_fail_at_once_while_it_is_stopped_and_work_from_the_first_one_after_it(
    server: Postgres, sample: AsyncEngine
) -> None:
    customers, history = CustomerRepository(sample), HistoryRepository(sample)
    known = await customers.by_number(KNOWN)
    assert known is not None
    await history.calls()
    server.stop()
    began = time.monotonic()
    for asking in (customers.by_number(KNOWN), history.past(None, None, KNOWN, arrived("1").at, {"last_agent"})):
        with pytest.raises(StoreError, match=r"^the database does not answer: .+$"):
            await asking
    with pytest.raises(StoreError, match="does not answer"):
        await history.calls()
    with pytest.raises(StoreError, match="does not answer"):
        await ConfigurationRepository(sample).revision()
    with pytest.raises(StoreError, match="ticket 1 could not be closed"):
        await TicketRepository(sample).close(1, arrived("1").at)  # type: ignore[arg-type]
    assert time.monotonic() - began < database_module.LOOKUP_SECONDS
    server.start()
    assert await customers.by_number(KNOWN) == known
    assert await history.calls() == []
    assert await ConfigurationRepository(sample).revision() == 0


async def test_a_look_up_does_not_wait_for_a_lock(
    url: str, sample: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LOOKUP_SECONDS", 0.2)
    customers = CustomerRepository(sample)
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE contact_numbers")
        for _ in range(database_module.THREADS + 1):  # more than there are threads to wait in
            with pytest.raises(StoreError, match=r"^the database did not answer within 0.2 s$"):
                await customers.by_number(KNOWN)
        other.rollback()
    monkeypatch.setattr(database_module, "LOOKUP_SECONDS", 5)
    assert await customers.by_number(KNOWN) is not None


async def test_a_change_gives_up_when_somebody_else_holds_what_it_changes(
    url: str, sample: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "LOCK_SECONDS", 0.2)
    book, author = CompanyRepository(sample), Author("admin", "a test", "customer edit")
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE companies")
        with pytest.raises(StoreError, match=r"^customers can't be changed now: .* lock timeout\. Do it again\.$"):
            await book.change(1, lambda one: replace(one, region="华北"), author, arrived("1").at)
        other.rollback()
    assert (await book.find("1")).region == ""


@pytest.fixture
async def silent() -> AsyncIterator[AsyncEngine]:
    """A server that takes connections and never says a word, as one does whose machine hangs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        database = open_database(f"postgresql+psycopg://cc@127.0.0.1:{listener.getsockname()[1]}/cc")
        yield database
        await database.dispose()


async def test_nothing_waits_for_long_for_a_server_that_says_nothing(silent: AsyncEngine) -> None:
    began = time.monotonic()
    looked_up, listed = await asyncio.gather(
        CustomerRepository(silent).by_number(KNOWN), HistoryRepository(silent).calls(), return_exceptions=True
    )
    assert re.search(r"did not answer within 2 s|timeout", str(looked_up))
    assert "timeout" in str(listed)
    assert {type(looked_up), type(listed)} == {StoreError}
    assert time.monotonic() - began < database_module.LOOKUP_SECONDS + 1
