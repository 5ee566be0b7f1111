"""Two sites on one machine, up at the same time: each takes its own calls and knows nothing of the other's."""

import asyncio
from pathlib import Path

from rig.center import Center


async def test_two_sites(folder: Path) -> None:
    async with Center(folder) as one, Center(folder.with_name("other")) as two:
        async with one.agent("1004", answer_after=0.1, tone=600), two.agent("1004", answer_after=0.1, tone=900):
            await asyncio.gather(talk(one, 600), talk(two, 900))
        assert [len(center.facts("CallArrived")) for center in (one, two)] == [1, 1]


async def talk(center: Center, agent_hz: int) -> None:
    async with center.caller() as caller:
        await caller.dial()
        await center.wait_fact("NodeEntered", node="main-menu")
        await caller.press("0")
        await caller.media.wait_hears(agent_hz, timeout=15)
        await caller.hang_up()
    assert (await center.wait_call())["outcome"] == "answered"
