"""One attempt to reach a phone: what it does when it is rung, as scripted or as told meanwhile."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from contactcenter.acd.inputs import Input, Offer, OfferAnswered, OfferFailed, OfferRinging
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber

SETUP_SECONDS = 0.05
"""From the dial to the phone's ringing, or to its refusal."""
UNCONNECTED_SECONDS, CALLBACK_SECONDS = 10.0, 60.0
"""Whoever answers and is not connected in that time hangs up."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers after so many seconds of ringing and talks for so many, unless the caller ends it first (None: until told)."""

    after: float = 2.0
    talk: float | None = 30.0


@dataclass(frozen=True, slots=True)
class Misses:
    """Does not answer. after: seconds of ringing before a rejection; busy and unreachable phones don't ring at all."""

    reason: MissReason = "no_answer"
    after: float = 1.0


@dataclass(frozen=True, slots=True)
class Waits:
    """Rings until AgentPhones.answer or .reject is called, or until its time is over."""


Behaviour = Answers | Misses | Waits
Tell = Callable[[Input], None]


class Phones(Protocol):
    """What a line needs to know of the phone it rings, and what it tells of it."""

    def refusal(self, agent: AgentNumber) -> MissReason | None:
        """Why the phone can't ring now."""
        ...

    def rings(self, line: "Line") -> None: ...
    def is_quiet(self, line: "Line") -> None:
        """It rings no more."""
        ...

    def forget(self, line: "Line") -> bool:
        """It is on the hook. Whether this line had it in use."""
        ...

    def is_free(self, agent: AgentNumber) -> None: ...


class Line:
    """One attempt to reach a phone. `over`: it is on the hook again."""

    def __init__(self, phones: Phones, offer: Offer, behaviour: Behaviour, tell: Tell, callback: bool = False) -> None:
        self.offer, self.behaviour = offer, behaviour
        self.ringing = self.answered = self.connected = self.stopping = self.over = False
        self.transferred_to = ""
        """Where the agent handed the caller over, ending the conversation."""
        self._phones, self._tell = phones, tell
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []
        self._rings_until = 0.0
        self._patience = CALLBACK_SECONDS if callback else UNCONNECTED_SECONDS
        self._on_hang_up: Callable[[], None] = self.end

    def start(self) -> None:
        if isinstance(self.behaviour, Misses) and self.behaviour.reason in {"busy", "unreachable", "failed"}:
            self._later(SETUP_SECONDS, self.fail, self.behaviour.reason)
        else:
            self._later(SETUP_SECONDS, self._ring)

    def answer(self) -> None:
        """One that crosses a stop is not told any more, as with the real lines."""
        if not self.ringing:
            return
        self.answered = True
        self._be_quiet()
        if not self.stopping:
            self._later(self._patience, self.fail, "failed")
            self._tell(OfferAnswered(self.offer.call, self.offer.agent, self.offer.attempt))

    def connect(self, on_hang_up: Callable[[], None]) -> bool:
        """The caller is connected; False when nobody is there any more. on_hang_up: the agent ended the conversation."""
        if not self.answered or self.connected or self.stopping or self.over:
            return False
        self.connected, self._on_hang_up = True, on_hang_up
        self._cancel_timers()
        if isinstance(self.behaviour, Answers) and self.behaviour.talk is not None:
            self._later(self.behaviour.talk, self.hang_up)
        return True

    def reject(self) -> None:
        if self.ringing:
            self.fail("rejected")

    def hang_up(self) -> None:
        """The agent does."""
        if self.connected:
            self._on_hang_up()
        elif self.answered:
            self.fail("failed")
        else:
            self.reject()

    def stop(self) -> None:
        """Nothing comes of the line from now on, but that is known only a moment later, as in a network."""
        self.stopping = True
        self._loop.call_soon(self._be_stopped)

    def lose(self) -> None:
        """The phone is off the network: it rings no more, which whoever rings it learns by its silence."""
        if self.ringing:
            self._be_quiet()
            self._later(self._rings_until - self._loop.time(), self.fail, "no_answer")

    def fail(self, reason: MissReason) -> None:
        """The phone is quiet without a conversation."""
        self.end(OfferFailed(self.offer.call, self.offer.agent, self.offer.attempt, reason))

    def end(self, last_word: OfferFailed | None = None) -> None:
        """The phone is on the hook again, which is told after the line's own last word, as Asterisk does."""
        if self.over:
            return
        self.over = True
        self._be_quiet()
        was_in_use = self._phones.forget(self)
        if last_word is not None:
            self._tell(last_word)
        if was_in_use:
            self._phones.is_free(self.offer.agent)

    def _ring(self) -> None:
        if (refusal := self._phones.refusal(self.offer.agent)) is not None:  # what came meanwhile
            self.fail(refusal)
            return
        self.ringing, self._rings_until = True, self._loop.time() + self.offer.ring_seconds
        self._phones.rings(self)
        self._tell(OfferRinging(self.offer.call, self.offer.agent, self.offer.attempt))
        self._later(self.offer.ring_seconds, self.fail, "no_answer")
        match self.behaviour:
            case Answers(after=after):
                self._later(after, self.answer)
            case Misses(reason="rejected" as reason, after=after):
                self._later(after, self.fail, reason)
            case _:
                pass

    def _be_stopped(self) -> None:
        """For a conversation that is as if the agent had ended it."""
        if self.connected:
            self._on_hang_up()
        else:
            self.fail("no_answer")

    def _be_quiet(self) -> None:
        """Whatever was to come of the ringing does not come."""
        self._cancel_timers()
        if self.ringing:
            self.ringing = False
            self._phones.is_quiet(self)

    def _later(self, seconds: float, call: Callable[..., None], *args: object) -> None:
        self._timers.append(self._loop.call_later(seconds, call, *args))

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
