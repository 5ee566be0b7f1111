"""Ready, degraded, and when somebody is told."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from watching import Around, health_of

from contactcenter.events import AlarmRaised
from contactcenter.monitoring import health
from contactcenter.simulator.center import SimulatedCenter


def alarms(sim: SimulatedCenter) -> list[tuple[str, str]]:
    return [(fact.name, fact.detail) for fact in sim.facts if isinstance(fact, AlarmRaised)]


async def test_all_is_well(sim: SimulatedCenter, tmp_path: Path) -> None:
    watched = health_of(sim, Around(), tmp_path)
    await watched.look()
    assert watched.report() == {"ready": True, "missing": [], "degraded": [], "why": {}}


async def test_without_asterisk_no_call_is_taken(sim: SimulatedCenter, tmp_path: Path) -> None:
    around = Around(connected=False, listening=False)
    watched = health_of(sim, around, tmp_path)
    report = watched.report()
    assert (report["ready"], report["missing"], report["degraded"]) == (False, ["asterisk", "fastagi"], [])
    assert report["why"]["asterisk"] == "its manager interface does not answer"
    around.connected = around.listening = True
    assert watched.report()["ready"]


async def test_without_the_database_calls_are_still_taken(
    sim: SimulatedCenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = Around(away="the database does not answer: database is locked", waiting=health.MOST_WAITING + 1)
    monkeypatch.setattr("contactcenter.recording.recorder.ENOUGH_FREE_BYTES", 1 << 62)
    watched = health_of(sim, around, tmp_path)
    await watched.look()
    report = watched.report()
    assert (report["ready"], report["missing"]) == (True, [])
    assert report["degraded"] == ["database", "facts", "disk"]
    assert report["why"]["database"] == around.away


async def test_facts_that_can_not_be_committed_are_told_of_however_few(sim: SimulatedCenter, tmp_path: Path) -> None:
    """A full disk lets the probe through, which writes over what is there, but not what is added."""
    around = Around(waiting=3, failing="database or disk is full")
    watched = health_of(sim, around, tmp_path)
    assert watched.report()["why"] == {"facts": "3 facts wait to be written: database or disk is full"}
    around.waiting, around.failing = 0, ""
    assert watched.report()["degraded"] == []


async def test_a_folder_of_recordings_that_is_gone(sim: SimulatedCenter, tmp_path: Path) -> None:
    watched = health_of(sim, Around(), tmp_path / "recordings")
    shutil.rmtree(tmp_path / "recordings")
    await watched.look()
    assert watched.report()["why"] == {"disk": f"{tmp_path / 'recordings'}: No such file or directory"}


async def test_while_draining_no_call_is_taken_and_nobody_is_alarmed(sim: SimulatedCenter, tmp_path: Path) -> None:
    watched = health_of(sim, Around(), tmp_path)
    sim.center.drain_until = sim.center.clock.now() + timedelta(seconds=30)
    watching = asyncio.create_task(watched.run())
    await asyncio.sleep(20)
    assert (watched.ready, watched.report()["missing"], alarms(sim)) == (False, ["draining"], [])
    await asyncio.sleep(20)
    assert watched.ready
    watching.cancel()


async def test_a_database_that_never_answers_holds_nothing_up(sim: SimulatedCenter, tmp_path: Path) -> None:
    class Silent(Around):
        async def check_writable(self) -> None:
            await asyncio.get_running_loop().create_future()

    watched = health_of(sim, Silent(), tmp_path)
    await watched.look()
    assert watched.report()["why"] == {"database": "nothing could be written in 2 s"}


async def test_an_alarm_once_when_it_lasts_and_again_the_next_time(sim: SimulatedCenter, tmp_path: Path) -> None:
    around = Around(connected=False)
    watching = asyncio.create_task(health_of(sim, around, tmp_path).run())
    await asyncio.sleep(6)
    assert alarms(sim) == []  # Asterisk takes a moment to start
    await asyncio.sleep(60)
    assert alarms(sim) == [("asterisk_away", "asterisk: its manager interface does not answer")]
    around.connected = True
    await asyncio.sleep(10)
    around.connected = False
    await asyncio.sleep(30)
    assert len(alarms(sim)) == 2
    watching.cancel()
