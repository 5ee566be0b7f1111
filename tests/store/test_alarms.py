"""Alarms, read back: by name, by time, and those that nobody was told of."""

from typing import Any

from happenings import after, arrived
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.events import AlarmRaised, AlarmsTold
from contactcenter.ids import CallId
from contactcenter.store.alarms import AlarmRepository
from contactcenter.store.writer import FactWriter


def alarm(at: float, name: str = "recording_failed") -> AlarmRaised:
    return AlarmRaised(at=after(at), name=name, detail=f"at {at:g}", call=CallId("1.1"))


async def test_by_name_and_time(database: AsyncEngine, writer: FactWriter) -> None:
    for fact in (arrived("1.1"), alarm(1), alarm(2, "disk_low"), alarm(3)):
        writer.write(fact)
    await writer.written()
    book = AlarmRepository(database)
    assert [row["detail"] for row in await book.all()] == ["at 3", "at 2", "at 1"]
    assert [row["detail"] for row in await book.all(1)] == ["at 3"]
    assert [row["detail"] for row in await book.all(since=after(2))] == ["at 3", "at 2"]
    assert [row["detail"] for row in await book.all(name="recording_failed", since=after(2))] == ["at 3"]
    assert await book.all(name="'; DROP TABLE facts; --") == []


async def test_those_that_nobody_was_told_of(database: AsyncEngine, writer: FactWriter) -> None:
    told = AlarmsTold(at=after(3), name="recording_failed", count=2, until=after(2))
    for fact in (alarm(1), alarm(2), alarm(2.5, "disk_low"), told, alarm(4), alarm(5, "disk_low"), alarm(9)):
        writer.write(fact)
    await writer.written()
    found = await AlarmRepository(database).untold(after(0), after(9))
    assert [(one.name, one.detail) for one in found] == [
        ("disk_low", "at 2.5"),
        ("recording_failed", "at 4"),
        ("disk_low", "at 5"),
    ]
    assert await AlarmRepository(database).untold(after(5.5), after(9)) == []


async def test_no_list_of_alarms_reads_all_facts(database: AsyncEngine) -> None:
    if database.dialect.name != "sqlite":
        return
    seen: list[tuple[str, Any]] = []
    event.listen(
        database.sync_engine, "before_cursor_execute", lambda _c, _u, words, values, *_: seen.append((words, values))
    )
    book = AlarmRepository(database)
    await book.all(5, since=after(2), name="disk_low")
    await book.untold(after(0), after(9))
    async with database.connect() as connection:
        for words, values in seen.copy():
            plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)).all()
            assert "ix_facts_" in str(plan), plan
