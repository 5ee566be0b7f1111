"""What a strategy is shown of a free agent, and the shape of a strategy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contactcenter.ids import AgentNumber


@dataclass(frozen=True, slots=True)
class Candidate:
    """A free member of the queue.

    level: the member's level; turn: the engine's counter at the last offer made to this agent in this queue (0: never);
    busy_seconds: talk and wrap-up inside the sliding window; open_tickets: tickets assigned and not closed.
    """

    agent: AgentNumber
    level: int
    turn: int
    busy_seconds: float
    open_tickets: int


Rank = Callable[[Candidate], tuple[Any, ...]]
"""The sort key of a candidate: the smallest is asked first. The engine puts the level before it and the number behind it."""
