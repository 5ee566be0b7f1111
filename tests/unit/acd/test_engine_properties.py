"""What holds of distribution whatever comes, in whatever order, twice or late.

A model that knows nothing of the engine's code (model.py) follows the inputs and the answers, and is held against the
engine after each step.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from model import Model, Person, Place

from contactcenter import events as e
from contactcenter.acd import inputs as i
from contactcenter.acd.engine import Engine
from contactcenter.acd.settings import DistributionSettings, Member, QueueSettings
from contactcenter.acd.strategies import STRATEGIES
from contactcenter.agents.states import Activity
from contactcenter.errors import BadInput, NotFound
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.clock import ManualClock

AGENTS = [AgentNumber(str(number)) for number in range(1001, 1005)]
CALLS = [CallId(f"{number}.1") for number in range(6)]
QUEUES = [QueueName(name) for name in ("support", "vip", "renewals")]

agents, calls, queues = st.sampled_from(AGENTS), st.sampled_from(CALLS), st.sampled_from(QUEUES)
passing = st.sampled_from([0.0, 0.001, 1.0, 5.0, 9.9, 10.0, 30.0, 45.0])
reasons = st.sampled_from(["no_answer", "no_answer", "busy", "rejected", "unreachable", "failed"])


def picked(*choices: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(choices)


RULES = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from([*sorted(STRATEGIES), "broadcast", "broadcast"]),
        "broadcast_width": picked(0, 1, 1, 2),
        "broadcast_step_seconds": picked(0.0, 0.7, 10.0),
        "ring_seconds": picked(20.0, 5.5),
        "wrap_up_seconds": picked(0.0, 10.0),
        "misses_before_pause": picked(0, 1, 3),
        "relax_seconds": picked(0.0, 0.0, 0.3, 20.0),
        "sticky_wait_seconds": picked(0.0, 15.0),
        "accepting": picked(True, True, True, True, False),
        "max_length": picked(0, 0, 0, 2),
        "max_wait_seconds": picked(0.0, 600.0, 25.0),
        "overflow_no_agents": picked("", "", "callback"),
        "overflow_timeout": picked("hang_up", "voice_message"),
        "redial_seconds": st.just(40.0),
    }
)
ENTERS = st.builds(
    i.CallEnters,
    calls,
    queues,
    st.integers(0, 3) | st.just(11),
    st.lists(agents, max_size=2).map(tuple),
    caller=picked("", "", "+8610", "+8621"),
    sticky_seconds=picked(None, None, 0.0, 25.0),
    direct=st.booleans(),
    max_wait=picked(True, True, False),
    lead_seconds=picked(0.0, 4.0),
    provisional=picked(False, False, True),
    skills=picked(*[frozenset[str]()] * 2, frozenset({"english"}), frozenset({"english", "install"})),
)
SKILLS = st.dictionaries(agents, st.frozensets(st.sampled_from(["english", "install"])))
SITES = st.builds(DistributionSettings, ageing_seconds=picked(120.0, 10.0), load_window_seconds=picked(3600.0, 30.0))


def snapshot(engine: Engine) -> str:
    """Everything the engine knows, without the addresses of its objects."""
    state = engine._state
    listed = {call: [(entry[0], len(where)) for where, entry in some] for call, some in state.line._listed.items()}
    due = sorted((when, serial) for when, serial, timer in state.timers._heap if timer.alive)
    text = repr((state, list(state.line), listed, due, vars(state.pool)))
    return re.sub(r" at 0x[0-9a-f]+", "", text)


class Distribution(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock, self.engine, self.model = ManualClock(), Engine(), Model()
        self.told: list[tuple[datetime, i.Input, list[i.Command] | str]] = []
        self.is_late = False

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # ---- telling the engine, and following it

    def tell(self, event: i.Input) -> list[i.Command]:
        deadline = self.engine.next_deadline()
        self.is_late = deadline is not None and deadline <= self.now and not isinstance(event, i.Tick)
        before = snapshot(self.engine) if self.may_be_refused(event) else ""
        try:
            commands = self.engine.handle(event, self.now)
        except (BadInput, NotFound) as refusal:  # anything else is a fault
            line = str(refusal)
        else:
            self.told.append((self.now, event, commands))
            self.follow(event, commands)
            return commands
        self.told.append((self.now, event, line))
        assert snapshot(self.engine) == before, "a refused input changed something"
        assert "\n" not in line
        return []

    def may_be_refused(self, event: i.Input) -> bool:
        """A snapshot takes long."""
        if isinstance(event, i.CallEnters):
            return event.priority > 10 or event.queue not in self.model.queues
        return isinstance(event, i.Configure | i.LogIn | i.LogOut | i.Pause | i.Resume | i.ExtendWrapUp)

    def follow(self, event: i.Input, commands: list[i.Command]) -> None:
        self.check_answer(event, commands)
        self.model.takes(event, self.now)
        for position, command in enumerate(commands):
            self.follow_one(event, command, commands[position - 1] if position else None)
        self.model.step_is_over(self.now)

    def follow_one(self, event: i.Input, command: i.Command, before: i.Command | None) -> None:  # noqa: C901, PLR0912
        model = self.model
        match command:
            case e.CallQueued(call=call):
                assert isinstance(event, i.CallEnters)
                place = model.enters(event, self.now)
                assert command.since == (place.since if place.since != self.now else None)
                assert command.position == self.position(place)
            case e.OfferMissed():
                model.missed(command, self.now)
            case e.OfferWithdrawn(call=call, agent=agent):
                if (call, agent) not in model.rung:
                    talk = model.talking.pop(call)
                    assert talk.provisional
                    assert talk.agent == agent
            case i.Withdraw():
                model.withdrawn(command, self.now)
            case i.Connect():
                place = model.waiting[command.call]
                assert isinstance(before, e.CallAnswered) is not place.told.provisional
                model.connected(command)
            case e.CallReturned():
                model.returned(command)
            case i.Overflow(call=call):
                assert isinstance(before, e.CallOverflowed)
                assert not model.ringing_for(call)
                gone = model.waiting.pop(call, None)
                assert (
                    gone is None
                    or command.why != "no_agents"
                    or not model.somebody_is_logged_in(gone.told.queue, gone.needs)
                )
            case e.AgentPaused():
                model.people[command.agent].pause = command.reason
            case e.WrapUpStarted() | e.WrapUpExtended():
                model.wrap_ups[command.agent] = command.until
            case e.WrapUpEnded():
                del model.wrap_ups[command.agent]
            case e.AlarmRaised(name="stuck_talk", call=call, agent=agent):
                assert call is not None
                assert (stuck := model.talking.pop(call).stuck) is not None
                assert stuck <= self.now
            case e.AlarmRaised(name="skills_nobody_has", call=call):
                assert call is not None
                needy = model.waiting[call]
                assert not model.somebody_has(needy.told.queue, needy.needs)
                needy.needs = frozenset()
            case i.Offer():
                assert isinstance(before, e.CallOffered), "an offer without its fact"
                assert (before.call, before.agent, before.attempt) == (command.call, command.agent, command.attempt)
                self.check_offer(command)
                model.offered(command, self.now)
            case _:
                pass

    def check_answer(self, event: i.Input, commands: list[i.Command]) -> None:
        """What must be answered to a word about an offer, and to a call that enters."""
        kinds, model = [type(command) for command in commands], self.model
        match event:
            case i.OfferAnswered(call=call, agent=agent, attempt=attempt):
                talk = model.talking.get(call)
                assert (i.Connect in kinds) is model.is_rung(event)
                if talk is not None and (talk.agent, talk.attempt) == (agent, attempt):
                    assert commands == [], "told twice"
                elif not model.is_rung(event):
                    assert commands == [i.Withdraw(call, agent, attempt, "answered_elsewhere")]
            case i.OfferFailed():
                assert (e.OfferMissed in kinds) is model.is_rung(event)
            case i.CustomerAnswered(call=call):
                talk = model.talking.get(call)
                assert (e.CallAnswered in kinds) is (talk is not None and talk.provisional)
                if talk is not None:
                    talk.provisional = False
            case i.TalkOver(call=call, agent=agent) if (talk := model.talking.get(call)) and talk.agent == agent:
                wrap_up = model.queues.get(talk.place.told.queue, talk.settings).wrap_up_seconds
                assert (e.WrapUpStarted in kinds) is (wrap_up > 0)
            case i.CallEnters(call=call) if call not in model.waiting and call not in model.talking:
                why = model.refusal(event, self.now)
                refused = [command.why for command in commands if isinstance(command, i.Overflow)]
                assert refused == ([] if why is None else [why])
            case i.CallEnters():
                assert commands == []
            case _:
                pass

    def check_offer(self, offer: i.Offer) -> None:
        """To a free agent who may take the call, and nobody who came before could have had this agent."""
        model, mine = self.model, self.model.waiting[offer.call]
        assert model.is_free(offer.agent), "offered to somebody who is not free"
        assert model.may_take(mine, offer.agent, self.now), "offered to somebody who may not take it"
        assert (offer.why == "sticky") is (offer.agent in model.sticky(mine))
        if self.is_late:
            return
        for call, other in model.waiting.items():
            if not model.may_take(other, offer.agent, self.now) or call == offer.call:
                continue
            points = mine.told.priority - other.told.priority
            later = mine.since - other.since
            assert later <= timedelta(seconds=self.model.site.ageing_seconds) * points, f"{call} came too long before"
            if later == timedelta(0) and points == 0:
                assert mine.serial < other.serial, f"{call} came before"

    def position(self, mine: Place) -> int:
        same = [place for place in self.model.waiting.values() if place.told.queue == mine.told.queue]
        return 1 + sum(1 for other in same if self.model.order(other) < self.model.order(mine))

    # ---- what happens

    def draw_settings(self, data: st.DataObject, name: QueueName) -> QueueSettings:
        some = data.draw(st.lists(st.tuples(agents, st.integers(1, 3)), unique_by=lambda one: one[0], max_size=4))
        return QueueSettings(name, members=tuple(Member(*one) for one in some), **data.draw(RULES))

    @initialize(data=st.data(), busy=st.booleans(), restored=st.booleans())
    def begin(self, data: st.DataObject, busy: bool, restored: bool) -> None:
        """Everybody is ready, and on some days the callers are there first."""
        settings = [replace(self.draw_settings(data, name), accepting=True) for name in QUEUES]
        everybody = tuple(Member(agent, 1 + index // 2) for index, agent in enumerate(AGENTS))
        settings[0] = replace(settings[0], members=everybody, overflow_no_agents="")
        everybody_named = tuple((agent, agent) for agent in AGENTS)
        self.tell(i.Configure(tuple(settings), everybody_named, data.draw(SITES), data.draw(SKILLS)))
        if restored:
            self.tell(i.Restore(AGENTS[0], True, "lunch"))
            self.tell(i.Restore(AGENTS[1], True, wrap_up_until=self.now + timedelta(seconds=7)))
        for call in CALLS if busy else ():
            self.tell(i.CallEnters(call, QUEUES[0]))
        for agent in AGENTS:
            self.tell(i.LogIn(agent))
            self.tell(i.PhoneIs(agent, "free"))

    @rule(data=st.data(), again=st.booleans())
    def configure(self, data: st.DataObject, again: bool) -> None:
        """All anew; or one queue, as an admin does it."""
        names = [data.draw(queues)] if again else [name for name in QUEUES if data.draw(st.integers(0, 5))]
        kept = [] if not again else [queue for queue in self.model.queues.values() if queue.name not in names]
        settings = [*kept, *(self.draw_settings(data, name) for name in names)]
        known = {member.agent for queue in settings for member in queue.members}
        known |= set(AGENTS if again else data.draw(st.lists(agents, min_size=2)))
        named = tuple((agent, agent) for agent in sorted(known))
        self.tell(i.Configure(tuple(settings), named, data.draw(SITES), data.draw(SKILLS)))

    @rule(agent=agents)
    def configure_nonsense(self, agent: AgentNumber) -> None:
        broken = QueueSettings(QUEUES[0], members=(Member(agent), Member(agent)))
        self.tell(i.Configure((replace(broken, name=QUEUES[1], members=()), broken), ((agent, "x"),)))
        assert "twice" in str(self.told[-1][2])

    @rule(event=ENTERS, ago=picked(None, None, None, 30.0, -5.0))
    def enter(self, event: i.CallEnters, ago: float | None) -> None:
        """Where `ago` says so, with a place that began before (or, by a clock that goes wrong, will)."""
        self.tell(replace(event, since=None if ago is None else self.now - timedelta(seconds=ago)))

    @rule(some=st.lists(calls, min_size=2, max_size=4), queue=queues, priority=st.integers(0, 1))
    def several_enter(self, some: list[CallId], queue: QueueName, priority: int) -> None:
        for call in some:
            self.tell(i.CallEnters(call, queue, priority))

    @rule(
        some=st.lists(calls, min_size=2, max_size=4),
        queue=queues,
        needs=st.lists(picked("english", "install"), min_size=1),
    )
    def several_enter_who_need_skills(self, some: list[CallId], queue: QueueName, needs: list[str]) -> None:
        for call in some:
            self.tell(i.CallEnters(call, queue, skills=frozenset(needs)))

    @rule(call=calls, hung_up=st.booleans())
    def leave(self, call: CallId, hung_up: bool) -> None:
        self.tell(i.CallLeaves(call, hung_up))

    @precondition(lambda self: len(self.model.rung) > 1)
    @rule(queue=queues, priority=st.integers(0, 1))
    def several_are_free_at_once(self, queue: QueueName, priority: int) -> None:
        """All callers who ring give up, others come, and no phone says that it is quiet."""
        gone = {call for call, _ in self.model.rung}
        for call in sorted(gone):
            self.tell(i.CallLeaves(call))
        for call in CALLS:
            self.tell(i.CallEnters(call, queue, priority))
        self.clock.advance(10)
        self.tell(i.Tick())

    @rule(call=calls)
    def customer_answers(self, call: CallId) -> None:
        self.tell(i.CustomerAnswered(call))

    @precondition(lambda self: self.model.rung)
    @rule(data=st.data(), how=picked("ringing", "answered", "answered", "failed", "failed"), reason=reasons)
    def offer_goes_on(self, data: st.DataObject, how: str, reason: Any) -> None:
        call, agent = data.draw(st.sampled_from(sorted(self.model.rung)))
        self.word(how, call, agent, self.model.rung[call, agent].attempt, reason)

    @precondition(lambda self: self.model.rung)
    @rule(data=st.data(), talked=picked(None, 0.0, 20.0))
    def an_offer_is_answered(self, data: st.DataObject, talked: float | None) -> None:
        """And, unless talked is None, that talk is over after so many seconds."""
        call, agent = data.draw(st.sampled_from(sorted(self.model.rung)))
        self.word("answered", call, agent, self.model.rung[call, agent].attempt, None)
        if talked is not None:
            self.clock.advance(talked)
            self.tell(i.TalkOver(call, agent))

    @precondition(lambda self: self.model.cleared)
    @rule(data=st.data(), how=picked("answered", "failed", "failed"), reason=reasons)
    def phone_gets_quiet(self, data: st.DataObject, how: str, reason: Any) -> None:
        agent = data.draw(st.sampled_from(sorted(self.model.cleared)))
        cleared = self.model.cleared[agent]
        self.word(how, cleared.call, agent, cleared.attempt, reason)

    @rule(
        data=st.data(),
        agent=agents,
        how=picked("ringing", "answered", "failed"),
        attempt=st.integers(1, 3),
        why=reasons,
    )
    def something_wrong_about_an_offer(self, data: Any, agent: AgentNumber, how: str, attempt: int, why: Any) -> None:
        """Of any call that is offered or talked about, with any agent, at any time."""
        known = {*(call for call, _ in self.model.rung), *self.model.talking}
        self.word(how, data.draw(st.sampled_from(sorted(known) or CALLS)), agent, attempt, why)

    def word(self, how: str, call: CallId, agent: AgentNumber, attempt: int, reason: Any) -> None:
        match how:
            case "ringing":
                self.tell(i.OfferRinging(call, agent, attempt))
            case "answered":
                self.tell(i.OfferAnswered(call, agent, attempt))
            case _:
                self.tell(i.OfferFailed(call, agent, attempt, reason))

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def something_comes_again(self, data: st.DataObject) -> None:
        """Any input of before: doubled, late, or out of order."""
        _, event, _ = data.draw(st.sampled_from(self.told[-15:]))
        if not isinstance(event, i.Configure | i.Restore):
            self.tell(event)

    @precondition(lambda self: self.model.talking)
    @rule(data=st.data(), how=picked(i.TalkOver, i.TalkOver, i.ConnectFailed), wrong=st.none() | agents)
    def talk_ends(self, data: st.DataObject, how: Any, wrong: AgentNumber | None) -> None:
        call = data.draw(st.sampled_from(sorted(self.model.talking)))
        self.tell(how(call, wrong or self.model.talking[call].agent))

    @rule(agent=agents, kind=picked(i.LogIn, i.LogOut, i.Pause, i.Resume, i.ExtendWrapUp))
    def agent_wishes(self, agent: AgentNumber, kind: Any) -> None:
        self.tell(kind(agent))

    @rule(agent=agents, order=st.permutations([0, 1, 2]))
    def agent_comes_back(self, agent: AgentNumber, order: list[int]) -> None:
        """Whatever kept them away is over, one thing after the other."""
        back = (i.LogIn(agent), i.Resume(agent), i.PhoneIs(agent, "free"))
        for index in order:
            self.tell(back[index])
            self.nobody_is_idle_while_a_call_they_may_take_waits()

    @rule(agent=agents, phone=picked("free", "free", "busy", "unreachable"))
    def phone_is(self, agent: AgentNumber, phone: Any) -> None:
        self.tell(i.PhoneIs(agent, phone))

    @rule(agent=agents, count=st.integers(0, 3))
    def tickets(self, agent: AgentNumber, count: int) -> None:
        self.tell(i.OpenTickets(agent, count))

    @rule(passed=passing, ticked=st.booleans())
    def time_passes(self, passed: float, ticked: bool) -> None:
        self.clock.advance(passed)
        if ticked:
            self.tell(i.Tick())

    @rule(times=st.integers(1, 3))
    def the_next_deadline_comes(self, times: int) -> None:
        """At its deadline a tick does what is due, and the next deadline lies ahead."""
        for _ in range(times):
            deadline = self.engine.next_deadline()
            if deadline is None:
                return
            self.clock.advance(max(0.0, (deadline - self.now).total_seconds()))
            self.tell(i.Tick())
            following = self.engine.next_deadline()
            assert following is None or following > self.now
            assert all(due > self.now for due in self.model.deadlines(self.now)), "something due was not done"

    # ---- what always holds

    def is_due(self) -> bool:
        """A tick is late; what waits for it is excused."""
        deadline = self.engine.next_deadline()
        return deadline is not None and deadline <= self.now

    @invariant()
    def no_place_is_lost_and_none_is_won(self) -> None:
        waiting = {place.call: (place.queue, place.since, place.provisional) for place in self.engine.waiting}
        expected = {c: (p.told.queue, p.since, p.told.provisional) for c, p in self.model.waiting.items()}
        assert waiting == expected
        order = sorted(self.model.waiting, key=lambda call: self.model.order(self.model.waiting[call]))
        assert list(waiting) == order, "the order of service"
        assert not set(self.model.talking) & set(waiting)

    @invariant()
    def positions_are_right(self) -> None:
        for call in CALLS:
            place = self.model.waiting.get(call)
            assert self.engine.position(call) == (None if place is None else self.position(place))

    @invariant()
    def never_two_calls_on_one_agent(self) -> None:
        busy = self.model.busy()
        assert len(busy) == len(set(busy))
        assert {call for call, _ in self.model.rung} <= set(self.model.waiting)

    @invariant()
    def the_state_of_an_agent_is_what_happened_to_them(self) -> None:
        model = self.model
        assert set(self.engine.agents) == set(model.people)
        activities = {
            agent: Activity.RINGING if r.ringing else Activity.RESERVED for (_, agent), r in model.rung.items()
        }
        activities |= dict.fromkeys(model.cleared, Activity.CLEARING)
        activities |= {talk.agent: Activity.TALKING for talk in model.talking.values()}
        activities |= dict.fromkeys(model.wrap_ups, Activity.WRAP_UP)
        for number, agent in self.engine.agents.items():
            assert agent.activity is activities.get(number, Activity.IDLE)
            assert Person(agent.logged_in, agent.pause_reason, agent.phone) == model.people[number]
            assert agent.wrap_up_until == model.wrap_ups.get(number)
            assert (agent.call is None) is (agent.activity is Activity.IDLE) or agent.activity is Activity.WRAP_UP

    @invariant()
    def nobody_is_idle_while_a_call_they_may_take_waits(self) -> None:
        if self.is_due():
            return
        free = [agent for agent in self.model.people if self.model.is_free(agent)]
        for call, place in self.model.waiting.items():
            for agent in free:
                assert not self.model.may_take(place, agent, self.now), f"{agent} is idle and {call} waits"

    @invariant()
    def nobody_waits_for_nobody(self) -> None:
        for call, place in self.model.waiting.items():
            settings = self.model.queues[place.told.queue]
            if settings.overflow_no_agents and place.told.max_wait:
                assert self.model.somebody_is_logged_in(settings.name, place.needs)
            assert not place.needs or self.model.somebody_has(settings.name, place.needs)
            assert not place.overdue or self.model.ringing_for(call), "the wait is over and no phone rings"

    @invariant()
    def the_next_deadline_is_right(self) -> None:
        """All that must end does so by the engine's own clock, and nothing is waited for that is no more."""
        if not self.is_due():
            assert self.engine.next_deadline() == min(self.model.deadlines(self.now), default=None)

    # ---- and at the end

    def teardown(self) -> None:
        """Nobody says a word any more: what rings ends by itself. And the same inputs again give the same answers and state."""
        for call in list(self.model.waiting):
            self.tell(i.CallLeaves(call))
        for call, talk in list(self.model.talking.items()):
            self.tell(i.TalkOver(call, talk.agent))
        while (deadline := self.engine.next_deadline()) is not None:
            self.clock.advance(max(0.0, (deadline - self.now).total_seconds()))
            self.tell(i.Tick())
        assert {agent.activity for agent in self.engine.agents.values()} <= {Activity.IDLE}
        again = Engine()
        for now, event, answer in self.told:
            try:
                commands: list[i.Command] | str = again.handle(event, now)
            except (BadInput, NotFound) as refused:
                commands = str(refused)
            assert commands == answer
        assert snapshot(again) == snapshot(self.engine)


TestDistribution = Distribution.TestCase
