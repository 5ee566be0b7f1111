"""The one writer of facts when the database is away, when a fact is bad, and when the program ends."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from happenings import answered, arrived, identified, queued, saved, stored
from sqlalchemy import Connection, event, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from trouble import Failures, Holder, do_not_wait

from contactcenter.ids import CallId
from contactcenter.store import tables as t
from contactcenter.store.history import HistoryRepository
from contactcenter.store.writer import FactWriter


@pytest.fixture
async def impatient(database: AsyncEngine) -> AsyncIterator[FactWriter]:
    """A running writer that does not wait for a lock."""
    made = FactWriter(database)
    event.listen(made.engine, "connect", do_not_wait)
    writing = asyncio.create_task(made.run())
    made.write(arrived("1.1"))
    await made.written()
    yield made
    writing.cancel()
    await asyncio.wait({writing})


async def test_a_locked_database_delays_facts_and_loses_none(
    impatient: FactWriter, database: AsyncEngine, other: Holder, failures: Failures
) -> None:
    """Another program holds the database; each fact is there once when it lets go, in order, with its projections."""
    other.hold()
    facts = [identified("1.1", 1, 1), queued("1.1"), answered("1.1")]
    for fact in facts[:2]:
        impatient.write(fact)
    async with asyncio.timeout(5):
        await failures.came.wait()
        impatient.write(facts[2])
        failures.came.clear()
        await failures.came.wait()
    other.let_go()
    async with asyncio.timeout(5):
        await impatient.written()

    assert failures.lines[0] == "2 facts could not be written; trying again in 0.01 s"
    assert await stored(database) == [arrived("1.1"), *facts]
    call = await HistoryRepository(database).call(CallId("1.1"))
    assert call is not None
    assert (call["company"], call["queue"], call["agent"], call["wait_seconds"]) == ("company 1", "vip", "1004", 4.0)


async def test_a_bad_fact_is_named_and_keeps_back_no_other_even_when_the_database_goes_away_just_then(
    impatient: FactWriter, database: AsyncEngine, other: Holder, failures: Failures
) -> None:
    def lock(line: str) -> None:
        if line.startswith("a RecordingSaved of call 1.2"):
            other.hold()
        if line.startswith("2 facts could not be written") and other.holds:
            other.let_go()

    failures.then = lock
    bad = saved("1.2")
    object.__setattr__(bad, "seconds", None)  # a column that takes none
    facts = [saved("1.1"), queued("1.1"), bad, arrived("1.3"), queued("1.3")]
    for fact in facts:
        impatient.write(fact)
    async with asyncio.timeout(5):
        await impatient.written()
    assert [line.split(" could")[0].split(" at ")[0].split(";")[0] for line in failures.lines] == [
        "something is wrong with one of 5 facts",
        "a RecordingSaved of call 1.2",
        "2 facts",
    ]
    assert await stored(database) == [arrived("1.1"), *(fact for fact in facts if fact is not bad)]


async def test_a_writer_that_is_stopped_finishes_what_it_began(database: AsyncEngine) -> None:
    began, go_on = threading.Event(), threading.Event()

    def dawdle(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO facts"):
            began.set()
            go_on.wait(5)

    writer = FactWriter(database)
    event.listen(writer.engine, "before_cursor_execute", dawdle)
    writing = asyncio.create_task(writer.run())
    writer.write(arrived("1.1"))
    assert await asyncio.to_thread(began.wait, 5)
    writing.cancel()
    done, _ = await asyncio.wait({writing}, timeout=0.05)
    assert not done
    go_on.set()
    await asyncio.wait({writing}, timeout=5)
    assert writing.cancelled()
    assert await stored(database) == [arrived("1.1")]


async def test_work_that_fails_fails_alone(writer: FactWriter, database: AsyncEngine, failures: Failures) -> None:
    """What came with it in the same group is done, and its own writing is undone."""

    def write_and_fail(connection: Connection) -> None:
        connection.execute(insert(t.customer_groups).values(id=1, name="half done"))
        raise LookupError("a bug of ours")

    def write_well(connection: Connection) -> int:
        connection.execute(insert(t.customer_groups).values(id=2, name="done"))
        return 2

    writer.write(arrived("1.1"))
    failed, done = await asyncio.gather(writer.do(write_and_fail), writer.do(write_well), return_exceptions=True)
    await writer.written()
    assert (type(failed), done) == (LookupError, 2)
    assert await stored(database) == [arrived("1.1")]
    async with database.connect() as connection:
        assert (await connection.execute(select(t.customer_groups.c.name))).scalars().all() == ["done"]
    assert failures.lines == []


async def test_work_is_not_kept_waiting_for_a_locked_database(
    impatient: FactWriter, other: Holder, failures: Failures
) -> None:
    """A call must be able to end meanwhile. Facts wait, and are written when the lock is gone."""
    other.hold()
    impatient.write(arrived("1.2"))
    with pytest.raises(OperationalError, match="lock"):
        await impatient.do(lambda connection: connection.execute(insert(t.customer_groups).values(id=1, name="x")))
    await failures.came.wait()
    other.let_go()
    async with asyncio.timeout(5):
        await impatient.written()
