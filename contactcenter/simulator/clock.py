"""Time that is not the machine's: set by hand, or run by an event loop that jumps to whatever is due next.

In a VirtualTimeLoop `asyncio.sleep`, `asyncio.timeout` and every timer work as ever, but nothing is waited for: a day of
calls takes as long as its computing does, and comes out the same each time.
"""

import asyncio
import math
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from contactcenter.errors import ContactCenterError

T = TypeVar("T")

MONDAY_MORNING = datetime(2025, 11, 24, 2, tzinfo=UTC)
"""10:00 in Shanghai, inside the sample's work hours."""


class Standstill(ContactCenterError):
    """Every task waits for another and no timer is due: in virtual time that is a deadlock, and is found at once."""


class ManualClock:
    """A clock that stands until it is told otherwise."""

    def __init__(self, start: datetime = MONDAY_MORNING) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Moves on; returns the new present. Time never goes back."""
        if seconds < 0:
            raise ValueError(f"time does not go back by {-seconds} s")
        self._now += timedelta(seconds=seconds)
        return self._now


class LoopClock:
    """A clock that follows the running event loop's time, to the microsecond."""

    def __init__(self, start: datetime = MONDAY_MORNING) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = start - timedelta(microseconds=round(self._loop.time() * 1e6))

    def now(self) -> datetime:
        return self._start + timedelta(microseconds=round(self._loop.time() * 1e6))


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands while anything is ready to run, and jumps to the next timer when nothing is.

    Work handed to a thread is done at once, in place, so that it takes no virtual time and keeps its order.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since the loop was made, in whole microseconds."""
        return self._jumping.microseconds / 1e6

    def run_in_executor(  # type: ignore[override]  # typeshed's *args can't be said in 3.11
        self,
        executor: Any,  # noqa: ARG002 (all work is done in place)
        func: Callable[..., T],
        *args: Any,
    ) -> "asyncio.Future[T]":
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 (it belongs to whoever awaits the future)
            done.set_exception(error)
        return done


def simulate(story: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end in virtual time. Raises what it raises, and Standstill."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(story)


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.microseconds = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None:
            raise Standstill("everything waits and nothing is due")
        self.microseconds += max(1, math.ceil(round(timeout * 1e6, 3)))
        return ready
