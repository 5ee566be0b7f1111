"""The distribution engine in virtual time: a heap of what will happen, and no event loop. A day passes in seconds."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import Command, Input, Tick
from contactcenter.simulator.clock import MONDAY_MORNING

Happening = Callable[[], None]


class VirtualTime:
    """Tells a real engine what happens, when it happens; what its commands lead to is for `react` of a subclass.

    seconds: virtual time since the start; now: the same as the engine is told it, in whole microseconds.
    """

    def __init__(self) -> None:
        self.engine = Engine()
        self.seconds, self.now = 0.0, MONDAY_MORNING
        self._heap: list[tuple[float, int, Happening]] = []
        self._serial = count()

    def later(self, seconds: float, what: Happening) -> None:
        """It happens so many seconds from now."""
        heapq.heappush(self._heap, (self.seconds + seconds, next(self._serial), what))

    def tell(self, event: Input) -> None:
        """Gives the engine one input now, and reacts to its commands in their order."""
        for command in self.handle(event):
            self.react(command)

    def handle(self, event: Input) -> list[Command]:
        """The engine's answer."""
        return self.engine.handle(event, self.now)

    def react(self, command: Command) -> None:
        """What the world does about a command; it may `tell` more."""
        raise NotImplementedError

    def step(self) -> None:
        """The next thing happens: one of the heap, or the engine's own deadline, whichever is first."""
        deadline = self.engine.next_deadline()
        due = None if deadline is None else (deadline - MONDAY_MORNING).total_seconds()
        if due is not None and (not self._heap or due < self._heap[0][0]):
            self._at(due, deadline)
            self.tell(Tick())
            return
        seconds, _, what = heapq.heappop(self._heap)
        self._at(seconds)
        what()

    def _at(self, seconds: float, now: datetime | None = None) -> None:
        self.seconds = max(self.seconds, seconds)
        self.now = max(self.now, now or MONDAY_MORNING + timedelta(seconds=seconds))
