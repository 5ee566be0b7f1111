"""Recordings whose time is over are gone from the disk, each with a fact that tells what was deleted, when and why."""

import asyncio
import hashlib
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from command_line import CALL, START, done, read, refusal, run

from contactcenter import events as e
from contactcenter.config import read_settings
from contactcenter.ids import CallId
from contactcenter.recording.retention import Retention
from contactcenter.simulator.clock import ManualClock
from contactcenter.site import Site
from contactcenter.store.database import open_database
from contactcenter.store.recordings import RecordingRepository
from contactcenter.store.writer import write_facts

CALLS = [CallId(f"1795600000.{number}") for number in range(250)]


@pytest.fixture
def mine(site: Path, tmp_path: Path) -> Path:
    """The sample site with 250 more calls, one a day, and what was said in them; half of them left messages."""
    folder = tmp_path / "mine"
    shutil.copytree(site, folder)

    async def happen() -> None:
        facts: list[e.Fact] = []
        for number, call in enumerate(CALLS):
            at, kind = START + timedelta(days=number), e.VoiceMessageLeft if number % 2 else e.RecordingSaved
            facts.append(e.CallArrived(at=at, call=call, hotline="4001234567", caller="+8613800000001"))
            facts.append(kind(at=at, call=call, path=path_of(number), seconds=3))
        database = open_database(Site(folder).database_url(read_settings(folder)))
        await write_facts(database, facts)
        await database.dispose()

    asyncio.run(happen())
    for number in range(len(CALLS)):
        file = folder / "recordings" / path_of(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"voice %d" % number)
    (folder / "recordings/2026/11/25" / f"{CALL}.wav").write_bytes(b"voice")
    return folder


def path_of(number: int) -> str:
    return f"{START + timedelta(days=number):%Y/%m/%d}/{CALLS[number]}.wav"


async def sweep(site: Path, keep_days: int, after_days: float) -> tuple[int, list[e.Fact]]:
    """What one look at the recordings does, so many days after the first call."""
    database = open_database(Site(site).database_url(read_settings(site)))
    told: list[e.Fact] = []
    clock = ManualClock(START + timedelta(days=after_days, seconds=1))
    book = RecordingRepository(database)
    count = await Retention(site / "recordings", book, keep_days, clock, told.append).sweep()
    await write_facts(database, told)
    await database.dispose()
    return count, told


async def test_what_is_over_is_gone_and_can_be_proved(mine: Path) -> None:
    count, told = await sweep(mine, 30, 230)
    assert count == 202, "those of days 0 to 200, and that of the sample"
    deleted = {fact.path: fact for fact in told if isinstance(fact, e.RecordingDeleted)}
    assert len(deleted) == count
    one = deleted[path_of(7)]
    assert (one.why, one.by, one.sha256, one.call) == (
        "retention",
        "",
        hashlib.sha256(b"voice 7").hexdigest(),
        CALLS[7],
    )
    left = sorted(path.name for path in (mine / "recordings").rglob("*.wav"))
    assert left == sorted(f"{call}.wav" for call in CALLS[201:])
    assert not (mine / "recordings/2026").exists(), "no empty folder of a day, month or year is left"
    assert await sweep(mine, 30, 230) == (0, [])
    shown = await asyncio.to_thread(lambda: read("recording", "deletions", site=mine))
    assert len(shown) == 202
    assert all(row["gone"] for row in shown)
    assert {row["path"] for row in await asyncio.to_thread(lambda: read("recording", "list", site=mine))} == {
        path_of(number) for number in range(201, 250)
    }
    assert (await asyncio.to_thread(lambda: read("call", "show", CALLS[7], site=mine)))["recording"] == ""


async def test_a_file_that_came_back_is_told(mine: Path) -> None:
    await sweep(mine, 1, 2)
    (mine / "recordings/2026/11/25").mkdir(parents=True, exist_ok=True)
    (mine / "recordings" / path_of(0)).write_bytes(b"out of a backup")
    shown = await asyncio.to_thread(lambda: read("recording", "deletions", site=mine))
    assert [row["path"] for row in shown if not row["gone"]] == [path_of(0)]


