"""Strategies: each only ranks free agents for a call. Reserving, remembering and timing belong to the engine.

To add one: write its file here, add a line to STRATEGIES (the contract test takes it from there), add a test of its own.
"""

from contactcenter.acd.strategies import least_load, round_robin
from contactcenter.acd.strategies.candidate import Rank

STRATEGIES: dict[str, Rank] = {
    "least_load": least_load.rank,
    "round_robin": round_robin.rank,
}
