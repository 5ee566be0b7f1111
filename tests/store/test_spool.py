"""Facts that a process left on disk: taken on by the next one, each once, in order."""

import asyncio
import errno
import os
from pathlib import Path

import pytest
from happenings import answered, arrived, queued, stored
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from trouble import Failures, Holder, do_not_wait

from contactcenter.events import AlarmRaised, Fact
from contactcenter.store import backlog as backlog_module
from contactcenter.store import spool as spool_module
from contactcenter.store.spool import Spool
from contactcenter.store.writer import FactWriter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def killed(folder: Path, *facts: Fact) -> None:
    """A process wrote these facts, and was killed before any commit."""
    spool = Spool(folder)
    for fact in facts:
        spool.append(fact)


async def next_process(database: AsyncEngine, folder: Path, *facts: Fact) -> list[Fact]:
    """What the next process finds; it writes some more, and ends in order."""
    writer = FactWriter(database, Spool(folder))
    found = await writer.open()
    writing = asyncio.create_task(writer.run())
    for fact in facts:
        writer.write(fact)
    async with asyncio.timeout(10):
        await writer.written()
    writing.cancel()
    await asyncio.wait({writing})
    return found


async def test_what_a_killed_process_left_is_committed_by_the_next_before_anything_new(
    database: AsyncEngine, folder: Path
) -> None:
    killed(folder, arrived("1.1"), queued("1.1"))
    assert await next_process(database, folder, answered("1.1")) == [arrived("1.1"), queued("1.1")]
    assert await stored(database) == [arrived("1.1"), queued("1.1"), answered("1.1")]
    assert list(folder.iterdir()) == []


async def test_what_was_committed_before_the_kill_is_not_committed_again(database: AsyncEngine, folder: Path) -> None:
    """Killed between the commit and the next fact: the file still has what the database has."""
    writer = FactWriter(database, Spool(folder))
    await writer.open()
    writing = asyncio.create_task(writer.run())
    writer.write(arrived("1.1"))
    await writer.written()
    left = [(file, file.read_bytes()) for file in folder.iterdir()]
    writing.cancel()
    await asyncio.wait({writing})
    for file, content in left:
        file.write_bytes(content)
    assert await next_process(database, folder, queued("1.1")) == []
    assert await stored(database) == [arrived("1.1"), queued("1.1")]


async def test_several_processes_may_be_killed_one_after_the_other(database: AsyncEngine, folder: Path) -> None:
    killed(folder, arrived("1.1"))
    killed(folder, arrived("1.2"))
    killed(folder, arrived("1.3"))
    await next_process(database, folder)
    assert await stored(database) == [arrived("1.1"), arrived("1.2"), arrived("1.3")]


@pytest.mark.parametrize("torn", [b"2 2026", b"\xff\xfe\n", b"2 2026-11-25T09:00:00+00:00 CallQueued {}\n"])
async def test_a_line_that_is_no_fact_keeps_back_no_other(
    database: AsyncEngine, folder: Path, torn: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    killed(folder, arrived("1.1"))
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes() + torn)
    assert await next_process(database, folder, queued("1.1")) == [arrived("1.1")]
    assert await stored(database) == [arrived("1.1"), queued("1.1")]
    assert any("line 2 is no fact" in record.message for record in caplog.records)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "MOST_IN_MEMORY", 10)
    monkeypatch.setattr(spool_module, "READ_AT_ONCE", 700)
    monkeypatch.setattr(spool_module, "LARGEST_IDLE_FILE", 500)


@pytest.mark.usefixtures("small")
async def test_facts_that_do_not_fit_into_memory_wait_on_disk_and_come_in_order(
    database: AsyncEngine, folder: Path, other: Holder, failures: Failures
) -> None:
    writer = FactWriter(database, Spool(folder))
    await writer.open()
    event.listen(writer.engine, "connect", do_not_wait)
    other.hold()
    facts = [arrived(f"1.{number}", at=number) for number in range(200)]
    for fact in facts:
        writer.write(fact)
    assert (writer.waiting, len(writer._backlog.first())) == (200, 10)
    writing = asyncio.create_task(writer.run())
    async with asyncio.timeout(20):
        for _ in range(3):
            failures.came.clear()
            await failures.came.wait()
        assert (writer.waiting, len(writer._backlog.first())) == (200, 10)
        other.let_go()
        await writer.written()
    assert await stored(database) == facts
    assert [file.stat().st_size for file in folder.iterdir()] == [0]
    writing.cancel()
    await asyncio.wait({writing})
    assert list(folder.iterdir()) == []


async def test_a_full_disk_leaves_no_half_line_and_facts_wait_in_memory(
    database: AsyncEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = FactWriter(database, Spool(folder))
    alarms: list[AlarmRaised] = []

    def raise_alarm(name: str, detail: str) -> None:
        """As the controller does: it is a fact like any other."""
        alarms.append(AlarmRaised(at=queued("1.1").at, name=name, detail=detail))
        writer.write(alarms[-1])

    writer.on_trouble = raise_alarm
    writer.write(arrived("1.1"))
    write = os.write

    def half(descriptor: int, line: bytes) -> int:
        if not line.endswith(b"}\n"):
            return write(descriptor, line)
        if full == "at once":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, line[:20])

    full = "at once"
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        writer.write(queued("1.1"))
        full = "half way"
        writer.write(queued("1.1"))
    writer.write(answered("1.1"))
    assert [alarm.name for alarm in alarms] == ["facts_in_memory_only"]
    (file,) = folder.iterdir()
    assert [line.split(b" ")[::2][:2] for line in file.read_bytes().splitlines()] == [
        [b"1", b"CallArrived"],
        [b"5", b"CallAnswered"],
    ]
    writing = asyncio.create_task(writer.run())
    await writer.written()
    assert await stored(database) == [arrived("1.1"), queued("1.1"), *alarms, queued("1.1"), answered("1.1")]
    writing.cancel()
    await asyncio.wait({writing})
