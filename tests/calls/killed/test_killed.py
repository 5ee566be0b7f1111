"""The controller is killed (SIGKILL) at each step of a call; the supervisor starts another one, which goes on with it.

Each story asserts what caller and agent see of it on the wire, and what the store says in the end.
"""

import time
from datetime import datetime
from typing import Any

import pytest

from rig.center import Center

VIP, UNKNOWN, CODE = "13800000001", "13900009999", "100005"
SILENT = {"wrap_up_seconds": 0, "announce_seconds": 0}


async def kill(center: Center) -> float:
    """Kills the controller and waits for the next one; the moment of the kill."""
    at = time.monotonic()
    await center.wait_another_controller(await center.kill_controller())
    return at


def only(facts: list[dict[str, Any]]) -> dict[str, Any]:
    (fact,) = facts
    return fact


async def ends_well(center: Center, call: str, rating: int | None) -> dict[str, Any]:
    """The record of the call, which has one of everything."""
    record = await center.wait_call()
    assert (record["outcome"], record["rating"]) == ("answered", rating)
    assert record["ticket"]
    assert record["recording"]
    assert record["talk_seconds"] > 0
    for kind in ("CallArrived", "CallAnswered", "TalkEnded", "CallEnded", "RecordingSaved"):
        only(center.facts(kind, call=call))
    tickets = center.facts("TicketOpened", call=call) + center.facts("CallAttached", call=call)
    only(tickets)
    assert center.facts("AlarmRaised") == []
    return record


async def test_while_the_service_code_is_asked(center: Center) -> None:
    """It is asked again; the try that was wrong counts."""
    async with center.caller(UNKNOWN) as caller:
        await caller.dial()
        await center.wait_prompt(caller, "enter-service-code")
        await caller.press("999#")
        await center.wait_prompt(caller, "service-code-wrong")
        call = center.facts("CallArrived")[0]["call"]
        at = await kill(center)
        await center.wait_prompt(caller, "enter-service-code", since=at)
        assert (await center.wait_fact("CallRecovered", call=call))["how"] == "goes_on"
        await caller.press(f"{CODE}#")
        await center.wait_fact("CallerIdentified", by="service_code")
        assert [f["attempt"] for f in center.facts("ServiceCodeTried")] == [1, 2]
        await center.wait_fact("NodeEntered", node="main-menu")
        await caller.hang_up()
    assert (await center.wait_call())["outcome"] == "abandoned"
    only(center.facts("CallArrived"))


@pytest.mark.configured(queues={"*": SILENT})
async def test_waiting_callers_hear_music_and_keep_their_places(center: Center) -> None:
    async with center.caller(VIP) as first, center.caller("13800000002") as second:
        one = await center.queue_up(first)
        two = await center.queue_up(second)
        await center.wait_prompt(second, "queue-connecting")
        since = time.monotonic()
        at = await kill(center)
        await center.wait_fact("CallRecovered", call=one)
        await center.wait_fact("CallRecovered", call=two)
        await center.wait_fact("CallQueued", call=two, recovered=True)
        assert first.media.longest_gap(since) < 0.5
        before = {f["call"]: f["at"] for f in center.facts("CallQueued") if not f["recovered"]}
        status = await center.status()
        assert time.monotonic() - at < 20
        assert [queue["waiting"] for queue in status["queues"] if queue["waiting"]] in ([2], [1, 1])
        async with center.agent("1004", answer_after=0.2, tone=700) as agent:
            await center.wait_fact("CallAnswered", call=one)
            await first.media.wait_hears(700)
            await agent.hang_up()
            await first.hang_up()
            if center.facts("CallQueued", call=two)[0]["queue"] == center.facts("CallQueued", call=one)[0]["queue"]:
                await center.wait_fact("CallAnswered", call=two)
            await second.hang_up()
        again = center.facts("CallQueued", recovered=True)
        assert {f["call"]: f["since"] for f in again} == before
        assert center.facts("CallAnswered")[0]["call"] == one
    lines = (center.folder / "log" / "queue_log").read_text()
    assert lines.count("|ENTERQUEUE|") == 2


@pytest.mark.configured(queues={"*": {**SILENT, "ring_seconds": 15}})
async def test_while_it_rings(center: Center) -> None:
    """The phone stops, and rings again for the same caller."""
    async with center.agent("1004", answer_after=None, tone=700) as agent, center.caller(VIP) as caller:
        call = await center.queue_up(caller)
        await agent.wait_ringing()
        await kill(center)
        await center.wait_until(lambda: rings(agent), lambda rung: rung == 2, 20)
        assert agent.calls[0].over
        await agent.answer_now()
        await caller.media.wait_hears(700)
        caller.media.start_tone(1100)
        await agent.media.wait_hears(1100)
        await agent.hang_up()
        await center.wait_prompt(caller, "survey-ask")
        await caller.press("5")
        await caller.wait_ended()
    assert only(center.facts("OfferWithdrawn", call=call))["why"] == "restart"
    await ends_well(center, call, 5)


async def rings(agent: Any) -> int:
    return len(agent.calls)


