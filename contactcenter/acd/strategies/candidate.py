"""What a strategy is shown of a free agent, and the shape of a strategy."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from contactcenter.acd.settings import DistributionSettings


class Candidate(NamedTuple):
    """A free member of the queue.

    turn: the engine's counter at the last offer made to this agent in this queue (0: never). talk_seconds,
    wrap_up_seconds, talks: of talks and wrap-ups that ended inside the sliding window. open_tickets: assigned and not
    closed. idle_since: when the last talk or wrap-up ended, or the agent became ready. queues: how many the agent serves.
    """

    turn: int
    talk_seconds: float
    wrap_up_seconds: float
    talks: int
    open_tickets: int
    idle_since: datetime
    queues: int
    site: DistributionSettings


Rank = Callable[[Candidate], tuple[Any, ...]]
"""The sort key of a candidate: the smallest is asked first. The engine puts the level before it and the number behind it.

It may only depend on the candidate, so that the engine ranks an agent once, when something about them changes.
"""
