"""The caller's line as the journey and its rooms see it. asterisk/phone.py is the real one, simulator/ the one for dry runs.

Every method raises CallerGone once the caller has hung up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from contactcenter.events import MissReason, Party
from contactcenter.ids import AgentNumber, CallId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TalkEnd:
    """by: who hung up first."""

    at: datetime
    by: Party


class Talk(Protocol):
    """A conversation that has begun."""

    agent: AgentNumber
    answered_at: datetime

    async def ended(self) -> TalkEnd:
        """Waits for its end. Does not raise CallerGone: a hang-up is how most conversations end."""
        ...


class Phone(Protocol):
    """One caller's line. language: which prompts are played, `zh` or `en`."""

    call: CallId
    language: str

    async def answer(self) -> None: ...

    async def play(self, *prompts: str, until: asyncio.Event | None = None) -> None:
        """Plays prompts one after the other, to their end or until the event is set."""
        ...

    async def ask_key(self, prompt: str, seconds: float, before: str = "") -> str:
        """Plays a prompt that any key ends, then waits: the key (0-9 * #), or "" if none came in time.

        before: a prompt played first, such as that the last key was wrong; a key ends it as well.
        """
        ...

    async def ask_digits(self, prompt: str, seconds: float, most: int, before: str = "") -> str:
        """Plays a prompt, then collects up to `most` digits, ended by # or by `seconds` of silence; `before` as in ask_key."""
        ...

    async def music(self, on: bool) -> None: ...

    async def record(self, caller: Path, agent: Path) -> None:
        """From now on conversations are recorded, each side into its file. Repeated calls change nothing."""
        ...

    async def stop_recording(self) -> None: ...

    async def ring(self, agent: AgentNumber, seconds: float, on_ringing: Callable[[], None]) -> Talk | MissReason:
        """Rings an agent's phone while the caller hears music; on_ringing is called when the phone rings."""
        ...

    async def unless_gone(self, waited_for: Awaitable[T]) -> T:
        """The result of something else, or CallerGone as soon as the caller hangs up; what was awaited is cancelled then."""
        ...

    async def hang_up(self) -> None:
        """Ends the call; there is nothing more to say."""
        ...

    async def give_to_fallback(self) -> None:
        """Hands the caller to Asterisk's static fallback: the on-call phones."""
        ...

    def let_go(self) -> None:
        """Gives the line back to Asterisk, which ends what is left of the call."""
        ...
