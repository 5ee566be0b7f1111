"""Where a flow sends a call. Carried out by serving.py and journey.py, which come back to the flow where it says so."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from contactcenter.ids import AgentNumber, QueueName


@dataclass(frozen=True, slots=True)
class ToQueue:
    """first: asked before the queue's strategy; sticky_hours: instead of the queue's own; skills: whoever answers has all of
    them; then: the node after the conversation, None for the survey and the farewell.
    """

    queue: QueueName
    priority: int = 0
    first: tuple[AgentNumber, ...] = ()
    sticky_hours: float | None = None
    skills: tuple[str, ...] = ()
    then: str | None = None


@dataclass(frozen=True, slots=True)
class ToNumber:
    """number: E.164, or an agent's extension. failed: the node when nobody answers, None for an apology and the end."""

    number: str
    seconds: float
    failed: str | None = None
    then: str | None = None


@dataclass(frozen=True, slots=True)
class ToVoiceMessage:
    """The caller leaves a message."""


@dataclass(frozen=True, slots=True)
class ToCallback:
    """The caller is called back, with a place in this queue from now on."""

    queue: QueueName
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ToEnd:
    """The call is ended; its last words were spoken."""

    why: str


@dataclass(frozen=True, slots=True)
class ToFallback:
    """The on-call phones. alarm: its name, where somebody must look at it."""

    why: str
    alarm: str = ""


Elsewhere = ToQueue | ToNumber | ToVoiceMessage | ToCallback | ToFallback
Destination = Elsewhere | ToEnd


def node_after(to: Destination, *, talked: bool) -> str | None:
    """Where the flow goes on once a destination is done with, None where the call ends there."""
    match to:
        case ToQueue():
            return to.then if talked else None
        case ToNumber():
            return to.then if talked else to.failed
        case _:
            return None


KINDS: dict[str, Callable[..., Destination]] = {
    kind.__name__: kind for kind in (ToQueue, ToNumber, ToVoiceMessage, ToCallback, ToEnd, ToFallback)
}


def plain(to: Destination) -> dict[str, Any]:
    """As a fact keeps it: the fields, and the kind's name under `kind`."""
    return {"kind": type(to).__name__, **asdict(to)}


def read(kept: Mapping[str, Any]) -> Destination:
    """The destination that `plain` was taken from."""
    fields = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items() if name != "kind"
    }
    return KINDS[kept["kind"]](**fields)
