"""How a call ended."""

from dataclasses import dataclass

from contactcenter.events import Outcome


@dataclass(frozen=True, slots=True)
class Ending:
    """why: what a person needs to know beyond the outcome."""

    outcome: Outcome
    why: str = ""
