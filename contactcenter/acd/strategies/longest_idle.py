"""Longest idle: the agent whose last call, wrap-up or absence ended the longest ago."""

from datetime import datetime

from contactcenter.acd.strategies.candidate import Candidate


def rank(candidate: Candidate) -> tuple[datetime, int]:
    return (candidate.idle_since, candidate.turn)
