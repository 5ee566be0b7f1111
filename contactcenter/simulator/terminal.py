"""A flow walked without Asterisk: the real runner and the real nodes, over a line that is a list of keys and a way to print.

Nothing of it reaches a caller, the history or the CRM: facts are kept to oneself, and only what reads is asked.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from contactcenter import events as e
from contactcenter.acd.ports import ContactHistory
from contactcenter.bus import Bus, CallNotes
from contactcenter.calls.arrival import Arrival
from contactcenter.configuration.models import Configuration, Hotline
from contactcenter.customers.code_limit import CodeLimit
from contactcenter.customers.customer import Customer
from contactcenter.customers.ports import CustomerBook
from contactcenter.errors import CallerGone, LookupFailed, NotFound
from contactcenter.ids import AgentNumber, CallId
from contactcenter.ivr.destination import (
    Destination,
    ToCallback,
    ToEnd,
    ToFallback,
    ToNumber,
    ToQueue,
    ToVoiceMessage,
)
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.ports import Lookup, Request
from contactcenter.ivr.runner import Runner
from contactcenter.ivr.walk import Means, Walk
from contactcenter.phone import Talk
from contactcenter.routing.route import read_case
from contactcenter.routing.rules import Case
from contactcenter.simulator.clock import ManualClock

T = TypeVar("T")
HANG_UP = "h"
KINDS = {
    ToQueue: "queue",
    ToNumber: "number",
    ToVoiceMessage: "voice_message",
    ToCallback: "callback",
    ToEnd: "end",
    ToFallback: "fallback",
}


class Keys(Protocol):
    """The caller's fingers."""

    def answer(self, most: int) -> str:
        """What is keyed in after a question, at most so many keys; "" for nothing. Raises CallerGone for hanging up."""
        ...


class GivenKeys:
    """Keys that are known beforehand: an answer for each question, with commas between; what a menu leaves is the next answer.

    `h` hangs up. After the last answer nothing is keyed in.
    """

    def __init__(self, text: str) -> None:
        self._answers = text.split(",") if text else []

    def answer(self, most: int) -> str:
        if not self._answers:
            return ""
        answer = self._answers.pop(0).strip()
        if answer == HANG_UP:
            raise CallerGone("the caller hung up")
        taken, left = answer[:most], answer[most:]
        if left:
            self._answers.insert(0, left)
        return taken


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a site has, as far as a walk needs it. texts: language -> prompt -> what it says."""

    configuration: Configuration
    flows: Mapping[str, Flow]
    customers: CustomerBook
    history: ContactHistory
    lookup: Lookup
    timezone: str = "Asia/Shanghai"
    warning_days: int = 30
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pretended:
    """A call that is none. caller: E.164, "" for withheld; flow: another than the hotline's."""

    hotline: str
    caller: str
    at: datetime
    flow: str = ""


