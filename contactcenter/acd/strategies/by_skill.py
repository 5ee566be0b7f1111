"""By skill: among members of one level, specialists before generalists: who serves fewer queues is asked first.

So those who can do more stay free for the calls that only they can take (Wallace and Whitt, "A staffing algorithm for call
centers with skill-based routing", M&SOM 7, 2005). Equals are asked by longest idle.
"""

from datetime import datetime

from contactcenter.acd.strategies.candidate import Candidate


def rank(candidate: Candidate) -> tuple[int, datetime, int]:
    return (candidate.queues, candidate.idle_since, candidate.turn)
