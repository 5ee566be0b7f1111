"""Where calls go that a queue can't serve: a second line, a number outside, a voice message; live, while calls wait."""

import asyncio

import pytest

from rig import sound
from rig.center import Center


@pytest.mark.configured(queues={"vip": {"max_wait_seconds": 3, "overflow_timeout": "queue:renewals"}})
async def test_to_the_second_line(center: Center) -> None:
    async with center.agent("1006", answer_after=0.2, tone=600), center.caller() as caller:
        await center.wait_state("1006", "ready")
        call = await center.queue_up(caller)
        await caller.media.wait_hears(600, 20)
        await center.wait_prompt(caller, "queue-overflow")
        await caller.hang_up()
    assert (await center.wait_call())["agent"] == "1006"
    queued = center.facts("CallQueued", call=call)
    assert [f["queue"] for f in queued] == ["vip", "renewals"]
    assert queued[1]["since"] == queued[0]["at"]
    assert center.facts("CallOverflowed")[0]["why"] == "max_wait"


@pytest.mark.configured(queues={"*": {"max_wait_seconds": 2, "overflow_timeout": "number:13911110000"}})
async def test_to_the_duty_managers_mobile(center: Center) -> None:
    async with center.trunk(answer_after=1.0, tone=800) as outside, center.caller() as caller:
        await center.queue_up(caller)
        await caller.media.wait_hears(800, 20)
        (mobile,) = outside.calls_of("13911110000")
        assert "4001234567" in (mobile.invite.header("From") or "")
        await caller.hang_up()
        await mobile.wait_ended()
    record = await center.wait_call()
    assert (record["agent"], record["outcome"]) == ("13911110000", "answered")
    assert record["recording"]


@pytest.mark.configured(queues={"*": {"accepting": False, "overflow_closed": "voice_message"}})
async def test_to_a_voice_message(center: Center) -> None:
    async with center.caller() as caller:
        await center.queue_up(caller, wait_queued=False)
        await center.wait_prompt(caller, "voice-message-ask")
        await caller.media.wait_hears(1000, 15, at_least_seconds=0.1)
        caller.media.start_tone(1300)
        await asyncio.sleep(3)  # what the caller says
        caller.media.stop()
        await caller.press("#")
        await center.wait_prompt(caller, "voice-message-thanks")
        assert (await caller.wait_ended()).how == "remote_bye"
    left = await center.wait_fact("VoiceMessageLeft")
    pcm, rate = sound.read_wav(center.folder / "recordings" / left["path"])
    assert rate == 8000
    assert sound.hears(pcm, 1300, 2.0)
    record = (await center.read("call", "list"))[0]
    assert (record["outcome"], record["recording"]) == ("voice_message", left["path"])
    assert (await center.read("ticket", "show", str(record["ticket"])))["assignee"] == ""


async def test_settings_that_change_while_a_call_waits(center: Center) -> None:
    async with center.agent("1006", answer_after=0.2, tone=600) as agent, center.caller() as caller:
        await center.wait_state("1006", "ready")
        call = await center.queue_up(caller)
        await center.cc("queue", "set", "vip", "strategy=longest_idle", "ring_seconds=5")
        assert not agent.calls
        assert center.facts("CallQueued", call=call)
        await center.cc("queue", "member", "vip", "1006", "--level", "3")
        await caller.media.wait_hears(600)
        await center.cc("queue", "member", "vip", "1006", "--remove")
        await caller.hang_up()
    shown = await center.read("queue", "show", "vip")
    assert (shown["strategy"], shown["ring_seconds"]) == ("longest_idle", 5.0)
    assert shown["members"] == {"1001": 2, "1004": 1, "1005": 1}
    assert center.facts("CallOffered", call=call)[0]["why"] == "longest_idle"
    assert (await center.wait_call())["agent"] == "1006"
