"""Reads a trace, a text table of what happens and what must follow, and holds the engine to it.

    queue support: 1001 1002:2; wrap_up_seconds 10
    out 1002

    at  | happens                              | follows
    0   | CallEnters a support 5               | CallQueued call=a position=1
        |                                      | Offer call=a agent=1001
    2   | ami DialState line=a/1001 DialStatus=RINGING |
    2   | OfferAnswered a 1001                 | CallAnswered call=a agent=1001
    = 1001 talking, a none

Above the table: queues with members (number, or number:level) and settings, and `out` for agents who are not logged in;
everybody else is logged in with a free phone. In the table: `at` in seconds (empty: the same moment). An input is the
name of a class of acd/inputs.py with its fields in order; the attempt of an offer may be left out where it is the latest of
that call to that agent. `ami EVENT KEY=VALUE ...` is an AMI event; `line=CALL/AGENT` in it stands for the id of the line on
which that agent was rung last for that call. `ami Hangup` without `line` is a channel that is no line of ours.
`without QUEUE` is an admin who removes it. What follows are
*all* facts and other commands, in order, each with the fields that matter; CallOffered and Connect are left out, as Offer and CallAnswered
tell the same. `= THING STATE, ...` states what an agent's state or a call's position is at that moment (`none`: it does not wait).
Lines that begin with # are for the reader.
"""

import ast
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from contactcenter.acd import inputs
from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import (
    Command,
    Configure,
    Connect,
    LogIn,
    Offer,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    PhoneIs,
    Withdraw,
)
from contactcenter.acd.ports import Shown
from contactcenter.acd.settings import Member, QueueSettings
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.lines import AsteriskLines
from contactcenter.asterisk.translate import AmiEvents
from contactcenter.events import CallOffered
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.clock import ManualClock

INPUTS = {kind.__name__: kind for kind in get_args(inputs.Input)}


@dataclass
class Step:
    """One row: what happens, and the rows of what follows. line: where it is, for the message."""

    line: int
    at: float
    happens: str
    follows: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)


@dataclass
class Trace:
    file: Path
    queues: list[QueueSettings] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


class WrongTrace(ValueError):
    """The text itself can't be read."""


def read(file: Path) -> Trace:
    trace = Trace(file)
    in_table, at = False, 0.0
    for number, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if not in_table:
            in_table = _setting(trace, line, number)
        elif line.startswith("="):
            for thing, state in (part.split() for part in line[1:].split(",")):
                trace.steps[-1].states[thing] = state
        else:
            cells = [cell.strip() for cell in raw.split("|")]
            if len(cells) != 3:
                raise WrongTrace(f"{file}:{number}: a row has three columns")
            at = float(cells[0]) if cells[0] else at
            if cells[1]:
                trace.steps.append(Step(number, at, cells[1]))
            if cells[2]:
                trace.steps[-1].follows.append(cells[2])
    if not trace.steps:
        raise WrongTrace(f"{file}: there is no table")
    return trace


def _setting(trace: Trace, line: str, number: int) -> bool:
    """Takes a line above the table; True when it was the table's head."""
    word, _, rest = line.partition(" ")
    match word:
        case "queue":
            name, _, rest = rest.partition(":")
            numbers, *settings = (part.split() for part in rest.split(";"))
            members = tuple(_member(text) for text in numbers)
            values = {key: _value(text) for key, text in settings}
            trace.queues.append(QueueSettings(QueueName(name), members=members, **values))
        case "out":
            trace.out += rest.split()
        case "at":
            return True
        case _:
            raise WrongTrace(f"{trace.file}:{number}: {word} is no setting")
    return False


def _member(text: str) -> Member:
    number, _, level = text.partition(":")
    return Member(AgentNumber(number), int(level or 1))