async def test_everything_is_kept_for_ever_without_a_limit(mine: Path) -> None:
    database = open_database(Site(mine).database_url(read_settings(mine)))
    told: list[e.Fact] = []
    await Retention(mine / "recordings", RecordingRepository(database), 0, ManualClock(), told.append).run()
    await database.dispose()
    assert told == []


async def test_what_cannot_be_deleted_is_an_alarm_and_keeps_nothing_else_from_it(mine: Path) -> None:
    """A folder stands where a file is expected."""
    stuck = mine / "recordings" / path_of(3)
    stuck.unlink()
    stuck.mkdir()
    count, told = await sweep(mine, 1, 10)
    assert count == 10
    alarms = [fact for fact in told if isinstance(fact, e.AlarmRaised)]
    assert [(alarm.name, str(stuck) in alarm.detail) for alarm in alarms] == [("recording_not_deleted", True)]
    stuck.rmdir()
    count, told = await sweep(mine, 1, 10)
    assert [fact.path for fact in told if isinstance(fact, e.RecordingDeleted)] == [path_of(3)]
    assert told[0].data()["sha256"] == "", "there was no file any more"


async def test_parts_that_were_never_joined_go_too(mine: Path) -> None:
    parts = mine / "recordings" / "parts"
    parts.mkdir(exist_ok=True)
    old, young, foreign = parts / f"{CALLS[2]}-caller.wav", parts / f"{CALLS[3]}-agent.wav", parts / "notes.wav"
    for file, days in ((old, 0.0), (young, 9.5), (foreign, 0.0)):
        file.write_bytes(b"half a voice")
        at = (START + timedelta(days=days)).timestamp()
        os.utime(file, (at, at))
    _, told = await sweep(mine, 1, 10)
    gone = [fact for fact in told if isinstance(fact, e.RecordingDeleted) and fact.path.startswith("parts/")]
    assert [(fact.path, fact.call) for fact in gone] == [(f"parts/{old.name}", CALLS[2])]
    assert sorted(parts.iterdir()) == sorted([young, foreign])


def test_a_person_deletes_one(mine: Path) -> None:
    assert run("recording", "delete", CALL, site=mine).exit_code == 1, "nobody said yes"
    assert "is deleted." in done("recording", "delete", CALL, "--yes", site=mine)
    (row,) = read("recording", "deletions", site=mine)
    assert (row["why"], row["call"], row["gone"]) == ("person", CALL, True)
    assert row["by"]
    assert row["sha256"] == hashlib.sha256(b"voice").hexdigest()
    assert "has no recording" in refusal("recording", "delete", CALL, "--yes", site=mine)
    assert "has no recording" in refusal("recording", "export", CALL, mine / "x.wav", site=mine)
    assert [fact["kind"] for fact in read("call", "show", CALL, site=mine)["facts"]][-1] == "RecordingDeleted"


def test_the_doctor_finds_what_does_not_belong_together(mine: Path) -> None:
    def detail() -> str:
        checks = json.loads(run("doctor", "--json", site=mine).stdout)
        return str(next(one["detail"] for one in checks if one["check"] == "recordings"))

    assert detail() == "251, 0 of them encrypted"
    part = mine / "recordings/parts/1-caller.wav"
    part.parent.mkdir(exist_ok=True)
    part.write_bytes(b"")
    assert detail() == "251, 0 of them encrypted", "a call may go on"
    os.utime(part, (0, 0))
    assert detail() == f"1 parts of calls were never joined, such as {part}"
    stranger = mine / "recordings/2026/stranger.wav"
    stranger.write_bytes(b"")
    assert detail() == f"1 files belong to no call, such as {stranger}"
    (mine / "recordings" / path_of(9)).unlink()
    assert detail() == f"1 are known and have no file, such as {path_of(9)}"
