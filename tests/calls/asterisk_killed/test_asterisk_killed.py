"""Asterisk is killed (SIGKILL) with thirty calls up: in the menu, waiting, ringing, talking.

All of them are closed within five seconds, with what is true of each; agents are free; and the next call is served.
"""

import asyncio
import time
import wave
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from rig.agent import SippAgentPool
from rig.center import Center
from rig.crowd import Crowd
from rig.leg import Leg
from rig.peer_site import caller_numbers, contacts
from rig.ports import LOOPBACK
from rig.sound import loudest

TALKING, RINGING, WAITING, IN_MENU = 10, 2, 8, 10
ANSWER, RING = (range(1001, 1001 + TALKING), range(1011, 1011 + RINGING))
AGENTS = [str(number) for number in (*ANSWER, *RING)]
NUMBERS = caller_numbers(TALKING + RINGING + WAITING + IN_MENU)
QUEUES = {
    "*": {"members": dict.fromkeys(AGENTS, 1), "wrap_up_seconds": 3, "ring_seconds": 40, "strategy": "longest_idle"}
}


@pytest.mark.configured(agents={n: {"name": n, "sip_password": f"pw{n}"} for n in AGENTS}, queues=QUEUES)
@pytest.mark.sql("update agents set logged_in = 1", *contacts(len(NUMBERS)))
async def test_thirty_calls_up(center: Center) -> None:
    menu = set(NUMBERS[-IN_MENU:])
    crowd: Crowd

    async def live(leg: Leg) -> None:
        await leg.wait_answered()
        await in_the_menu.wait()
        if leg.caller not in menu:
            await crowd.press(leg, "0")
        await leg.wait_ended(120)

    in_the_menu = asyncio.Event()
    answers, rings = (
        SippAgentPool({str(n): f"pw{n}" for n in some}, LOOPBACK, center.sip_port, answer_after=after)
        for some, after in ((ANSWER, 0.2), (RING, None))
    )
    async with answers, rings, Crowd(center, live) as crowd:
        await crowd.place(NUMBERS, rate=10)
        await center.wait_until(lambda: entered(center), lambda calls: len(calls) == len(NUMBERS), 20)
        in_the_menu.set()
        await center.wait_until(lambda: found(center, "CallAnswered"), lambda calls: len(calls) == TALKING)
        await center.wait_until(lambda: states(center), lambda now: now["ringing"] == RINGING)
        await center.wait_until(lambda: waiting(center), lambda calls: calls == RINGING + WAITING)
        process, killed = center.kill_asterisk(), time.monotonic()
        at = datetime.now(UTC)
        ended = await center.wait_until(lambda: found(center, "CallEnded"), lambda calls: len(calls) == len(NUMBERS), 5)
        assert time.monotonic() - killed < 5
        await center.wait_until(lambda: states(center), lambda now: not now.keys() & {"talking", "reserved"})
        closed_truthfully(center, ended, at)
        await center.wait_until(center.health, lambda parts: parts["ready"], 20)
        assert int((center.folder / "run" / "asterisk.pid").read_text()) != process
        await center.wait_until(
            lambda: states(center), lambda now: not now.keys() & {"ringing", "talking", "reserved"}, 5
        )
        await center.wait_until(center.status, lambda now: now["calls"] == 0)  # their recordings are saved
        rung = len(answers.calls) + len(rings.calls)
        await answers.register()
        await rings.unregister()
        await center.wait_until(lambda: states(center), lambda now: now["ready"] == TALKING, 15)
        async with center.caller("13800000001") as caller:
            call = await center.queue_up(caller)
            await center.wait_fact("CallAnswered", call=call)
            await caller.hang_up()
        assert len(answers.calls) + len(rings.calls) == rung + 1
        await center.wait_call(len(NUMBERS) + 1)


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0}})
async def test_the_recording_of_a_conversation(center: Center) -> None:
    """What was said until then is kept, but for the two seconds that Asterisk holds in memory (32 KB)."""
    async with center.agent("1004", answer_after=0.2, tone=700) as agent, center.caller("13800000001") as caller:
        call = await center.queue_up(caller)
        await agent.wait_answered()
        caller.media.start_tone(1100)
        await agent.media.wait_hears(1100, at_least_seconds=5, timeout=15)
        center.kill_asterisk()
        ended = await center.wait_fact("CallEnded", 5, call=call)
        assert (ended["outcome"], ended["why"]) == ("answered", "Asterisk went away in the conversation")
        record = await center.wait_call()
        assert record["ticket"]
        saved = center.facts("RecordingSaved", call=call)[0]
        assert record["talk_seconds"] - 2.2 < saved["seconds"] <= record["talk_seconds"] + 0.1
        with wave.open(str(center.folder / "recordings" / record["recording"])) as sound:
            both = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)
        assert [loudest(both[-8000:, side].copy())[0] for side in (0, 1)] == [
            pytest.approx(1100, abs=20),
            pytest.approx(700, abs=20),
        ]
        await center.wait_until(center.health, lambda parts: parts["ready"], 20)


def closed_truthfully(center: Center, ended: list[dict[str, Any]], at: datetime) -> None:
    outcomes = Counter((fact["outcome"], fact["why"]) for fact in ended)
    assert outcomes == {
        ("answered", "Asterisk went away in the conversation"): TALKING,
        ("failed", "Asterisk went away in the queue"): RINGING + WAITING,
        ("failed", "Asterisk went away in the menu"): IN_MENU,
    }
    assert len({fact["call"] for fact in ended}) == len(NUMBERS)
    answered = {fact["call"]: datetime.fromisoformat(fact["at"]) for fact in center.facts("CallAnswered")}
    talks = center.facts("TalkEnded")
    assert {talk["call"] for talk in talks} == answered.keys()
    assert {talk["by"] for talk in talks} == {"system"}
    for talk in talks:
        assert abs(talk["talk_seconds"] - (at - answered[talk["call"]]).total_seconds()) < 1
    assert center.facts("OfferMissed") == []
    assert center.facts("CallAbandoned") == []
    assert center.facts("AlarmRaised") == []


async def found(center: Center, kind: str) -> list[dict[str, Any]]:
    return center.facts(kind)


async def entered(center: Center) -> list[dict[str, Any]]:
    return center.facts("NodeEntered", node="main-menu")


async def states(center: Center) -> Counter[str]:
    return Counter(agent["state"] for agent in (await center.status())["agents"])


async def waiting(center: Center) -> int:
    return int((await center.status())["waiting"])
