"""An engine and a clock on a desk, and short names for what is told to it."""

from datetime import datetime
from typing import Any, TypeVar

from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import (
    CallEnters,
    CallLeaves,
    Command,
    Configure,
    ConnectFailed,
    Input,
    LogIn,
    Offer,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    PhoneIs,
    TalkOver,
    Tick,
    Withdraw,
)
from contactcenter.acd.settings import DistributionSettings, Member, QueueSettings
from contactcenter.agents.states import LiveAgent
from contactcenter.events import MissReason
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.clock import ManualClock

C = TypeVar("C", bound=Command)


def queue(name: str, *agents: str | tuple[str, int], **settings: object) -> QueueSettings:
    """agents: numbers, or (number, level)."""
    members = [(agent, 1) if isinstance(agent, str) else agent for agent in agents]
    return QueueSettings(
        QueueName(name), members=tuple(Member(AgentNumber(number), level) for number, level in members), **settings
    )


class Desk:
    """Every agent named by a queue is logged in with a free phone."""

    def __init__(
        self, *queues: QueueSettings, extra: tuple[str, ...] = (), site: DistributionSettings | None = None
    ) -> None:
        self.engine, self.clock, self.site = Engine(), ManualClock(), site or DistributionSettings()
        self.attempts: dict[tuple[str, str], int] = {}
        self.skills: dict[AgentNumber, frozenset[str]] = {}
        numbers = sorted({member.agent for q in queues for member in q.members} | {AgentNumber(n) for n in extra})
        self.configure(*queues, agents=numbers)
        for number in numbers:
            self.tell(LogIn(number))
            self.tell(PhoneIs(number, "free"))

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def tell(self, event: Input, after: float = 0) -> list[Command]:
        commands = self.engine.handle(event, self.clock.advance(after))
        self.attempts |= {(c.call, c.agent): c.attempt for c in commands if isinstance(c, Offer)}
        return commands

    def configure(self, *queues: QueueSettings, agents: list[AgentNumber] | None = None) -> list[Command]:
        numbers = list(self.engine.agents) if agents is None else agents
        named = tuple((AgentNumber(n), f"name of {n}") for n in numbers)
        return self.tell(Configure(queues, named, self.site, self.skills))

    def can(self, **skills: str) -> list[Command]:
        """From now on these agents (written a1001) have these skills, and others none."""
        self.skills = {AgentNumber(agent[1:]): frozenset(some.split()) for agent, some in skills.items()}
        return self.configure(*self.engine.queues.values())

    def agent(self, number: str) -> LiveAgent:
        return self.engine.agents[AgentNumber(number)]

    def offered(self) -> dict[str, str]:
        """Call -> the agents reserved for it, one after the other."""
        return {place.call: " ".join(place.offers) for place in self.engine.waiting if place.offers}

    def attempt(self, call: str, agent: str) -> int:
        """The number of the latest offer of this call to this agent; 0 if there was none."""
        return self.attempts.get((call, agent), 0)

    def enters(
        self,
        call: str,
        to: str = "support",
        priority: int = 0,
        sticky: tuple[str, ...] = (),
        needs: str = "",
        **more: Any,
    ) -> list[Command]:
        """needs: skills, one after the other."""
        agents = tuple(AgentNumber(a) for a in sticky)
        skills = frozenset(needs.split())
        return self.tell(CallEnters(CallId(call), QueueName(to), priority, agents, skills=skills, **more))

    def leaves(self, call: str, hung_up: bool = False) -> list[Command]:
        return self.tell(CallLeaves(CallId(call), hung_up))

    def rings(self, call: str, agent: str) -> list[Command]:
        return self.tell(OfferRinging(CallId(call), AgentNumber(agent), self.attempt(call, agent)))

    def answers(self, call: str, agent: str) -> list[Command]:
        return self.tell(OfferAnswered(CallId(call), AgentNumber(agent), self.attempt(call, agent)))

    def misses(self, call: str, agent: str, reason: MissReason = "no_answer") -> list[Command]:
        return self.tell(OfferFailed(CallId(call), AgentNumber(agent), self.attempt(call, agent), reason))

    def quiet(self, call: str, agent: str) -> list[Command]:
        """The last word on an offer that was withdrawn."""
        return self.misses(call, agent)

    def connect_fails(self, call: str, agent: str) -> list[Command]:
        return self.tell(ConnectFailed(CallId(call), AgentNumber(agent)))

    def over(self, call: str, agent: str) -> list[Command]:
        return self.tell(TalkOver(CallId(call), AgentNumber(agent)))

    def tick(self, after: float = 0) -> list[Command]:
        return self.tell(Tick(), after)

    def serves(self, call: str, agent: str, seconds: float = 0) -> list[Command]:
        """The whole of an offer that this agent has: answer, talk, and its end."""
        self.answers(call, agent)
        self.clock.advance(seconds)
        return self.over(call, agent)


def offers(commands: list[Command]) -> list[tuple[str, str]]:
    """(call, agent) of each offer."""
    return [(command.call, command.agent) for command in commands if isinstance(command, Offer)]


def stopped(commands: list[Command]) -> list[tuple[str, str, str]]:
    """(call, agent, why) of each phone that is to be stopped."""
    return [(command.call, command.agent, command.why) for command in commands if isinstance(command, Withdraw)]


def only(commands: list[Command], kind: type[C]) -> C:
    (found,) = [command for command in commands if isinstance(command, kind)]
    return found


def kinds(commands: list[Command]) -> list[str]:
    return [type(command).__name__ for command in commands]
