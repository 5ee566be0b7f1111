"""What is due when, for an engine that is told the time: a heap of deadlines, cancelled by leaving them there."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

from contactcenter.acd.inputs import Command

Due = Callable[[datetime], list[Command]]


class Timer:
    """One deadline. `cancel` is enough: it is thrown away when its turn comes."""

    __slots__ = ("_due",)

    def __init__(self, due: Due) -> None:
        self._due: Due | None = due

    @property
    def alive(self) -> bool:
        return self._due is not None

    def cancel(self) -> None:
        self._due = None

    def fire(self, now: datetime) -> list[Command]:
        due, self._due = self._due, None
        return due(now) if due is not None else []


class Timers:
    """All deadlines, nearest first; those of one instant in the order they were set."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Timer]] = []
        self._serial = count()

    def at(self, when: datetime, due: Due) -> Timer:
        timer = Timer(due)
        heapq.heappush(self._heap, (when, next(self._serial), timer))
        return timer

    @property
    def next(self) -> datetime | None:
        while self._heap and not self._heap[0][2].alive:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def fire(self, now: datetime) -> list[Command]:
        """Everything that is due at `now`."""
        commands: list[Command] = []
        while (when := self.next) is not None and when <= now:
            commands += heapq.heappop(self._heap)[2].fire(now)
        return commands
