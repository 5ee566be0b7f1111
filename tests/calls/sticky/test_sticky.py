"""A returning caller waits for the agent who knows the matter, who is busy, and gets that agent; or, when the time for that is
over, the next one.
"""

from datetime import datetime

import pytest

from rig.center import Center

FIRST, OTHER = "13800000001", "13800000014"


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0, "sticky_wait_seconds": 30}})
async def test_sticky_busy_then_free(center: Center) -> None:
    async with center.agent("1004", answer_after=0.2) as knows, center.agent("1005", answer_after=0.2) as other:
        await center.wait_state("1004", "ready")
        async with center.caller(FIRST) as caller:
            call = await center.queue_up(caller)
            await center.wait_fact("TicketOpened", call=call)
            await caller.hang_up()
        assert (await center.wait_call(1))["agent"] == "1004"
        await center.wait_state("1004", "ready")
        async with center.caller(FIRST) as busy, center.caller(FIRST) as back:
            first = await center.queue_up(busy)
            await center.wait_fact("CallAttached", call=first)
            second = await center.queue_up(back)
            await center.wait_prompt(back, "queue-connecting")
            assert not center.facts("CallOffered", call=second), "waits for 1004, though 1005 is free"
            hung_up = (await knows.hang_up()).at
            await center.wait_fact("CallAttached", call=second)
            assert knows.calls[2].invited_at - hung_up < 0.2
            await knows.hang_up()
            await busy.hang_up()
            await back.hang_up()
    assert not other.calls
    assert [f["why"] for f in center.facts("CallOffered")] == ["round_robin", "sticky", "sticky"]


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0, "sticky_wait_seconds": 2}})
async def test_sticky_busy_for_too_long(center: Center) -> None:
    async with center.agent("1004", answer_after=0.2) as knows, center.agent("1005", answer_after=0.2):
        await center.wait_state("1005", "ready")
        await center.wait_state("1004", "ready")
        async with center.caller(FIRST) as busy, center.caller(FIRST) as back:
            first = await center.queue_up(busy)
            await center.wait_fact("TicketOpened", call=first)
            second = await center.queue_up(back)
            offered = await center.wait_fact("CallOffered", call=second)
            queued = center.facts("CallQueued", call=second)[0]
            assert offered["agent"] == "1005"
            assert 1.9 < seconds_between(queued, offered) < 2.5
            await center.wait_fact("CallAttached", call=second)
            await back.hang_up()
            await knows.hang_up()
            await busy.hang_up()


def seconds_between(first: dict, second: dict) -> float:
    return (datetime.fromisoformat(second["at"]) - datetime.fromisoformat(first["at"])).total_seconds()
