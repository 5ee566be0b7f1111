"""Round robin (轮流): the agent whose last offer in this queue is the longest ago."""

from contactcenter.acd.strategies.candidate import Candidate


def rank(candidate: Candidate) -> tuple[int]:
    return (candidate.turn,)
