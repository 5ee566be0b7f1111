"""Least load (负载): the agent with the least work.

load = seconds of talk and wrap-up that ended within the last hour + 300 s for each open ticket.
Agents of equal load take turns.
"""

from contactcenter.acd.strategies.candidate import Candidate

SECONDS_PER_OPEN_TICKET = 300.0


def rank(candidate: Candidate) -> tuple[float, int]:
    return (candidate.busy_seconds + SECONDS_PER_OPEN_TICKET * candidate.open_tickets, candidate.turn)
