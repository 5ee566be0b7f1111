"""Strategies: each only ranks free agents for a call. Reserving, remembering and timing belong to the engine.

To add one: write its file here, add a line to STRATEGIES (the contract test takes it from there), add a test of its own.
Whatever the strategy, members of a lower level number are asked first.
"""

from contactcenter.acd.strategies import broadcast, by_skill, fewest_calls, least_load, longest_idle, round_robin
from contactcenter.acd.strategies.candidate import Rank

STRATEGIES: dict[str, Rank] = {
    "least_load": least_load.rank,
    "round_robin": round_robin.rank,
    "broadcast": broadcast.rank,
    "longest_idle": longest_idle.rank,
    "fewest_calls": fewest_calls.rank,
    "by_skill": by_skill.rank,
}

ALL_AT_ONCE = frozenset({"broadcast"})
"""Strategies that ring more than one agent for a call."""
