"""What can happen between controller and Asterisk while both live: the manager interface (AMI) is cut, falls silent, is slow, or
talks nonsense; strangers connect to FastAGI and say nothing.

One caller talks, another one comes just then. The conversation goes on; who came waits, and is served once, by one ring, when AMI
is back; and no agent is blamed.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator

import pytest

from rig.ami_relay import AmiRelay
from rig.center import Center
from rig.ports import LOOPBACK

QUEUES = {"*": {"wrap_up_seconds": 0, "announce_seconds": 0, "misses_before_pause": 1}}
GARBAGE = (
    b"\xff\xfe\x00 nonsense without a colon\r\n\r\n\r\n\r\n",
    b"Event: Hangup\r\n\r\nEvent: DialEnd\r\nDestUniqueid: offer-\r\n\r\nEvent: DTMFEnd\r\n\r\n",
    b"Response: Success\r\nActionID: nobody's\r\n\r\n",
    b"x" * 70_000,
)


@contextlib.asynccontextmanager
async def one_talks_one_comes(center: Center, relay: AmiRelay) -> AsyncIterator[asyncio.Event]:
    """In the block the link is in trouble, from before the second call comes; set: that call waits in the queue."""
    queued = asyncio.Event()
    async with (
        center.agent("1004", answer_after=0.2, tone=700) as first,
        center.agent("1005", answer_after=0.2, tone=900) as second,
        center.caller("13800000001") as talking,
        center.caller("13800000001") as coming,
    ):
        await relay.use()
        await center.wait_state("1004", "ready")
        await center.queue_up(talking)
        agent, other = await one_of(first, second)
        await talking.media.wait_hears(700 if agent is first else 900)
        since = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:

            async def comes() -> None:
                await center.queue_up(coming)
                queued.set()

            group.create_task(comes())
            yield queued
        await coming.media.wait_hears(900 if other is second else 700, timeout=20)
        assert len(other.calls) == 1
        assert talking.media.longest_gap(since) < 0.5
        await agent.hang_up()
        await talking.press("5")
        await talking.wait_ended()
        await coming.hang_up()
        await center.wait_call(1)
        await center.wait_call(2)
    assert center.facts("OfferMissed") == []
    assert center.facts("AgentPaused") == []
    assert [fact["name"] for fact in center.facts("AlarmRaised") if fact["name"] != "asterisk_away"] == []


async def one_of(*agents):
    async with asyncio.timeout(10):
        while not any(agent.calls for agent in agents):
            await asyncio.sleep(0.02)
    return sorted(agents, key=lambda agent: not agent.calls)


async def is_away(center: Center) -> None:
    """Nobody is offered a call; conversations are still seen. A phone that may ring, for all we know, is still reserved."""
    await center.wait_fact("AlarmRaised", name="asterisk_away")
    states = {agent["number"]: agent["state"] for agent in (await center.status())["agents"]}
    assert sorted((states["1004"], states["1005"])) in (["talking", "unreachable"], ["reserved", "talking"])
    assert not (await center.health())["ready"]
    assert center.facts("OfferMissed") == []


@pytest.mark.configured(queues=QUEUES)
async def test_cut_for_long(center: Center) -> None:
    async with AmiRelay(center) as relay, one_talks_one_comes(center, relay) as queued:
        relay.refuse()
        await queued.wait()
        await is_away(center)
        relay.accept()


@pytest.mark.configured(queues=QUEUES)
async def test_cut_again_and_again(center: Center) -> None:
    """Each loss is shorter than a person would notice: nothing of it is seen."""
    async with AmiRelay(center) as relay:
        async with one_talks_one_comes(center, relay) as queued:
            while not queued.is_set():
                relay.cut()
                await center.wait_until(center.health, lambda parts: not parts["ready"])
                await center.wait_until(center.health, lambda parts: parts["ready"])
        assert relay.connections > 3
    assert center.facts("AlarmRaised") == []


@pytest.mark.configured(queues=QUEUES)
async def test_silent(center: Center) -> None:
    """Half open: neither side hears of the other's end. The controller finds out by itself, and comes back."""
    async with AmiRelay(center) as relay, one_talks_one_comes(center, relay) as queued:
        relay.hold()
        before = relay.connections
        await queued.wait()
        await is_away(center)
        assert relay.connections > before
        relay.flow()


@pytest.mark.configured(queues=QUEUES)
async def test_slow(center: Center) -> None:
    async with AmiRelay(center) as relay, one_talks_one_comes(center, relay):
        relay.delay = 0.8
    assert center.facts("AlarmRaised") == []


@pytest.mark.configured(queues=QUEUES)
async def test_nonsense(center: Center) -> None:
    async with AmiRelay(center) as relay, one_talks_one_comes(center, relay) as queued:
        for one in GARBAGE:
            before = relay.connections
            relay.say(one)
        await center.wait_until(lambda: connections(relay), lambda now: now > before)  # the last one was too much
        await queued.wait()
    assert center.facts("AlarmRaised") == []


async def connections(relay: AmiRelay) -> int:
    return relay.connections


@pytest.mark.configured(queues=QUEUES)
async def test_asterisk_is_frozen(center: Center) -> None:
    """It takes everything in, answers nothing, and does it all when it wakes up: also what the controller has given up."""
    async with AmiRelay(center) as relay:
        async with one_talks_one_comes(center, relay) as queued:
            await queued.wait()
        process = int((center.folder / "run" / "asterisk.pid").read_text())
        async with center.agent("1004", answer_after=1.0, tone=700) as agent, center.caller("13800000001") as caller:
            await center.wait_state("1004", "ready")
            await center.queue_up(caller, wait_queued=False)
            await center.wait_fact("CallQueued", call=center.facts("CallArrived")[2]["call"])
            os.kill(process, signal.SIGSTOP)
            try:
                await center.wait_fact("AlarmRaised", 30, name="asterisk_away")
            finally:
                os.kill(process, signal.SIGCONT)
            await caller.media.wait_hears(700, timeout=20)
            assert len([leg for leg in agent.calls if leg.answered and not leg.over]) == 1
            await agent.hang_up()
            await caller.press("5")
            await caller.wait_ended()
        record = await center.wait_call(3)
        assert record["rating"] == 5
        assert len(center.facts("CallAnswered", call=record["id"])) == 1


@pytest.mark.configured(queues=QUEUES)
async def test_strangers_at_fastagi(center: Center) -> None:
    """They are shown out after five seconds; calls come in between them."""
    async with center.agent("1004", answer_after=0.2, tone=700) as agent, center.caller("13800000001") as caller:
        await center.wait_state("1004", "ready")
        with contextlib.ExitStack() as strangers:
            sockets = [
                strangers.enter_context(socket.create_connection((LOOPBACK, center.agi_port))) for _ in range(200)
            ]
            call = await center.queue_up(caller)
            await center.wait_fact("CallAnswered", call=call)
            await caller.media.wait_hears(700)
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(10):
                for one in sockets:
                    one.setblocking(False)
                    with contextlib.suppress(ConnectionResetError):
                        assert await loop.sock_recv(one, 1) == b""
        await agent.hang_up()
        await caller.press("5")
        await caller.wait_ended()
    assert (await center.wait_call())["rating"] == 5
    assert center.facts("AlarmRaised") == []
