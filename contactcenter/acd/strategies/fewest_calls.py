"""Fewest calls: the agent with the fewest talks that ended within the site's load_window_seconds; equals take turns."""

from contactcenter.acd.strategies.candidate import Candidate


def rank(candidate: Candidate) -> tuple[int, int]:
    return (candidate.talks, candidate.turn)
