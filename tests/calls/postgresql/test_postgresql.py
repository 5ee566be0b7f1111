"""A site on PostgreSQL, which is restarted while calls go on.

One caller talks, one waits, and a customer calls just then: not known now, and with a code that can't be looked up, they come to an
agent all the same; who waits is served, who talks rates the call. The controller answers all the while. When PostgreSQL is there
again, so are all facts, once and in their order, and customers are known.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from rig.caller import Caller
from rig.center import Center
from rig.postgresql import Postgres

STANDARD, VIP, EXPIRING = "13800000002", "13800000001", "13800000003"
ONE_AGENT = {"*": {"wrap_up_seconds": 0, "members": {"1001": 1}}}


@contextlib.asynccontextmanager
async def answer_times(center: Center) -> AsyncIterator[list[float]]:
    """How long the controller takes to say how it is, in seconds, again and again."""
    seconds: list[float] = []

    async def ask() -> None:
        while True:
            began = time.monotonic()
            await center.status()
            seconds.append(time.monotonic() - began)
            await asyncio.sleep(0.02)

    asking = asyncio.create_task(ask())
    try:
        yield seconds
    finally:
        asking.cancel()
        await asyncio.wait([asking])
    with contextlib.suppress(asyncio.CancelledError):
        await asking


@pytest.mark.postgres
@pytest.mark.configured(queues=ONE_AGENT)
async def test_it_is_restarted_while_calls_go_on(center: Center, postgresql: Postgres) -> None:
    async with (
        center.agent("1001", answer_after=0.2, tone=500) as agent,
        center.caller(STANDARD) as talker,
        center.caller(VIP) as waiter,
        center.caller(EXPIRING) as stranger,
        center.caller(VIP) as known,
    ):
        await center.wait_state("1001", "ready")
        await both_in_queue(center, talker, waiter)
        await talker.media.wait_hears(500)
        await center.wait_fact("TicketOpened")
        async with answer_times(center) as seconds:
            postgresql.stop()
            try:
                await stranger.dial()
                await center.wait_prompt(stranger, "enter-service-code")
                await stranger.press("100003#")
                await center.wait_until(center.status, lambda status: status["waiting"] == 2)
                await agent.hang_up()
                await waiter.media.wait_hears(500)
                await center.wait_prompt(talker, "survey-ask")
                await talker.press("5")
                await talker.wait_ended()
            finally:
                postgresql.start()
        await known.dial()
        await agent.hang_up()
        await stranger.media.wait_hears(500)
        await agent.hang_up()
        await stranger.hang_up()
        await waiter.hang_up()
        last = (await center.wait_until(center.arrivals, lambda came: len(came) == 4))[3]
        await center.wait_fact("CallerIdentified", call=last["call"], by="number")
        await known.hang_up()
    assert len(seconds) > 50
    assert max(seconds) < 1.5, "the event loop waits for nothing"
    await check_what_is_stored(center)


async def both_in_queue(center: Center, first: Caller, second: Caller) -> None:
    """In this order."""
    for number, caller in enumerate((first, second), 1):
        await caller.dial()
        await center.wait_until(center.arrivals, lambda came: len(came) == number)  # noqa: B023 (awaited at once)
    for came, caller in zip(center.facts("CallArrived"), (first, second), strict=True):
        await center.wait_fact("NodeEntered", call=came["call"], node="main-menu")
        await caller.press("0")
        await center.wait_fact("CallQueued", call=came["call"])


async def check_what_is_stored(center: Center) -> None:
    calls = [await center.wait_call(number) for number in (1, 2, 3)]
    assert [(call["outcome"], call["agent"], call["rating"]) for call in calls] == [
        ("answered", "1001", 5),
        ("answered", "1001", None),
        ("answered", "1001", None),
    ]
    assert [bool(call["company"]) for call in calls] == [True, True, False]
    assert [f["by"] for f in center.facts("CallerIdentified")] == ["number", "number", "unknown", "number"]
    alarms = [(f["name"], f["call"]) for f in center.facts("AlarmRaised")]
    assert alarms.count(("lookup_failed", calls[2]["id"])) >= 2, "the number, and the code"
    assert [call["ticket"] for call in calls].count(None) == len([a for a in alarms if a[0] == "ticket_failed"])
    facts = center.facts()
    assert len({str(fact) for fact in facts}) == len(facts), "none is there twice"
    assert [fact["at"] for fact in facts] == sorted(fact["at"] for fact in facts)
    for call in calls:
        kinds = [fact["kind"] for fact in center.facts(call=call["id"])]
        assert (kinds[0], kinds.count("CallArrived"), kinds.count("CallEnded")) == ("CallArrived", 1, 1)
