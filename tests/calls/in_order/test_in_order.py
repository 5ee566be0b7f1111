"""A site ends, and its controller is started anew, without losing a call."""

import asyncio
import re
import time
from typing import Any

import pytest
from alembic import command

from contactcenter.config import read_settings
from contactcenter.site import Site
from contactcenter.store.database import alembic_config, revision_of
from rig.center import Center, CommandFailed

SILENT = {"wrap_up_seconds": 0, "announce_seconds": 0, "ring_seconds": 30}
TO_SUPPORT = {"text": "start: go\nnodes:\n  go: {type: queue, queue: support}\n"}
STRAIGHT = pytest.mark.configured(
    queues={"*": SILENT}, flows={"straight": TO_SUPPORT}, hotlines={"*": {"flow": "straight"}}
)


def only(facts: list[dict[str, Any]]) -> dict[str, Any]:
    (fact,) = facts
    return fact


@STRAIGHT
async def test_restart_while_one_talks_one_rings_and_one_waits(center: Center) -> None:
    async with (
        center.agent("1001", answer_after=0.2, tone=700) as talking,
        center.agent("1002", answer_after=None, tone=800) as ringing,
        center.caller() as first,
        center.caller("13800000002") as second,
        center.caller("13800000003") as third,
    ):
        await center.cc("agent", "pause", "1002", "--reason", "later")
        await center.wait_state("1001", "ready")
        await first.dial()
        await center.wait_fact("CallAnswered")
        await center.cc("agent", "resume", "1002")
        await second.dial()
        await ringing.wait_ringing(15)
        await third.dial()
        await center.wait_until(lambda: queued(center), lambda count: count == 3)
        since = time.monotonic()
        said = await center.cc("restart")
        found = re.search(r"after ([0-9.]+) s", said)
        assert found is not None
        assert float(found[1]) < 15
        assert first.media.longest_gap(since) < 0.5
        calls = [fact["call"] for fact in center.facts("CallArrived")]
        assert center.facts("CallEnded") + center.facts("TalkEnded") + center.facts("CallAbandoned") == []
        assert center.facts("WrapUpStarted") == []
        assert (await center.wait_state("1001", "talking"))["call"] == calls[0]
        await center.wait_until(lambda: rings(ringing), lambda count: count == 2, 20)
        await ringing.answer_now()
        await second.media.wait_hears(800)
        await talking.hang_up()
        await first.hang_up()
        await center.wait_fact("CallAnswered", call=calls[2])
        await third.hang_up()
        await second.hang_up()
    for call in calls:
        await center.wait_fact("CallEnded", call=call, outcome="answered")
        only(center.facts("CallArrived", call=call))
        only(center.facts("TalkEnded", call=call))
    assert [center.facts("CallRecovered", call=call)[0]["how"] for call in calls] == ["talks_on", "goes_on", "goes_on"]
    assert center.facts("AlarmRaised") == []


async def queued(center: Center) -> int:
    return len(center.facts("CallQueued"))


async def rings(agent: Any) -> int:
    return len(agent.calls)


@STRAIGHT
async def test_drain_serves_who_is_there_and_takes_nobody_else(center: Center) -> None:
    """One talks and one waits; a third caller hears that nothing is taken. Given up, the site takes calls again."""
    async with (
        center.agent("1001", answer_after=0.2, tone=700) as agent,
        center.caller() as first,
        center.caller("13800000002") as second,
        center.caller("13800000003") as third,
    ):
        await first.dial()
        await center.wait_fact("CallAnswered")
        await second.dial()
        await center.wait_until(lambda: queued(center), lambda count: count == 2)
        with pytest.raises(
            CommandFailed, match=r"after 1 s there are still 2 calls, 1 of them waiting\. The site goes on"
        ):
            await center.cc("down", "--drain", "--seconds", "1")
        draining = asyncio.create_task(center.cc("down", "--drain", "--seconds", "40"))
        await center.wait_until(center.status, lambda status: status["draining"])
        await third.dial()
        await center.wait_prompt(third, "queue-closed")
        assert (await third.wait_ended()).how == "remote_bye"
        await agent.hang_up()
        await first.hang_up()
        await center.wait_until(lambda: rings(agent), lambda count: count == 2)
        await second.media.wait_hears(700, since=time.monotonic())
        assert not draining.done()
        await agent.hang_up()
        await second.hang_up()
        said = await draining
    assert "2 calls left, 1 waiting\n" in said
    assert said.endswith("is down.\n")
    ends = [(fact["outcome"], fact["why"]) for fact in center.facts("CallEnded")]
    assert sorted(outcome for outcome, _ in ends) == ["answered", "answered", "refused"]
    assert ("refused", "no more calls were taken: the site was about to end") in ends
    assert len(center.facts("RecordingSaved")) == 2
    await center.down()
    await center.up()


async def test_restart_wants_settings_that_the_next_controller_can_start_with(center: Center) -> None:
    """Whatever is wrong is said before anything ends. A database of an older version is migrated."""
    process = (await center.read("status"))["processes"]["serve"]
    file = center.folder / "contactcenter.toml"
    good = file.read_text(encoding="utf-8")
    for change, problem in (
        (("warning_days = 30", "warning_days = -1"), "service.warning_days is -1"),
        (("qualify_seconds = 0", "qualify_seconds = 60"), r"\[sip\] in contactcenter.toml changed since Asterisk was"),
    ):
        assert change[0] in good
        file.write_text(good.replace(*change), encoding="utf-8")
        with pytest.raises(CommandFailed, match=problem):
            await center.cc("restart")
        assert int((center.folder / "run" / "serve.pid").read_text()) == process
        assert set((await center.status())["parts"].values()) == {""}
    file.write_text(good.replace("warning_days = 30", "warning_days = 45"), encoding="utf-8")
    url = Site(center.folder).database_url(read_settings(center.folder))
    await asyncio.to_thread(command.downgrade, alembic_config(url), "-1")
    assert "has a new controller" in await center.cc("restart")
    current, newest = await asyncio.to_thread(revision_of, url)
    assert current == newest
    assert (await center.read("status"))["processes"]["serve"] != process
    await center.down()
    with pytest.raises(CommandFailed, match="has no controller that `up` runs"):
        await center.cc("restart")
    assert "was not up" in await center.cc("down", "--drain")
    await center.up()