def _value(text: str) -> Any:
    """A number, True, False, or the text itself. Agents' numbers stay text where a field takes text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


class Played:
    """An engine, and AMI's events translated into its inputs as app.py does. What is asked of Asterisk goes nowhere."""

    def __init__(self, trace: Trace) -> None:
        self.engine, self.clock = Engine(), ManualClock()
        self.start = self.clock.now()
        self.commands: list[Command] = []
        self.ami = AmiEvents(on_phone=self.tell)
        self.lines = AsteriskLines(AmiClient("", 0, "", "", on_event=self.ami.take), self.ami, self.tell)
        self.offers: dict[tuple[str, str], tuple[int, str]] = {}
        numbers = sorted({member.agent for queue in trace.queues for member in queue.members} | set(trace.out))
        self.queues, self.people = trace.queues, tuple((AgentNumber(n), n) for n in numbers)
        self.tell(Configure(tuple(self.queues), self.people))
        for number in numbers:
            self.tell(PhoneIs(AgentNumber(number), "free"))
            if number not in trace.out:
                self.tell(LogIn(AgentNumber(number)))
        self.commands.clear()

    def tell(self, event: inputs.Input) -> None:
        commands = self.engine.handle(event, self.clock.now())
        self.commands += commands
        for command in commands:
            if isinstance(command, Offer):
                self.lines.ring(command, Shown())
                line = self.lines.line_of(command.call, command.agent, command.attempt)
                assert line is not None
                line.sent = True  # by `run`, as soon as AMI is there
                self.offers[command.call, command.agent] = command.attempt, line.id
            elif isinstance(command, Withdraw):
                self.lines.stop(command.call, command.agent, command.attempt, command.why)

    def play(self, step: Step) -> list[Command]:
        """Everything that follows from a step, without what always comes with something else."""
        passed = step.at - (self.clock.now() - self.start).total_seconds()
        self.clock.advance(passed)
        word, *rest = step.happens.split()
        match word:
            case "ami":
                self.ami.take(self._event(rest[0], rest[1:]))
            case "without":
                self.queues = [queue for queue in self.queues if queue.name not in rest]
                self.tell(Configure(tuple(self.queues), self.people))
            case _:
                self.tell(self._input(word, rest))
        followed = [command for command in self.commands if not isinstance(command, CallOffered | Connect)]
        self.commands.clear()
        return followed

    def _event(self, name: str, pairs: list[str]) -> dict[str, str]:
        event = {"Event": name, **dict(pair.split("=", 1) for pair in pairs)}
        if "line" in event:
            call, _, agent = event.pop("line").partition("/")
            event["DestUniqueid" if name.startswith("Dial") else "Uniqueid"] = self.offers[call, agent][1]
        return event

    def _input(self, word: str, values: list[str]) -> inputs.Input:
        kind = INPUTS[word]
        if kind in {OfferRinging, OfferAnswered, OfferFailed} and (len(values) < 3 or not values[2].isdigit()):
            values = [*values[:2], str(self.offers.get((values[0], values[1]), (1, ""))[0]), *values[2:]]
        return _made(kind, values)

    def state(self, thing: str) -> str:
        agent = self.engine.agents.get(AgentNumber(thing))
        return str(agent.state) if agent else str(self.engine.position(CallId(thing)) or "none")


def _made(kind: type[Any], values: list[str]) -> inputs.Input:
    hints = [field.type for field in dataclasses.fields(kind)]
    made: list[Any] = []
    for hint, text in zip(hints, values, strict=False):
        if hint is int or hint is float or hint is bool:
            made.append(_value(text))
        elif str(hint).startswith("tuple"):
            made.append(tuple(text.split(",")))
        else:
            made.append(text)
    event: inputs.Input = kind(*made)
    return event


def differences(trace: Trace) -> Iterator[str]:
    """A line for each step whose outcome is not what the table says."""
    played = Played(trace)
    for step in trace.steps:
        followed = played.play(step)
        where = f"{trace.file.name}:{step.line}: {step.happens}"
        if len(followed) != len(step.follows) or not all(map(_is, followed, step.follows)):
            yield f"{where}\n  must be followed by {step.follows}\n  but was by {[_show(c) for c in followed]}"
        for thing, state in step.states.items():
            if played.state(thing) != state:
                yield f"{where}\n  then {thing} must be {state}\n  but is {played.state(thing)}"


def _is(command: Command, expected: str) -> bool:
    name, *pairs = expected.split()
    return type(command).__name__ == name and all(
        str(getattr(command, key)) == value for key, _, value in (pair.partition("=") for pair in pairs)
    )


def _show(command: Command) -> str:
    fields = (f for f in dataclasses.fields(command) if f.name != "at")
    return " ".join([type(command).__name__, *(f"{f.name}={getattr(command, f.name)}" for f in fields)])
