"""The controller is away for long: Asterisk's own queues serve the callers, and the store has those calls once it is back."""

import contextlib
import os
import signal
import time
import wave
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from rig.agent import SippAgent
from rig.center import Center

STRANGER = "13900009999"
TONES = {"1002": 700, "1003": 800}
STRAIGHT = {"text": "start: go\nnodes:\n  go: {type: queue, queue: support}\n"}
SILENT = {"wrap_up_seconds": 0, "announce_seconds": 0}


@contextlib.asynccontextmanager
async def away(center: Center) -> AsyncIterator[None]:
    """No controller inside of the block; afterwards there is one again."""
    supervisor = (await center.read("status"))["processes"]["up"]
    os.kill(supervisor, signal.SIGSTOP)
    killed = await center.kill_controller()
    try:
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
    await center.wait_another_controller(killed)


async def in_order(center: Center, *agents: SippAgent) -> list[SippAgent]:
    """Those of two agents, once the first of them is called."""

    async def called() -> int:
        return sum(len(agent.calls) for agent in agents)

    await center.wait_until(called, bool, 20)
    return sorted(agents, key=lambda agent: not agent.calls)


async def entered(center: Center) -> set[str]:
    """The calls that were in a queue of Asterisk's."""
    lines = (center.folder / "log" / "fallback_queue_log").read_text().splitlines()
    return {line.split("|")[1] for line in lines if "|ENTERQUEUE|" in line}


def only(facts: list[dict[str, Any]]) -> dict[str, Any]:
    (fact,) = facts
    return fact


def seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


async def record_of(center: Center, call: str) -> dict[str, Any]:
    return next(row for row in await center.read("call", "list") if row["id"] == call)


@pytest.mark.settings(after_seconds="2", on_call="[]")
@pytest.mark.configured(queues={"*": SILENT})
async def test_what_agents_did_without_a_controller_is_told_when_it_is_back(center: Center) -> None:
    """One caller was there already, the others come later: one is served, one gives up. A paused agent is left alone. The first
    conversation still goes on when the controller is back, and has its survey.
    """
    async with (
        center.agent("1001", answer_after=0.2, tone=600) as paused,
        center.agent("1002", answer_after=0.2, tone=TONES["1002"]) as liu,
        center.agent("1003", answer_after=0.2, tone=TONES["1003"]) as yang,
        center.caller() as known,
        center.caller(STRANGER) as late,
        center.caller("13800000003") as patient,
    ):
        for number in ("1001", "1002", "1003"):
            await center.wait_state(number, "ready")
        await center.cc("agent", "pause", "1001", "--reason", "lunch")
        await known.dial()
        first = (await center.wait_fact("FlowStarted"))["call"]
        async with away(center):
            one, two = await in_order(center, liu, yang)
            await one.wait_answered()
            known.media.start_tone(1100)
            await one.media.wait_hears(1100)
            await known.media.wait_hears(TONES[one.number])
            began = time.time()
            await late.dial()
            await two.wait_answered(20)
            late.media.start_tone(1300)
            await two.media.wait_hears(1300)
            await late.media.wait_hears(TONES[two.number])
            await patient.dial()
            await center.wait_until(lambda: entered(center), lambda calls: len(calls) == 3, 20)
            await patient.hang_up()
            await late.hang_up()
            await two.wait_ended()
        await center.wait_fact("CallRecovered", call=first, how="talks_on")
        assert (await center.wait_state(one.number, "talking"))["call"] == first
        await one.hang_up()
        known.media.stop()
        await center.wait_prompt(known, "survey-ask")
        await known.press("4")
        await known.wait_ended()
        assert not paused.calls
    await center.wait_another_controller(await center.kill_controller())
    arrived = {fact["caller"]: fact for fact in center.facts("CallArrived")}
    assert len(arrived) == len(center.facts("CallArrived")) == 3
    await served(center, first, one.number, rating=4)
    second = arrived[f"+86{STRANGER}"]
    await served(center, second["call"], two.number, rating=None)
    assert began - 1.5 < seconds(second["at"]) < began + 1
    third = arrived["+8613800000003"]["call"]
    ended = await center.wait_fact("CallEnded", call=third)
    assert (ended["outcome"], ended["why"]) == (
        "abandoned",
        "the caller hung up in the queue, while no controller was there",
    )
    assert (await record_of(center, third))["company"] == "广州南方物流有限公司"


async def served(center: Center, call: str, agent: str, *, rating: int | None) -> None:
    """The record of a call, which has one of everything."""
    await center.wait_fact("RecordingSaved", call=call)
    record = await record_of(center, call)
    assert (record["queue"], record["agent"], record["outcome"]) == ("support", agent, "answered")
    assert record["rating"] == rating
    assert record["ticket"]
    assert record["talk_seconds"] > 0
    for kind in ("CallArrived", "FlowLeft", "CallQueued", "CallAnswered", "TalkEnded", "CallEnded"):
        only(center.facts(kind, call=call))
    with wave.open(str(center.folder / "recordings" / record["recording"])) as sound:
        assert sound.getnchannels() == 2
        assert sound.getnframes() > 4000


@pytest.mark.settings(after_seconds="2", on_call="[]")
@pytest.mark.configured(queues={"*": SILENT}, flows={"straight": STRAIGHT}, hotlines={"*": {"flow": "straight"}})
async def test_who_still_waits_there_comes_back_with_the_first_place(center: Center) -> None:
    """Nobody is on duty. The caller's place in our queue is as old as the call."""
    async with center.caller() as caller:
        async with away(center):
            await caller.dial()
            await center.wait_prompt(caller, "fallback", 20)
            assert center.facts("CallArrived") == []
        arrived = await center.wait_fact("CallArrived", timeout=20)
        queued = await center.wait_fact("CallQueued")
        assert 0 <= seconds(queued["since"]) - seconds(arrived["at"]) <= 2
        assert seconds(queued["at"]) - seconds(queued["since"]) > 8
        await caller.hang_up()
    assert (await center.wait_call())["outcome"] == "abandoned"
    assert only(center.facts("CallRecovered"))["how"] == "goes_on"
    only(center.facts("CallArrived"))
