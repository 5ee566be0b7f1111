"""Least load (负载): the agent with the least work.

load = talk_weight x seconds of talk + wrap_up_weight x seconds of wrap-up + ticket_seconds x open tickets,
where talks and wrap-ups count that ended within the last load_window_seconds (a whole one or not at all). The weights are
set for the site: see DistributionSettings. Agents of equal load take turns.
"""

from contactcenter.acd.strategies.candidate import Candidate


def rank(candidate: Candidate) -> tuple[float, int]:
    site = candidate.site
    load = (
        site.talk_weight * candidate.talk_seconds
        + site.wrap_up_weight * candidate.wrap_up_seconds
        + site.ticket_seconds * candidate.open_tickets
    )
    return (round(load, 3), candidate.turn)
