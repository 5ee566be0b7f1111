"""Two controllers: one leads, one waits. It takes over when the first dies, and when the first is frozen, which never wakes up then."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from contactcenter.site import Site
from rig.center import Center

pytestmark = pytest.mark.settings(standby="true")
QUEUES = {"*": {"wrap_up_seconds": 0, "announce_seconds": 0, "ring_seconds": 20}}
TAKEN_OVER_SECONDS = 5.0


async def leader_and_standby(center: Center) -> tuple[int, int]:
    site = Site(center.folder)

    async def both() -> tuple[int, int]:
        return site.holder("serve") or 0, site.holder("standby") or 0

    await center.wait_until(both, all, 20)
    return await both()


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.configured(queues=QUEUES)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
async def test_the_second_takes_over(center: Center, how: signal.Signals) -> None:
    """The talk goes on, who waits is served next, each agent is rung once; a frozen leader that is woken is gone."""
    leader, waiting = await leader_and_standby(center)
    async with (
        center.agent("1004", answer_after=0.2, tone=700) as agent,
        center.caller("13800000001") as first,
        center.caller("13800000001") as second,
    ):
        one = await center.queue_up(first)
        await first.media.wait_hears(700)
        two = await center.queue_up(second)
        at = time.monotonic()
        os.kill(leader, how)
        await center.wait_another_controller(leader, TAKEN_OVER_SECONDS)
        taken_over = time.monotonic() - at
        assert Site(center.folder).holder("serve") == waiting
        await center.wait_until(lambda: gone(leader), bool, 5)
        if how == signal.SIGSTOP:
            with pytest.raises(ProcessLookupError):
                os.kill(leader, signal.SIGCONT)
        assert first.media.longest_gap(at) < 0.5
        await first.hang_up()
        await center.wait_fact("CallRecovered", call=two)
        offered = center.facts("CallOffered", call=one)
        assert len(offered) == 1
        await second.hang_up()
        await center.wait_fact("CallEnded", call=two)
        assert len(agent.calls) <= 2
    record = await center.wait_call()
    assert record["outcome"] == "answered"
    print(f"taken over after {taken_over:.2f} s")  # noqa: T201
    again, another = await leader_and_standby(center)
    assert again == waiting
    assert another not in {leader, waiting}


async def gone(process: int) -> bool:
    return not runs(process)


async def test_down_ends_both(center: Center) -> None:
    leader, waiting = await leader_and_standby(center)
    status: dict[str, Any] = await center.read("status")
    assert set(status["processes"]) == {"up", "serve", "standby", "asterisk"}
    await center.cc("down")
    assert not runs(leader)
    assert not runs(waiting)
    assert Site(center.folder).holder("serve") is None
    await center.up()
