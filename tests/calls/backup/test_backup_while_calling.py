"""A backup is made while a customer talks; the talk goes on. Out of the backup comes a site that is up at once and knows the call;
so does one out of a backup of an earlier version's database.
"""

import time
from pathlib import Path
from typing import Any

from alembic import command

from contactcenter.store.database import alembic_config, revision_of
from rig.center import Center


async def test_backup(center: Center, folder: Path) -> None:
    file, restored = folder.with_name("center.tar.gz"), folder.with_name("restored")
    async with center.agent("1004", answer_after=0.1, tone=600), center.caller() as caller:
        await caller.dial()
        await center.wait_fact("NodeEntered", node="main-menu")
        await caller.press("0")
        await caller.media.wait_hears(600, timeout=15)
        talking_since = time.monotonic()
        await center.cc("backup", str(file), "--recordings")
        assert caller.media.longest_gap(talking_since) < 0.5
        await caller.hang_up()
    assert (await center.wait_call())["outcome"] == "answered"
    assert await center.leftovers() == []
    await center.down()
    await center.cc("backup", "check", str(file))
    await center.cc("restore", str(file), "--to", str(restored))
    center.folder = restored
    await center.up()
    assert [fact["hotline"] for fact in center.facts("CallArrived")] == ["4001234567"]
    assert center.facts("CallAnswered")
    assert not center.facts("CallEnded")
    await talk(center)


async def test_of_an_earlier_version(folder: Path) -> None:
    center = Center(folder)
    await center.create()
    url = f"sqlite:///{folder}/data/contactcenter.db"
    command.downgrade(alembic_config(url), "0003")
    file, restored = folder.with_name("center.tar.gz"), folder.with_name("restored")
    await center.cc("backup", str(file))
    await center.cc("restore", str(file), "--to", str(restored))
    center.folder = restored
    assert revision_of(f"sqlite:///{restored}/data/contactcenter.db")[0] == "0003"
    await center.up()
    try:
        await talk(center)
    finally:
        await center.down()


async def talk(center: Center) -> None:
    """One more customer reaches an agent."""
    number = len(center.facts("CallArrived")) + 1
    async with center.agent("1004", answer_after=0.1, tone=600), center.caller() as caller:
        await center.wait_state("1004", "ready")
        await caller.dial()
        arrived = await center.wait_until(lambda: arrivals(center), lambda found: len(found) == number)
        await center.wait_fact("NodeEntered", node="main-menu", call=arrived[-1]["call"])
        await caller.press("0")
        await caller.media.wait_hears(600, timeout=15)
        await caller.hang_up()
    assert (await center.wait_call(number))["outcome"] == "answered"


async def arrivals(center: Center) -> list[dict[str, Any]]:
    return center.facts("CallArrived")
