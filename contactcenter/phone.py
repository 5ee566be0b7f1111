"""The caller's line as the journey and its rooms see it. asterisk/phone.py is the real one, simulator/ the one for dry runs.

Every method raises CallerGone once the caller has hung up.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from contactcenter.events import MissReason, Party
from contactcenter.ids import AgentNumber, CallId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TalkEnd:
    """by: who hung up first; the agent, where the agent handed the caller over: transferred_to is what was dialed then."""

    at: datetime
    by: Party
    transferred_to: str = ""


class Talk(Protocol):
    """A conversation that has begun. agent: an agent's number, or the number outside that was dialed.

    recorded: both voices go into the files of `Phone.record`.
    """

    @property
    def agent(self) -> AgentNumber: ...
    @property
    def answered_at(self) -> datetime: ...
    @property
    def recorded(self) -> bool: ...

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

    async def stop_recording(self) -> None:
        """No conversation from here on is recorded. Does nothing where none was; recording again goes on in the same files."""
        ...

    async def connect(self, call: CallId, agent: AgentNumber, attempt: int) -> Talk | None:
        """Connects the caller with the agent who answered that offer; None when the agent was gone already.

        call, agent, attempt: name the offer, see acd/ports.py. The call is not this line's when a customer is called back.
        """
        ...

    async def dial(self, number: str, seconds: float) -> Talk | MissReason:
        """Calls a number over the trunk while the caller hears music, and connects the two. number: E.164, or an agent's.

        Raises OutboundRefused when it may not be called.
        """
        ...

    async def wait_key(self, keys: str) -> str:
        """The first of these keys that the caller presses from now on, whatever plays meanwhile."""
        ...

    async def take_message(self, file: Path, seconds: float) -> float:
        """Records the caller after a tone until # or silence, at most so long: the seconds recorded, 0.0 for none. file: .wav"""
        ...

    async def unless_gone(self, waited_for: Awaitable[T]) -> T:
        """The result of something else, or CallerGone as soon as the caller hangs up; what was awaited is cancelled then."""
        ...

    async def hang_up(self) -> None:
        """Ends the call; there is nothing more to say."""
        ...

    async def give_to_fallback(self) -> None:
        """Hands the caller to Asterisk's static fallback: the on-call phones, which are not recorded."""
        ...

    def let_go(self) -> None:
        """Gives the line back to Asterisk, which ends what is left of the call."""
        ...


class Switchboard(Protocol):
    """Where a line comes from that is not a caller's who just arrived."""

    async def call(self, call: CallId, number: str, hotline: str, seconds: float, agent: AgentNumber) -> Phone | None:
        """Calls a customer over the trunk; None when nobody answered in that time. call: the one that the promise to call back was
        made in; number: E.164; hotline: who is shown to call; agent: who is to talk. Raises OutboundRefused when it may not be called.
        """
        ...

    async def transferred(self, call: CallId, seconds: float) -> Phone | None:
        """The line of a caller whom an agent handed over, see TalkEnd; None when the caller hung up meanwhile."""
        ...
