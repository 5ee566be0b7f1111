"""What holds of distribution whatever comes, in whatever order, twice or late.

A model that knows nothing of the engine's code follows the inputs and the facts, and is held against the engine after
each step.
"""

import itertools
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contactcenter import events as e
from contactcenter.acd.engine import RESERVATION_GRACE, Engine
from contactcenter.acd.inputs import (
    CallEnters,
    CallLeaves,
    Command,
    Configure,
    Input,
    LogIn,
    LogOut,
    Member,
    Offer,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    OpenTickets,
    Pause,
    PhoneIs,
    QueueSettings,
    Resume,
    TalkOver,
    Tick,
)
from contactcenter.acd.strategies import STRATEGIES
from contactcenter.agents.states import Activity
from contactcenter.errors import BadInput
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.clock import ManualClock

AGENTS = [AgentNumber(str(number)) for number in range(1001, 1004)]
CALLS = [CallId(f"{number}.1") for number in range(5)]
QUEUES = [QueueName(name) for name in ("support", "vip", "renewals")]
RING, WRAP_UP = 20.0, 10.0

agents, calls, queues = st.sampled_from(AGENTS), st.sampled_from(CALLS), st.sampled_from(QUEUES)
seconds = st.sampled_from([0.0, 0.001, 1.0, 9.9, 10.0, 30.0, 45.0])


def snapshot(engine: Engine) -> str:
    return repr((engine.queues, engine.agents, engine.waiting, engine._talking, engine._turns, engine._serial))


@dataclass(frozen=True)
class Waiting:
    """The model of a place."""

    queue: QueueName
    order: tuple[int, datetime, int]


