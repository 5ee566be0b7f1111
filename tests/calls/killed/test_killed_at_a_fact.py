"""The controller is killed right after each fact of a call was written: whatever was under way then, the call comes to its end, with
one of everything.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rig.center import Center

FACTS = (
    "CallArrived",
    "HoursChecked",
    "CallerIdentified",
    "ServiceChecked",
    "KeyPressed",
    "CallRouted",
    "CallQueued",
    "CallOffered",
    "CallAnswered",
    "TicketOpened",
    "TalkEnded",
    "WrapUpStarted",
    "SurveyAnswered",
    "CallEnded",
)
ONCE = ("CallArrived", "CallEnded", "RecordingSaved", "WrapUpStarted", "WrapUpEnded", "SurveyAnswered", "TicketOpened")


def written(folder: Path) -> Iterator[str]:
    """The kinds of facts that are on disk."""
    for file in folder.glob("*.facts"):
        with contextlib.suppress(FileNotFoundError):
            yield from (line.split(" ", 3)[2] for line in file.read_text().splitlines() if line.count(" ") > 2)


async def kill_at(center: Center, fact: str) -> None:
    """A millisecond or two after that fact."""
    async with asyncio.timeout(30):
        while fact not in written(center.folder / "data" / "spool"):
            await asyncio.sleep(0.001)
    await center.wait_another_controller(await center.kill_controller())


async def caller_who_rates(center: Center, caller: Any) -> None:
    """Presses what is asked for, as long as it takes."""
    await caller.dial()
    while caller.ending is None:
        kinds = [fact["kind"] for fact in center.facts()]
        if kinds.count("TalkEnded"):
            await caller.press("5")
        elif kinds.count("NodeEntered") and not kinds.count("CallQueued"):
            await caller.press("0")
        await asyncio.sleep(0.7)


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 1, "announce_seconds": 0}})
@pytest.mark.parametrize("fact", FACTS)
async def test_killed_right_after(center: Center, fact: str) -> None:
    async with (
        center.agent("1004", answer_after=0.3, hang_up_after=2.0, tone=700),
        center.caller("13800000001") as caller,
    ):
        async with asyncio.TaskGroup() as group:
            group.create_task(kill_at(center, fact))
            group.create_task(caller_who_rates(center, caller))
        await center.wait_fact("CallEnded", timeout=20)
        await center.wait_fact("RecordingSaved", timeout=20)
        await center.wait_fact("WrapUpEnded", timeout=20)
    facts = center.facts()
    for kind in ONCE:
        assert [f["kind"] for f in facts].count(kind) == 1, kind
    record = await center.wait_call()
    assert (record["outcome"], record["agent"], record["rating"], record["company"]) == (
        "answered",
        "1004",
        5,
        "北京华远商贸有限公司",
    )
    assert 1.5 < record["talk_seconds"] < 3.5
    assert record["ticket"] == 1
    answered = sum(f["kind"] == "CallAnswered" for f in facts) - sum(f["kind"] == "CallReturned" for f in facts)
    assert answered == 1
    assert [f["name"] for f in facts if f["kind"] == "AlarmRaised"] == []