@dataclass(frozen=True, slots=True)
class Walked:
    """destination: None when the caller hung up before there was one. case, tried, rule: of the last routing, if any was."""

    facts: tuple[e.Fact, ...]
    customer: Customer | None
    destination: Destination | None
    case: Case | None = None
    tried: tuple[e.RuleTried, ...] = ()
    rule: str = ""

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes passed, as flow/node."""
        return tuple(f"{fact.flow}/{fact.node}" for fact in self.facts if isinstance(fact, e.NodeEntered))


async def walk_through(grounds: Grounds, call: Pretended, keys: Keys, say: Callable[[str], None]) -> Walked:
    """Walks to the first destination. say: takes each line of what the caller hears. Raises NotFound for no such hotline."""
    hotline = grounds.configuration.hotlines.get(call.hotline)
    if hotline is None:
        known = ", ".join(grounds.configuration.hotlines) or "none yet"
        raise NotFound(f"there is no hotline {call.hotline}. Use one of: {known}")
    facts: list[e.Fact] = []
    bus, clock = Bus(), ManualClock(call.at)
    bus.subscribe(facts.append)
    phone = TerminalPhone(hotline.language, keys, say, grounds.texts)
    walk = Walk(phone, Arrival(call.hotline, call.caller), CallNotes(phone.call, bus, clock))
    destination = None
    try:
        await walk.begin(_means(grounds, hotline, call.at))
        destination = await Runner(walk, grounds.flows, call.flow or hotline.flow).run()
    except CallerGone:
        say("(the caller hangs up)")
    routed = next((fact for fact in reversed(facts) if isinstance(fact, e.CallRouted)), None)
    case = read_case(routed.case) if routed else None
    tried, rule = (routed.tried, routed.rule) if routed else ((), "")
    return Walked(tuple(facts), walk.customer, destination, case, tried, rule)


MANY = 1000
"""Wrong service codes that a try may have: a person at a terminal guesses nothing."""


def _means(grounds: Grounds, hotline: Hotline, at: datetime) -> Means:
    configuration = grounds.configuration
    return Means(
        calendar=hotline.calendar,
        calendars=configuration.calendars,
        rules=tuple(configuration.routes.values()),
        agents=frozenset(configuration.agents),
        customers=grounds.customers,
        codes=CodeLimit(MANY, MANY),
        history=grounds.history,
        lookup=ReadingLookup(grounds.lookup),
        today=at.astimezone(ZoneInfo(grounds.timezone)).date(),
        warning_days=grounds.warning_days,
    )


class ReadingLookup:
    """Asks the CRM only what changes nothing there."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def ask(self, request: Request) -> object:
        if request.method != "GET":
            raise LookupFailed(f"{request.method} is not sent in a try")
        return await self._lookup.ask(request)


class TerminalPhone:
    """The line of a pretended call: what is played is said, what is asked is answered by the keys."""

    def __init__(
        self, language: str, keys: Keys, say: Callable[[str], None], texts: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.call = CallId("try")
        self.language = language
        self._keys, self._show, self._texts = keys, say, texts

    async def answer(self) -> None:
        pass

    async def play(self, *prompts: str, until: asyncio.Event | None = None) -> None:  # noqa: ARG002
        texts = [self._texts.get(self.language, {}).get(prompt, "") for prompt in prompts]
        if len(prompts) > 1 and all(prompt.startswith("digits/") for prompt in prompts):
            self._show(("" if self.language == "zh" else " ").join(texts))
            return
        for prompt, text in zip(prompts, texts, strict=True):
            self._show(f"[{prompt}] {text}".rstrip())

    async def ask_key(self, prompt: str, seconds: float, before: str = "") -> str:
        return await self._ask(prompt, seconds, 1, before)

    async def ask_digits(self, prompt: str, seconds: float, most: int, before: str = "") -> str:
        return (await self._ask(prompt, seconds, most + 1, before)).partition("#")[0][:most]

    async def unless_gone(self, waited_for: Awaitable[T]) -> T:
        return await waited_for

    async def _ask(self, prompt: str, seconds: float, most: int, before: str) -> str:
        await self.play(*(name for name in (before, prompt) if name))
        answer = self._keys.answer(most)
        self._show(f"  > {answer}" if answer else f"  > (nothing for {seconds:g} s)")
        return answer

    # ---- what comes after a flow's destination, and is never reached in a try

    async def music(self, on: bool) -> None:
        raise NotImplementedError

    async def record(self, caller: Path, agent: Path) -> None:
        raise NotImplementedError

    async def stop_recording(self) -> None:
        raise NotImplementedError

    async def connect(self, call: CallId, agent: AgentNumber, attempt: int) -> Talk | None:
        raise NotImplementedError

    async def dial(self, number: str, seconds: float) -> Talk | e.MissReason:
        raise NotImplementedError

    async def wait_key(self, keys: str) -> str:
        raise NotImplementedError

    async def take_message(self, file: Path, seconds: float) -> float:
        raise NotImplementedError

    async def hang_up(self) -> None:
        raise NotImplementedError

    async def give_to_fallback(self) -> None:
        raise NotImplementedError

    def let_go(self) -> None:
        pass


def told(to: Destination | None) -> dict[str, Any]:
    """A destination as plain values: kind, and what else there is to tell of it."""
    if to is None:
        return {"kind": "hung_up"}
    values = {name: value for name, value in dataclasses.asdict(to).items() if value not in (None, "", ())}
    return {"kind": KINDS[type(to)], **values}
