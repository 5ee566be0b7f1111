"""What is known from outside of calls that no controller watched."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contactcenter import events as e
from contactcenter.ids import CallId


@dataclass(frozen=True, slots=True)
class Channel:
    """A caller's channel as Asterisk has it. bridged: in a conversation; answered: not ringing any more; fallback: with Asterisk's own queues."""

    id: str
    bridged: bool
    answered: bool
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What befell a call without a controller. since: when it lost its controller, or found none; last: when we heard of it last.

    facts: what is decided, in its order, beginning with the arrival. waited: for a queue, and that has come to nothing so far: a
    caller who comes back to us has the old place.
    """

    since: datetime
    last: datetime
    facts: tuple[e.CallFact, ...]
    waited: e.CallQueued | None = None


class Witness(Protocol):
    """What Asterisk knows of calls."""

    async def channels(self) -> dict[CallId, Channel]:
        """Every caller's channel, by the call; a customer who is called back by the call of the promise."""
        ...

    async def stop(self, channel: str) -> None:
        """Hangs up."""
        ...

    async def ended(self, call: CallId) -> datetime | None:
        """When a call ended; None where nothing was written down, as when Asterisk itself was killed."""
        ...

    async def meanwhile(self, after: Mapping[CallId, datetime], only: CallId | None = None) -> dict[CallId, Meanwhile]:
        """Of all calls that are not done with, or of one. after: of a call that is known, its last fact; what was before it is known
        too.
        """
        ...

    async def done_but(self, calls: Collection[CallId]) -> None:
        """What was told so far is needed no more, but for these calls."""
        ...


class OpenCalls(Protocol):
    """What is stored of calls that have not ended."""

    async def open_calls(self) -> dict[CallId, list[e.Fact]]: ...

    async def facts(self, call: CallId) -> list[e.Fact]: ...
