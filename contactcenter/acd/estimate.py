"""How long a caller will wait, as honestly as the last callers' waits tell.

seconds for one place = sum of waits / sum of places they began at, over the answered calls of this queue that found
nobody free, each older one counting 2 % less: half of it are the last 34. With s agents always busy this tends to
1 / (s mu), what an M/M/s queue takes for one place; agents shared between queues, priorities, and callers ahead who give up
are in it as they happen. See Ibrahim and Whitt, "Real-time delay estimation based on delay history", M&SOM 11 (2009), for the
family of estimators. `scripts/bench erlang` reports its error. A shorter memory follows a change of staff sooner, and is
wrong by more at all other times. Rates of service and of hanging up, learned apart, came out no better.
"""

from dataclasses import dataclass

KEPT = 0.98


@dataclass(slots=True)
class WaitEstimate:
    """Of one queue."""

    _waits: float = 0.0
    _places: float = 0.0

    def learn(self, wait_seconds: float, position: int) -> None:
        """A call that began at this position (1: the next) was answered after so many seconds."""
        self._waits = KEPT * self._waits + wait_seconds
        self._places = KEPT * self._places + position

    def seconds(self, position: int) -> float | None:
        """For a call that is at this position now; None as long as nobody has waited."""
        return position * self._waits / self._places if self._places else None
