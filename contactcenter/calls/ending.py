"""How a call ended."""

from dataclasses import dataclass

from contactcenter.bus import CallNotes
from contactcenter.errors import CallerGone, LineLost
from contactcenter.events import CallAbandoned, Outcome

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

    def after(self, talk: object | None) -> "Ending":
        """The same, where there was a conversation before: whatever came of it later, the call was answered."""
        return Ending("answered", self.why) if talk and self.outcome in {"failed", "abandoned", "refused"} else self


def ending_of(gone: CallerGone, step: str, talk: object | None, note: CallNotes) -> Ending:
    """Of a call whose line is gone. talk: whether there was a conversation before."""
    if isinstance(gone, LineLost):
        return Ending("answered" if talk else "failed", f"Asterisk went away in {STEPS[step]}")
    return Ending("answered", "the caller hung up") if talk else abandoned(step, note)


def abandoned(step: str, note: CallNotes) -> Ending:
    """Of a caller who hung up at a step before any conversation, and noted."""
    note(CallAbandoned, step=step)
    return Ending("abandoned", f"the caller hung up in {STEPS[step]}")
