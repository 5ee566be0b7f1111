"""Agents' phones without SIP: what each does when it is rung, as scripted or as told meanwhile."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from contactcenter.acd.inputs import PhoneIs
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber

SETUP_SECONDS = 0.05
"""From the dial to the phone's ringing, or to its refusal."""


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
    """Rings until AgentPhones.answer or .reject is called, or until the dial's time is over."""


Behaviour = Answers | Misses | Waits
DialOutcome = Literal["answered"] | MissReason


class Dial:
    """One attempt to reach a phone. outcome: how it ended. `end` frees the phone, whatever it does."""

    def __init__(self, phones: "AgentPhones", agent: AgentNumber, behaviour: Behaviour) -> None:
        self.agent, self.behaviour = agent, behaviour
        self._phones = phones
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []
        self.outcome: asyncio.Future[DialOutcome] = self._loop.create_future()
        self.agent_hung_up = asyncio.Event()
        self.ended = False

    def start(self, seconds: float, on_ringing: Callable[[], None]) -> None:
        if isinstance(self.behaviour, Misses) and self.behaviour.reason in {"busy", "unreachable", "failed"}:
            self._later(SETUP_SECONDS, self.settle, self.behaviour.reason)
            return
        self._later(SETUP_SECONDS, self._ring, seconds, on_ringing)

    def settle(self, outcome: DialOutcome) -> None:
        """The first outcome counts."""
        if self.outcome.done():
            return
        self.outcome.set_result(outcome)
        if outcome != "answered":
            self.end()
        elif isinstance(self.behaviour, Answers) and self.behaviour.talk is not None:
            self._later(self.behaviour.talk, self.agent_hung_up.set)

    def end(self) -> None:
        """The phone is on the hook again."""
        if self.ended:
            return
        self.ended = True
        for timer in self._timers:
            timer.cancel()
        self.outcome.cancel()
        self._phones.hook_on(self)

    def _ring(self, seconds: float, on_ringing: Callable[[], None]) -> None:
        self._phones.rings(self)
        on_ringing()
        self._later(seconds, self.settle, "no_answer")
        match self.behaviour:
            case Answers(after=after):
                self._later(after, self.settle, "answered")
            case Misses(reason="rejected" as reason, after=after):
                self._later(after, self.settle, reason)
            case _:
                pass

    def _later(self, seconds: float, call: Callable[..., None], *args: object) -> None:
        self._timers.append(self._loop.call_later(seconds, call, *args))


class AgentPhones:
    """All agents' phones. on_phone is told when one becomes busy, free or unreachable, as Asterisk would.

    Each ring takes the next behaviour of the agent's script; after its end `usual` is what every agent does.
    """

    def __init__(
        self,
        on_phone: Callable[[PhoneIs], None],
        scripts: Mapping[str, Iterable[Behaviour]] | None = None,
        usual: Behaviour | None = None,
    ) -> None:
        self._on_phone = on_phone
        self._scripts = {agent: deque(behaviours) for agent, behaviours in (scripts or {}).items()}
        self._usual = usual or Answers()
        self._unreachable: set[AgentNumber] = set()
        self.in_use: dict[AgentNumber, Dial] = {}
        self.rung: list[AgentNumber] = []
        """Who was rung, in order."""

    def script(self, agent: str, *behaviours: Behaviour) -> None:
        """Adds to what an agent does next."""
        self._scripts.setdefault(agent, deque()).extend(behaviours)

    def dial(self, agent: AgentNumber, seconds: float, on_ringing: Callable[[], None]) -> Dial:
        """Starts to ring; a phone that is in use gives busy, one that is off the network can't be reached."""
        if agent in self._unreachable:
            behaviour: Behaviour = Misses("unreachable")
        elif agent in self.in_use:
            behaviour = Misses("busy")
        else:
            script = self._scripts.get(agent)
            behaviour = script.popleft() if script else self._usual
        dial = Dial(self, agent, behaviour)
        dial.start(seconds, on_ringing)
        return dial

    def answer(self, agent: str) -> None:
        self.in_use[AgentNumber(agent)].settle("answered")

    def reject(self, agent: str) -> None:
        self.in_use[AgentNumber(agent)].settle("rejected")

    def hang_up(self, agent: str) -> None:
        self.in_use[AgentNumber(agent)].agent_hung_up.set()

    def lose(self, agent: str) -> None:
        """The phone drops off the network. A ring under way goes on to nobody until its time is over."""
        self._unreachable.add(AgentNumber(agent))
        self._on_phone(PhoneIs(AgentNumber(agent), "unreachable"))

    def come_back(self, agent: str) -> None:
        self._unreachable.discard(AgentNumber(agent))
        self._on_phone(PhoneIs(AgentNumber(agent), "busy" if agent in self.in_use else "free"))

    def rings(self, dial: Dial) -> None:
        """For Dial: its phone began to ring."""
        self.in_use[dial.agent] = dial
        self.rung.append(dial.agent)
        self._on_phone(PhoneIs(dial.agent, "busy"))

    def hook_on(self, dial: Dial) -> None:
        """For Dial: its phone is on the hook."""
        if self.in_use.get(dial.agent) is dial:
            del self.in_use[dial.agent]
            if dial.agent not in self._unreachable:
                self._on_phone(PhoneIs(dial.agent, "free"))