class Distribution(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock, self.engine = ManualClock(), Engine()
        self.told: list[tuple[datetime, Input, list[Command] | str]] = []
        self.waiting: dict[CallId, Waiting] = {}
        self.reserved: dict[CallId, AgentNumber] = {}
        self.talking: dict[CallId, AgentNumber] = {}
        self.members: dict[QueueName, set[AgentNumber]] = {}
        self.entered = itertools.count()

    # ---- telling the engine, and following it

    def tell(self, event: Input) -> list[Command]:
        now, before = self.clock.now(), snapshot(self.engine)
        try:
            commands = self.engine.handle(event, now)
        except BadInput as refusal:  # anything else is a fault
            line = str(refusal)
            self.told.append((now, event, line))
        else:
            self.told.append((now, event, commands))
            self.follow(event, commands)
            return commands
        assert snapshot(self.engine) == before, "a refused input changed something"
        assert "\n" not in line
        return []

    def follow(self, event: Input, commands: list[Command]) -> None:
        if isinstance(event, CallLeaves):
            self.waiting.pop(event.call, None)
        if isinstance(event, TalkOver) and self.talking.get(event.call) == event.agent:
            del self.talking[event.call]
        for position, command in enumerate(commands):
            match command:
                case e.CallQueued(call=call, queue=queue, priority=priority):
                    assert call not in self.waiting
                    assert call not in self.talking
                    self.waiting[call] = Waiting(queue, (-priority, command.at, next(self.entered)))
                case e.OfferMissed(call=call, agent=agent):
                    assert self.reserved.pop(call) == agent
                case e.CallAnswered(call=call, agent=agent):
                    assert self.reserved.pop(call) == agent
                    assert agent not in self.talking.values()
                    del self.waiting[call]
                    self.talking[call] = agent
                case Offer(call=call, agent=agent):
                    fact = commands[position - 1]
                    assert isinstance(fact, e.CallOffered), "an offer without its fact"
                    assert (fact.call, fact.agent, fact.attempt) == (call, agent, command.attempt)
                    self.check_offer(call, agent)
                    self.reserved[call] = agent
                case _:
                    pass

    def check_offer(self, call: CallId, agent: AgentNumber) -> None:
        """A free member of its queue, and nobody who came before could have had this agent."""
        assert call in self.waiting, "offered a call that does not wait"
        assert call not in self.reserved, "offered a call twice"
        assert agent not in self.reserved.values(), "two calls offered to one agent"
        assert agent not in self.talking.values(), "a call offered to somebody who talks"
        mine = self.waiting[call]
        assert agent in self.members[mine.queue]
        earlier = [
            other
            for other, place in self.waiting.items()
            if place.order < mine.order and other not in self.reserved and agent in self.members.get(place.queue, ())
        ]
        assert earlier == [], f"{call} was served before {earlier}"

    # ---- what happens

    @initialize(busy=st.booleans())
    def begin(self, busy: bool) -> None:
        """Everybody is ready, and on some days the callers are there first."""
        members = ((AGENTS[0], AGENTS[1]), (AGENTS[1], AGENTS[2]), (AGENTS[2],))
        settings = [
            QueueSettings(name, members=tuple(Member(agent) for agent in some), ring_seconds=RING)
            for name, some in zip(QUEUES, members, strict=True)
        ]
        self.members = {queue.name: {member.agent for member in queue.members} for queue in settings}
        self.tell(Configure(tuple(settings), tuple((agent, agent) for agent in AGENTS)))
        if busy:
            for call, queue in zip(CALLS, itertools.cycle(QUEUES), strict=False):
                self.tell(CallEnters(call, queue))
        for agent in AGENTS:
            self.tell(LogIn(agent))
            self.tell(PhoneIs(agent, "free"))

    @rule(data=st.data())
    def configure(self, data: st.DataObject) -> None:
        settings = []
        for name in QUEUES:
            some = data.draw(st.lists(agents, unique=True, max_size=3))
            levels = data.draw(st.lists(st.integers(1, 3), min_size=len(some), max_size=len(some)))
            settings.append(
                QueueSettings(
                    name,
                    strategy=data.draw(st.sampled_from(sorted(STRATEGIES))),
                    members=tuple(Member(agent, level) for agent, level in zip(some, levels, strict=True)),
                    ring_seconds=RING,
                    wrap_up_seconds=data.draw(st.sampled_from([0.0, WRAP_UP])),
                    misses_before_pause=data.draw(st.sampled_from([0, 1, 3])),
                )
            )
        kept = [queue for queue in settings if queue.name == "support" or data.draw(st.integers(0, 5))]
        known = {m.agent for q in kept for m in q.members} | set(data.draw(st.lists(agents, min_size=2)))
        self.members = {queue.name: {member.agent for member in queue.members} for queue in kept}
        self.tell(Configure(tuple(kept), tuple((agent, f"name {agent}") for agent in sorted(known))))

    @rule(agent=agents)
    def configure_nonsense(self, agent: AgentNumber) -> None:
        broken = QueueSettings(QUEUES[0], members=(Member(agent), Member(agent)))
        before = len(self.told)
        self.tell(Configure((replace(broken, name=QUEUES[1], members=()), broken), ((agent, "x"),)))
        assert "twice" in str(self.told[before][2])

    @rule(some=st.lists(calls, min_size=1, max_size=3), queue=queues, priority=st.integers(0, 2), sticky=agents)
    def enter(self, some: list[CallId], queue: QueueName, priority: int, sticky: AgentNumber) -> None:
        for call in some:
            self.tell(CallEnters(call, queue, priority, (sticky,)))

    @rule(call=calls, queue=queues)
    def enter_and_stay(self, call: CallId, queue: QueueName) -> None:
        self.tell(CallEnters(call, queue))

    @rule(call=calls)
    def leave(self, call: CallId) -> None:
        self.tell(CallLeaves(call))

    @precondition(lambda self: self.reserved)
    @rule(data=st.data(), how=st.sampled_from(["ringing", "answered", "no_answer", "busy", "unreachable"]))
    def offer_goes_on(self, data: st.DataObject, how: Any) -> None:
        call = data.draw(st.sampled_from(sorted(self.reserved)))
        agent = self.reserved[call]
        match how:
            case "ringing":
                self.tell(OfferRinging(call, agent))
            case "answered":
                self.tell(OfferAnswered(call, agent))
            case _:
                self.tell(OfferFailed(call, agent, how))

    @rule(data=st.data(), agent=agents, kind=st.sampled_from([OfferRinging, OfferAnswered, OfferFailed, TalkOver]))
    def something_wrong_about_an_offer(self, data: st.DataObject, agent: AgentNumber, kind: Any) -> None:
        """Of any call that is offered or talked about, with any agent, at any time."""
        call = data.draw(st.sampled_from(sorted({*self.reserved, *self.talking}) or CALLS))
        reasons = [data.draw(st.sampled_from(["no_answer", "failed", "caller_gone"]))] if kind is OfferFailed else []
        self.tell(kind(call, agent, *reasons))

    @precondition(lambda self: self.talking)
    @rule(data=st.data(), queue=queues)
    def who_talks_enters_again(self, data: st.DataObject, queue: QueueName) -> None:
        self.tell(CallEnters(data.draw(st.sampled_from(sorted(self.talking))), queue, 1))

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def something_comes_again(self, data: st.DataObject) -> None:
        """Any input of before: doubled, late, or out of order."""
        _, event, _ = data.draw(st.sampled_from(self.told))
        if not isinstance(event, Configure):
            self.tell(event)

    @precondition(lambda self: self.reserved)
    @rule(data=st.data())
    def an_offer_is_answered(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(sorted(self.reserved)))
        self.tell(OfferAnswered(call, self.reserved[call]))

    @precondition(lambda self: self.talking)
    @rule(data=st.data())
    def talk_ends(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(sorted(self.talking)))
        self.tell(TalkOver(call, self.talking[call]))

    @rule(agent=agents, kind=st.sampled_from([LogIn, LogOut]))
    def agent_comes_or_goes(self, agent: AgentNumber, kind: Any) -> None:
        self.tell(kind(agent))

    @rule(agent=agents)
    def agent_pauses(self, agent: AgentNumber) -> None:
        self.tell(Pause(agent))

    @rule(agent=agents)
    def agent_resumes(self, agent: AgentNumber) -> None:
        self.tell(Resume(agent))

    @rule(agent=agents, order=st.permutations([0, 1, 2]))
    def agent_comes_back(self, agent: AgentNumber, order: list[int]) -> None:
        """Whatever kept them away is over, one thing after the other."""
        back = (LogIn(agent), Resume(agent), PhoneIs(agent, "free"))
        for index in order:
            self.tell(back[index])
            self.nobody_is_idle_while_a_call_they_may_take_waits()

    @rule(agent=agents, phone=st.sampled_from(["free", "free", "busy", "unreachable"]))
    def phone_is(self, agent: AgentNumber, phone: Any) -> None:
        self.tell(PhoneIs(agent, phone))

    @rule(agent=agents, count=st.integers(0, 3))
    def tickets(self, agent: AgentNumber, count: int) -> None:
        self.tell(OpenTickets(agent, count))

    @rule(passed=seconds, ticked=st.booleans())
    def time_passes(self, passed: float, ticked: bool) -> None:
        self.clock.advance(passed)
        if ticked:
            self.tell(Tick())

    @rule()
    def the_next_deadline_comes(self) -> None:
        """At its deadline a tick does what is due, and the next deadline lies ahead."""
        deadline = self.engine.next_deadline()
        if deadline is None:
            return
        self.clock.advance(max(0.0, (deadline - self.clock.now()).total_seconds()))
        overdue = {c: (a, self.attempt(c)) for c, a in self.reserved.items() if self.is_stuck(c)}
        self.tell(Tick())
        assert all(self.reserved.get(c) != a or self.attempt(c) != n for c, (a, n) in overdue.items())
        following = self.engine.next_deadline()
        assert following is None or following > self.clock.now()

    def is_stuck(self, call: CallId) -> bool:
        place = next(place for place in self.engine.waiting if place.call == call)
        assert place.offer_ends is not None
        return place.offer_ends + RESERVATION_GRACE <= self.clock.now()

    def attempt(self, call: CallId) -> int:
        return next((place.attempts for place in self.engine.waiting if place.call == call), 0)

    # ---- what always holds

    @invariant()
    def no_place_is_lost_and_none_is_won(self) -> None:
        assert {place.call: place.queue for place in self.engine.waiting} == {
            call: place.queue for call, place in self.waiting.items()
        }

    @invariant()
    def positions_are_right(self) -> None:
        for call, mine in self.waiting.items():
            before = sum(1 for other in self.waiting.values() if other.queue == mine.queue and other.order < mine.order)
            assert self.engine.position(call) == before + 1
        for call in set(CALLS) - set(self.waiting):
            assert self.engine.position(call) is None

    @invariant()
    def never_two_calls_on_one_agent(self) -> None:
        taken = [*self.reserved.values(), *self.talking.values()]
        assert len(taken) == len(set(taken))
        assert set(self.reserved) <= set(self.waiting)
        assert not set(self.talking) & set(self.waiting)

    @invariant()
    def the_state_of_an_agent_is_what_happened_to_them(self) -> None:
        for number, agent in self.engine.agents.items():
            is_reserved = agent.activity in {Activity.RESERVED, Activity.RINGING}
            assert is_reserved is (number in self.reserved.values())
            assert (agent.activity is Activity.TALKING) is (number in self.talking.values())
            assert (agent.wrap_up_until is not None) is (agent.activity is Activity.WRAP_UP)
            if agent.activity is Activity.IDLE:
                assert agent.call is None
        assert set(self.reserved.values()) | set(self.talking.values()) <= set(self.engine.agents)

    @invariant()
    def nobody_is_idle_while_a_call_they_may_take_waits(self) -> None:
        free = {number for number, agent in self.engine.agents.items() if agent.available}
        for call, place in self.waiting.items():
            if call not in self.reserved:
                assert not free & self.members.get(place.queue, set()), f"{call} waits"

    @invariant()
    def whatever_must_end_has_a_deadline(self) -> None:
        deadline = self.engine.next_deadline()
        now = self.clock.now()
        if self.reserved:
            assert deadline is not None
            assert deadline <= now + timedelta(seconds=RING) + RESERVATION_GRACE
        if any(agent.activity is Activity.WRAP_UP for agent in self.engine.agents.values()):
            assert deadline is not None
            assert deadline <= now + timedelta(seconds=WRAP_UP)

    # ---- and at the end

    def teardown(self) -> None:
        """All calls go: every agent is idle in the end. And the same inputs again give the same answers and state."""
        for call in list(self.waiting):
            self.tell(CallLeaves(call))
        for call, agent in list(self.talking.items()):
            self.tell(TalkOver(call, agent))
        self.clock.advance(WRAP_UP)
        self.tell(Tick())
        assert self.reserved == {}
        assert {agent.activity for agent in self.engine.agents.values()} <= {Activity.IDLE}
        assert self.engine.next_deadline() is None
        again = Engine()
        for now, event, answer in self.told:
            try:
                commands: list[Command] | str = again.handle(event, now)
            except BadInput as refused:
                commands = str(refused)
            assert commands == answer
        assert snapshot(again) == snapshot(self.engine)


TestDistribution = Distribution.TestCase
