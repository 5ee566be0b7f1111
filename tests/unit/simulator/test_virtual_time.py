"""Virtual time: everything asyncio does with time works, nothing is waited for, and a deadlock is found at once."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from contactcenter.simulator.clock import LoopClock, ManualClock, Standstill, VirtualTimeLoop, simulate

DAY = 24 * 3600


def test_a_day_takes_no_time() -> None:
    before = time.monotonic()

    async def story() -> float:
        await asyncio.sleep(DAY)
        return asyncio.get_running_loop().time()

    assert simulate(story()) == DAY
    assert time.monotonic() - before < 2


def test_timers_come_in_their_order_and_at_their_time() -> None:
    async def story() -> list[tuple[float, str]]:
        loop, seen = asyncio.get_running_loop(), []
        for seconds, name in ((3, "c"), (1, "a"), (2.5, "b")):
            loop.call_later(seconds, lambda name=name: seen.append((loop.time(), name)))
        await asyncio.sleep(5)
        return seen

    assert simulate(story()) == [(1.0, "a"), (2.5, "b"), (3.0, "c")]


def test_a_timeout_ends_what_takes_too_long() -> None:
    async def story() -> datetime:
        clock = LoopClock(datetime(2025, 1, 1, tzinfo=UTC))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await asyncio.Event().wait()
        return clock.now()

    assert simulate(story()) == datetime(2025, 1, 1, 0, 0, 0, 300000, tzinfo=UTC)


def test_the_clock_has_reached_the_moment_that_a_timer_waited_for() -> None:
    """Else a timer set for a deadline would come before it, and again, and again."""

    async def story() -> list[float]:
        clock, early = LoopClock(), []
        for number in range(1, 400):
            seconds = number / 7 + number / 1e6
            deadline = clock.now() + timedelta(seconds=seconds)
            await asyncio.sleep((deadline - clock.now()).total_seconds())
            if clock.now() < deadline:
                early.append(seconds)
        return early

    assert simulate(story()) == []


def test_a_deadlock_is_found_at_once() -> None:
    async def story() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Standstill, match="nothing is due"):
        simulate(story())


def test_work_for_a_thread_is_done_in_place_and_its_error_belongs_to_its_task() -> None:
    async def story() -> tuple[threading.Thread, float]:
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)
        return await asyncio.to_thread(threading.current_thread), asyncio.get_running_loop().time()

    assert simulate(story()) == (threading.current_thread(), 0.0)


async def test_the_tests_here_run_in_it() -> None:
    assert isinstance(asyncio.get_running_loop(), VirtualTimeLoop)


def test_a_manual_clock_stands_until_it_is_moved_and_never_goes_back() -> None:
    clock = ManualClock()
    start = clock.now()
    assert clock.advance(1.5) == clock.now() == start + timedelta(seconds=1.5)
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)
    assert clock.now().tzinfo is UTC
