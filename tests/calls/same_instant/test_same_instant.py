"""Races: an agent answers in the instant the caller hangs up; two calls come in the same instant with one free agent."""

import asyncio

import pytest

from rig.center import Center


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0, "misses_before_pause": 0}})
async def test_answer_and_hang_up_in_one_instant(center: Center) -> None:
    rounds = 5
    async with center.agent("1004", answer_after=None) as agent:
        for number in range(1, rounds + 1):
            await center.wait_state("1004", "ready")
            async with center.caller() as caller:
                await caller.dial()
                call = (await center.wait_until(lambda: arrivals(center), lambda a, n=number: len(a) == n))[-1]["call"]
                await center.wait_fact("NodeEntered", call=call, node="main-menu")
                await caller.press("0")
                await agent.wait_ringing()
                answer = asyncio.create_task(agent.answer_now())
                await asyncio.gather(answer, caller.hang_up(), return_exceptions=True)
            record = await center.wait_call(number)
            answered = bool(center.facts("CallAnswered", call=call))
            assert record["outcome"] == ("answered" if answered else "abandoned")
            assert bool(center.facts("CallAbandoned", call=call)) is not answered
            assert len(center.facts("CallEnded", call=call)) == 1


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0}, "vip": {"members": {"1004": 1}}})
async def test_two_calls_and_one_agent(center: Center) -> None:
    async with (
        center.agent("1004", answer_after=0.2) as agent,
        center.caller() as one,
        center.caller() as two,
    ):
        await asyncio.gather(one.dial(), two.dial())
        await center.wait_until(lambda: menus(center), lambda entered: len(entered) == 2)
        await asyncio.gather(one.press("0"), two.press("0"))
        await center.wait_until(lambda: queued(center), lambda calls: len(calls) == 2)
        await agent.wait_answered()
        assert len(agent.calls) == 1
        assert len(center.facts("CallOffered")) == 1
        await center.wait_fact("TicketOpened")  # they talk
        await agent.hang_up()
        await center.wait_until(lambda: answers(center), lambda calls: len(calls) == 2)
        await center.wait_fact("CallAttached")
        await agent.hang_up()
        assert len({f["call"] for f in center.facts("CallAnswered")}) == 2
        await one.hang_up()
        await two.hang_up()
    assert {(await center.wait_call(n))["outcome"] for n in (1, 2)} == {"answered"}


async def arrivals(center: Center) -> list[dict]:
    return center.facts("CallArrived")


async def menus(center: Center) -> list[dict]:
    return center.facts("NodeEntered", node="main-menu")


async def queued(center: Center) -> list[dict]:
    return center.facts("CallQueued")


async def answers(center: Center) -> list[dict]:
    return center.facts("CallAnswered")
