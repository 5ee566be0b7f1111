"""How many wrong service codes are borne: from one number in an hour, and from all in ten minutes. Pure; the time is handed in.

A sliding log: exactly the tries of the last window count. A code counts as wrong from the moment it is keyed until it turns out to be right, so that
many calls at the same moment get no more tries than one after the other.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

Scope = Literal["number", "total"]

NUMBER_WINDOW = timedelta(hours=1)
TOTAL_WINDOW = timedelta(minutes=10)


class Window:
    """The times of what happened within the last so long, the oldest first."""

    def __init__(self, limit: int, span: timedelta) -> None:
        self._limit, self._span = limit, span
        self._times: deque[datetime] = deque()
        self._told: datetime | None = None

    def full(self, now: datetime) -> bool:
        while self._times and now - self._times[0] >= self._span:
            self._times.popleft()
        return len(self._times) >= self._limit

    def add(self, at: datetime) -> None:
        self._times.append(at)

    def take_back(self, at: datetime) -> None:
        if at in self._times:
            self._times.remove(at)

    def tell(self, now: datetime) -> bool:
        """Whether somebody should be told now that it is full: once for each span."""
        if self._told is not None and now - self._told < self._span:
            return False
        self._told = now
        return True

    def idle(self, now: datetime) -> bool:
        """Whether it may be forgotten."""
        return not self.full(now) and not self._times and (self._told is None or now - self._told >= self._span)


class CodeLimit:
    """Numbers are E.164; all that are withheld or unusable ("") count as one."""

    def __init__(self, per_number: int, in_total: int) -> None:
        self._per_number = per_number
        self._all = Window(in_total, TOTAL_WINDOW)
        self._numbers: dict[str, Window] = {}
        self._swept: datetime | None = None

    def take(self, number: str, now: datetime) -> Scope | None:
        """A try, before the code is looked up: None when it may be, else which limit it is over; it does not count then."""
        self._sweep(now)
        mine = self._of(number)
        if mine.full(now):
            return "number"
        if self._all.full(now):
            return "total"
        mine.add(now)
        self._all.add(now)
        return None

    def right(self, number: str, at: datetime) -> None:
        """The code that was taken then is somebody's: it counts no more."""
        self._of(number).take_back(at)
        self._all.take_back(at)

    def tell(self, scope: Scope, number: str, now: datetime) -> bool:
        """Whether somebody should be told now that this limit is reached: once for each of its windows."""
        return (self._all if scope == "total" else self._of(number)).tell(now)

    def restore(self, wrong: Iterable[tuple[str, datetime]]) -> None:
        """Wrong codes of before, (number, when), the oldest first."""
        for number, at in wrong:
            self._of(number).add(at)
            self._all.add(at)

    def __len__(self) -> int:
        """How many numbers are remembered."""
        return len(self._numbers)

    def _of(self, number: str) -> Window:
        if number not in self._numbers:
            self._numbers[number] = Window(self._per_number, NUMBER_WINDOW)
        return self._numbers[number]

    def _sweep(self, now: datetime) -> None:
        """Forgets numbers whose tries are all over, now and then."""
        if self._swept is not None and now - self._swept < TOTAL_WINDOW:
            return
        self._swept = now
        for number in [number for number, window in self._numbers.items() if window.idle(now)]:
            del self._numbers[number]
