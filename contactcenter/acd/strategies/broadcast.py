"""Broadcast (广播抢单): all free members ring, the first to answer has the call.

Where the queue limits how many ring at once, those whose last offer is the longest ago are among them.
"""

from contactcenter.acd.strategies.candidate import Candidate


def rank(candidate: Candidate) -> tuple[int]:
    return (candidate.turn,)
