"""Facts that a process left on disk: taken on by the next one, each once, in order."""

import asyncio
import errno
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from happenings import answered, arrived, queued, stored
from holder import Holder
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.events import Fact
from contactcenter.store import spool as spool_module
from contactcenter.store import writer as writer_module
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
    monkeypatch.setattr(writer_module, "MOST_IN_MEMORY", 10)
    monkeypatch.setattr(writer_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(spool_module, "READ_AT_ONCE", 700)
    monkeypatch.setattr(spool_module, "LARGEST_IDLE_FILE", 500)


def do_not_wait(connection: Any, _: object) -> None:
    connection.execute("PRAGMA busy_timeout=1" if isinstance(connection, sqlite3.Connection) else "SET lock_timeout=1")
    connection.commit()


@pytest.mark.usefixtures("small")
async def test_facts_that_do_not_fit_into_memory_wait_on_disk_and_come_in_order(
    database: AsyncEngine, folder: Path, other: Holder
) -> None:
    writer = FactWriter(database, Spool(folder))
    await writer.open()
    event.listen(writer.engine, "connect", do_not_wait)
    other.hold()
    facts = [arrived(f"1.{number}", at=number) for number in range(200)]
    for fact in facts:
        writer.write(fact)
    assert writer.waiting == 10
    writing = asyncio.create_task(writer.run())
    async with asyncio.timeout(20):
        await asyncio.sleep(0.2)  # some tries
        assert writer.waiting == 10
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
    told: list[tuple[str, str]] = []
    writer.on_trouble = lambda name, detail: told.append((name, detail))
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
    assert [name for name, _ in told] == ["facts_in_memory_only"]
    (file,) = folder.iterdir()
    assert [line.split(b" ")[::2][:2] for line in file.read_bytes().splitlines()] == [
        [b"1", b"CallArrived"],
        [b"4", b"CallAnswered"],
    ]
    writing = asyncio.create_task(writer.run())
    await writer.written()
    assert await stored(database) == [arrived("1.1"), queued("1.1"), queued("1.1"), answered("1.1")]
    writing.cancel()
    await asyncio.wait({writing})
