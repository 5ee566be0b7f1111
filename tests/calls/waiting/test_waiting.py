"""One agent, three callers: music and position while waiting, the VIP of higher priority first, an announcement cut short by
a free agent."""

import time

import pytest

from rig.center import Center

ONE_AGENT = {"*": {"announce_seconds": 4, "wrap_up_seconds": 0, "members": {"1001": 1}}, "renewals": {"members": {}}}
STANDARD, OTHER, VIP = "13800000002", "13800000003", "13800000001"


@pytest.mark.configured(queues=ONE_AGENT)
async def test_waiting(center: Center) -> None:
    async with (
        center.agent("1001", answer_after=0.2, tone=600) as agent,
        center.caller(STANDARD) as first,
        center.caller(OTHER) as second,
        center.caller(VIP) as vip,
    ):
        calls = []
        for caller in (first, second, vip):
            await caller.dial()
            calls.append((await center.wait_until(lambda: arrivals(center), lambda a: len(a) > len(calls)))[-1]["call"])
            await center.wait_fact("NodeEntered", call=calls[-1], node="main-menu")
            await caller.press("0")
            await center.wait_fact("CallQueued", call=calls[-1])
        await center.wait_fact("CallAnswered", call=calls[0])
        await first.media.wait_hears(600)
        await center.wait_prompt(second, "queue-next")
        await center.wait_prompt(vip, "queue-next")
        assert second.media.longest_gap() < 0.5, "music or a prompt all the while"
        await agent.hang_up()
        await center.wait_fact("CallAnswered", call=calls[2])
        assert not center.facts("CallAnswered", call=calls[1])
        await second.media.wait_for_audio(since=time.monotonic())
        hung_up = (await agent.hang_up()).at
        await center.wait_fact("CallAnswered", call=calls[1])
        assert agent.calls[2].invited_at - hung_up < 0.5
        await agent.hang_up()
        for caller in (first, second, vip):
            await caller.hang_up()
    positions = {call: center.facts("CallQueued", call=call)[0]["position"] for call in calls}
    assert list(positions.values()) == [1, 1, 1]
    assert {(await center.wait_call(n))["outcome"] for n in (1, 2, 3)} == {"answered"}


async def arrivals(center: Center) -> list[dict]:
    return center.facts("CallArrived")