async def talk(center: Center, agent: Any, caller: Any) -> str:
    call = await center.queue_up(caller)
    await agent.wait_answered()
    caller.media.start_tone(1100)
    await agent.media.wait_hears(1100)
    await caller.media.wait_hears(700)
    await center.wait_fact("CallAnswered", call=call)
    return call


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 30}})
@pytest.mark.parametrize("ends", ["away", "back", "caller, away", "caller, back"])
async def test_in_a_conversation(center: Center, ends: str) -> None:
    """It goes on untouched, with its recording; whoever ends it, and whenever, all that follows happens."""
    async with center.agent("1004", answer_after=0.2, tone=700) as agent, center.caller(VIP) as caller:
        call = await talk(center, agent, caller)
        since = time.monotonic()
        killed = await center.kill_controller()
        if "away" in ends:
            await (caller if "caller" in ends else agent).hang_up()
        await center.wait_another_controller(killed)
        if "back" in ends:
            assert (await center.wait_state("1004", "talking"))["call"] == call
            assert caller.media.longest_gap(since) < 0.5
            await center.wait_fact("CallRecovered", call=call, how="talks_on")
            await (caller if "caller" in ends else agent).hang_up()
        caller.media.stop()
        if "caller" not in ends:
            await center.wait_prompt(caller, "survey-ask", since=since)
            await caller.press("3")
            await caller.wait_ended()
        await center.wait_fact("WrapUpStarted" if "back" in ends else "CallEnded")
        record = await ends_well(center, call, None if "caller" in ends else 3)
    talked = only(center.facts("TalkEnded", call=call))
    assert talked["by"] == ("system" if "caller" in ends else "agent")
    assert record["agent"] == "1004"


@pytest.mark.configured(queues={"*": SILENT})
async def test_handed_over_after_the_kill(center: Center) -> None:
    async with (
        center.agent("1004", answer_after=0.2, tone=700) as first,
        center.agent("1006", answer_after=0.2, tone=900) as second,
        center.caller(VIP) as caller,
    ):
        call = await talk(center, first, caller)
        await kill(center)
        await first.transfer("1006")
        await second.wait_answered()
        await caller.media.wait_hears(900)
        await second.hang_up()
        caller.media.stop()
        await center.wait_prompt(caller, "survey-ask")
        await caller.press("5")
        await caller.wait_ended()
    record = await center.wait_call()
    assert (record["outcome"], record["agent"], record["rating"]) == ("answered", "1006", 5)
    assert [(f["agent"], f["transferred_to"]) for f in center.facts("TalkEnded", call=call)] == [
        ("1004", "1006"),
        ("1006", ""),
    ]


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 12}})
async def test_in_the_survey_and_the_wrap_up(center: Center) -> None:
    """The caller is asked again; the agent has the rest of the wrap-up, not more."""
    async with center.agent("1004", answer_after=0.2, tone=700) as agent, center.caller(VIP) as caller:
        call = await talk(center, agent, caller)
        await agent.hang_up()
        caller.media.stop()
        await center.wait_fact("TalkEnded")
        await center.wait_prompt(caller, "survey-ask")
        at = await kill(center)
        assert (await center.wait_state("1004", "wrap_up"))["call"] == call
        await center.wait_prompt(caller, "survey-ask", since=at)
        await caller.press("2")
        await caller.wait_ended()
        await ends_well(center, call, 2)
        await center.wait_state("1004", "ready", timeout=15)
        await center.wait_fact("WrapUpEnded")
    started, ended = only(center.facts("WrapUpStarted")), only(center.facts("WrapUpEnded"))
    assert 0 <= seconds(ended["at"]) - seconds(started["until"]) < 0.5
    assert ended["call"] == call


def seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


@pytest.mark.configured(queues={"*": SILENT})
async def test_when_the_call_is_over_and_its_recording_is_not_saved(center: Center) -> None:
    async with center.agent("1004", answer_after=0.2, tone=700) as agent, center.caller(VIP) as caller:
        call = await talk(center, agent, caller)
        await caller.hang_up()
        killed = await center.kill_controller()
        await agent.wait_ended()
        await center.wait_another_controller(killed)
        await ends_well(center, call, None)


@pytest.mark.configured(queues={"*": {**SILENT, "callback": "agent_first", "announce_seconds": 2}})
async def test_a_customer_who_is_called_back_is_called_once(center: Center) -> None:
    async with center.caller(VIP) as caller:
        call = await center.queue_up(caller)
        await center.wait_prompt(caller, "queue-callback-offer", 20)
        await caller.press("1")
        await center.wait_fact("CallbackRequested", call=call)
        await caller.hang_up()
    async with center.trunk(answer_after=0.2) as outside, center.agent("1004", answer_after=0.2, tone=700) as agent:
        await agent.wait_answered(20)
        await center.wait_fact("CallAnswered", call=call)
        (customer,) = outside.calls_of(VIP)
        await customer.media.wait_hears(700)
        at = await kill(center)
        assert (await center.wait_state("1004", "talking"))["call"] == call
        assert customer.media.longest_gap(at) < 0.5
        await agent.hang_up()
        await center.wait_prompt(customer, "survey-ask", since=at)
        await customer.media.press("5")
        await customer.wait_ended()
        await center.wait_fact("CallbackEnded", call=call, outcome="answered")
        assert len(outside.calls) == 1
    (record,) = [row for row in await center.read("call", "list") if row["id"] == call]
    assert (record["outcome"], record["agent"], record["rating"]) == ("answered", "1004", 5)
    assert await center.read("callback", "list") == []
