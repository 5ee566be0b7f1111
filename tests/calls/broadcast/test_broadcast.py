"""Broadcast: three phones ring at once, the first to answer has the call, the others stop within 200 ms with "answered
elsewhere"; two that answer in the same instant are one conversation; nobody is counted as missed; all are ready again.
"""

import asyncio

import pytest

from rig.agent import SippAgent, answer_together
from rig.center import Center

BROADCAST = {
    "*": {"strategy": "broadcast", "wrap_up_seconds": 0, "misses_before_pause": 1},
    "vip": {"members": {"1001": 1, "1004": 1, "1005": 1}},
}
AGENTS = ("1001", "1004", "1005")


async def all_ready(center: Center) -> None:
    for number in AGENTS:
        await center.wait_state(number, "ready")


@pytest.mark.configured(queues=BROADCAST)
async def test_the_first_to_answer_has_the_call(center: Center) -> None:
    async with (
        center.agent("1001", answer_after=None) as one,
        center.agent("1004", answer_after=None, tone=700) as two,
        center.agent("1005", answer_after=None) as three,
        center.caller() as caller,
    ):
        await all_ready(center)
        call = await center.queue_up(caller)
        for agent in (one, two, three):
            await agent.wait_ringing()
        rang = [agent.call.invited_at for agent in (one, two, three)]
        assert max(rang) - min(rang) < 0.1
        await two.answer_now()
        answered = two.call.answered_at
        for agent in (one, three):
            assert await agent.wait_cancelled(2) - answered < 0.2
            reasons = " ".join(message.raw.decode() for message in agent.call.find("CANCEL"))
            assert "Call completed elsewhere" in reasons
        await caller.media.wait_hears(700)
        await center.wait_state("1001", "ready")
        await center.wait_state("1005", "ready")
        await two.hang_up()
        await caller.hang_up()
        await all_ready(center)
    record = await center.wait_call()
    assert (record["agent"], record["outcome"]) == ("1004", "answered")
    assert sorted(f["agent"] for f in center.facts("CallOffered", call=call)) == list(AGENTS)
    assert {(f["agent"], f["why"]) for f in center.facts("OfferWithdrawn")} == {
        ("1001", "answered_elsewhere"),
        ("1005", "answered_elsewhere"),
    }
    assert not center.facts("OfferMissed")
    assert not center.facts("AgentPaused")


@pytest.mark.configured(queues=BROADCAST)
async def test_two_phones_answer_in_the_same_instant(center: Center) -> None:
    rounds = 5
    async with (
        center.agent("1001", answer_after=None) as one,
        center.agent("1004", answer_after=None) as two,
        center.agent("1005", answer_after=None) as three,
    ):
        agents = {"1001": one, "1004": two, "1005": three}
        for number in range(1, rounds + 1):
            await all_ready(center)
            async with center.caller() as caller:
                call = await center.queue_up(caller)
                for agent in agents.values():
                    await agent.wait_ringing()
                pair = (one, two) if number % 2 else (two, one)
                sent = await answer_together(*pair)
                assert abs(sent[0] - sent[1]) < 0.01
                (answered,) = [await center.wait_fact("CallAnswered", call=call)]
                await center.wait_until(lambda c=call: tickets(center, c), bool)
                winner = agents[answered["agent"]]
                loser = next(agent for agent in pair if agent is not winner)
                assert (await loser.wait_ended(2)).how in {"remote_bye", "cancelled"}
                assert not winner.call.over
                await talks(winner, caller)
                await winner.hang_up()
                await caller.hang_up()
            assert (await center.wait_call(number))["agent"] == answered["agent"]
        await all_ready(center)
    assert len(center.facts("CallAnswered")) == rounds
    assert not center.facts("OfferMissed")
    assert not center.facts("AlarmRaised", name="stuck_reservation")


@pytest.mark.configured(queues=BROADCAST)
@pytest.mark.configured(queues={"*": {"broadcast_width": 1, "broadcast_step_seconds": 2}})
async def test_the_width_grows_with_time(center: Center) -> None:
    async with (
        center.agent("1001", answer_after=None) as one,
        center.agent("1004", answer_after=None) as two,
        center.agent("1005", answer_after=None) as three,
        center.caller() as caller,
    ):
        await all_ready(center)
        await center.queue_up(caller)
        rung = []
        for number in range(1, 4):
            await center.wait_until(lambda: count(one, two, three), lambda found, n=number: found >= n)
            rung.append(asyncio.get_running_loop().time())
        assert 1.5 < rung[1] - rung[0] < 2.5
        assert 1.5 < rung[2] - rung[1] < 2.5
        await caller.hang_up()
        for agent in (one, two, three):
            await agent.wait_cancelled(2)


async def talks(agent: SippAgent, caller: object) -> None:
    caller.media.start_tone(1100)
    await agent.media.wait_hears(1100)
    caller.media.stop()


async def tickets(center: Center, call: str) -> list[dict]:
    return center.facts("TicketOpened", call=call) + center.facts("CallAttached", call=call)


async def count(*agents: SippAgent) -> int:
    return sum(len(agent.calls) for agent in agents)
