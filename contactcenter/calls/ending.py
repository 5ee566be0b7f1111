"""How a call ended."""

from dataclasses import dataclass

from contactcenter.events import Outcome

STEPS = {
    "hours": "the greeting",
    "customers": "the identification",
    "ivr": "the menu",
    "routing": "the routing",
    "acd": "the queue",
    "calls": "the conversation",
    "tickets": "the conversation",  # its end is noted, its ticket not yet
    "survey": "the survey",
}
"""The package of a step -> what a person calls it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """why: what a person needs to know beyond the outcome."""

    outcome: Outcome
    why: str = ""
