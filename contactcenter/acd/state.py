"""Everything distribution knows: settings, agents, the line, who is talking. The handlers beside it change it."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from contactcenter.acd.estimate import WaitEstimate
from contactcenter.acd.inputs import Command
from contactcenter.acd.line import Line, WaitingCall, order_of
from contactcenter.acd.needs import Skills, Staff
from contactcenter.acd.pool import Pool
from contactcenter.acd.settings import MOST_LEVEL, DistributionSettings, QueueSettings
from contactcenter.acd.strategies import ALL_AT_ONCE
from contactcenter.acd.timers import Timer, Timers
from contactcenter.agents.states import Activity, LiveAgent
from contactcenter.errors import NotFound
from contactcenter.ids import AgentNumber, CallId, QueueName


@dataclass(slots=True)
class Talking:
    """A conversation: what it needs to end well, also when queues and agents were changed meanwhile.

    settings: the queue's at the answer; rang_seconds: from the decision to it. A provisional one waits for the customer.
    """

    agent: AgentNumber
    place: WaitingCall
    began: datetime
    settings: QueueSettings
    rang_seconds: float
    provisional: bool = False
    stuck: Timer | None = None


@dataclass(slots=True)
class State:
    """changed_agents, changed_calls: who may find a partner that they could not have before."""

    queues: dict[QueueName, QueueSettings] = field(default_factory=dict)
    site: DistributionSettings = field(default_factory=DistributionSettings)
    agents: dict[AgentNumber, LiveAgent] = field(default_factory=dict)
    levels: dict[QueueName, tuple[int, int]] = field(default_factory=dict)
    """queue -> the lowest and the highest level of its members."""
    staff: dict[QueueName, Staff] = field(default_factory=dict)
    line: Line = field(default_factory=Line)
    pool: Pool = field(default_factory=Pool)
    timers: Timers = field(default_factory=Timers)
    estimates: dict[tuple[QueueName, Skills], WaitEstimate] = field(default_factory=dict)
    """Of calls that need the same: who waits for a rare skill waits longer."""
    talking: dict[CallId, Talking] = field(default_factory=dict)
    left: OrderedDict[tuple[QueueName, str], tuple[datetime, datetime]] = field(default_factory=OrderedDict)
    """(queue, caller) -> when the place began and when it was left, of those who may redial; oldest first.

    An OrderedDict, as the oldest are taken off all the time: the front of a dict is slow to find after that.
    """
    attempts: OrderedDict[CallId, tuple[int, datetime]] = field(default_factory=OrderedDict)
    """call -> how often it had been offered when it left the line, and when that was; oldest first."""
    wrap_ups: dict[AgentNumber, Timer] = field(default_factory=dict)
    clearing: dict[AgentNumber, Timer] = field(default_factory=dict)
    known: set[AgentNumber] = field(default_factory=set)
    serial: int = 0
    changed_agents: set[AgentNumber] = field(default_factory=set)
    changed_calls: set[CallId] = field(default_factory=set)

    def queue(self, name: QueueName) -> QueueSettings:
        """Raises NotFound."""
        if name not in self.queues:
            raise NotFound(f"there is no queue {name}. See: contactcenter queue list")
        return self.queues[name]

    def agent(self, number: AgentNumber) -> LiveAgent:
        """Raises NotFound."""
        if number not in self.agents:
            raise NotFound(f"there is no agent {number}. See: contactcenter agent list")
        return self.agents[number]

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    def agent_changed(self, agent: LiveAgent) -> None:
        """Ranks the agent anew, looks again at the calls held for them, and forgets one who was removed and is done."""
        if agent.number not in self.known and agent.activity is Activity.IDLE:
            agent.levels = {}
            self.agents.pop(agent.number, None)
        self.pool.refresh(agent)
        self.changed_agents.add(agent.number)
        held = (place for place in self.line.of_agent(agent.number) if place.hold_until is not None)
        self.changed_calls.update(place.call for place in held)

    def call_changed(self, place: WaitingCall) -> None:
        self.changed_calls.add(place.call)

    def put_in(self, place: WaitingCall) -> None:
        """The call waits in its queue's line from now on, also one that comes back after a change of the settings."""
        place.order = order_of(self.site.ageing_seconds, place.since, place.priority, place.serial)
        self.line.add(place)
        self.call_changed(place)

    def take_out(self, place: WaitingCall, now: datetime) -> None:
        """The call waits no longer. Should it come again, its offers are counted on, so that late words do not mean the new ones."""
        self.line.remove(place)
        if place.attempts:
            self.attempts[place.call] = place.attempts, now
            self.attempts.move_to_end(place.call)
        for timer in (place.next_change, place.max_wait):
            if timer is not None:
                timer.cancel()

    def list_call(self, place: WaitingCall, now: datetime) -> None:
        """Puts the call where those who may take it find it, and sets the timer of the next change."""
        if place.next_change is not None:
            place.next_change.cancel()
            place.next_change = None
        self.line.unlist(place)
        settings = self.queues.get(place.queue)
        if settings is None or place.overdue:
            return
        wanted, next_width = self._wanted(place, settings, now)
        changes = [next_width]
        if wanted:
            sticky = [number for number in place.sticky if self.may_take(place, number)]
            if place.hold_until is not None and now < place.hold_until and any(self.agents[n].on_duty for n in sticky):
                self.line.enlist(place, None, sticky)
                changes.append(place.hold_until)
            else:
                place.hold_until = None
                gate, next_gate = self._gate(place, settings, now)
                self.line.enlist(place, gate, sticky)
                changes.append(next_gate)
        when = min((change for change in changes if change is not None), default=None)
        if when is not None:
            place.next_change = self.timers.at(when, partial(self._may_change, place))

    def _may_change(self, place: WaitingCall, now: datetime) -> list[Command]:  # noqa: ARG002 (one shape for all timers)
        self.call_changed(place)
        return []

    def may_take(self, place: WaitingCall, number: AgentNumber) -> bool:
        """Whether a sticky agent is one that this call may be offered to at all."""
        agent = self.agents.get(number)
        if agent is None or number in place.missed_by:
            return False
        return place.direct or (place.queue in agent.levels and place.skills <= agent.skills)

    def _wanted(self, place: WaitingCall, settings: QueueSettings, now: datetime) -> tuple[bool, datetime | None]:
        """Whether the call can use one more agent, and when that may change by itself."""
        if settings.strategy not in ALL_AT_ONCE:
            return not place.offers, None
        width, step = settings.broadcast_width, timedelta(seconds=settings.broadcast_step_seconds)
        if width == 0:
            return True, None
        if not step:
            return len(place.offers) < width, None
        steps = max(0, (now - place.entered) // step) + 1  # a clock may have been set back
        return len(place.offers) < width * steps, place.entered + step * steps

    def _gate(self, place: WaitingCall, settings: QueueSettings, now: datetime) -> tuple[int, datetime | None]:
        """The highest level that may take the call now, and when the next one may."""
        lowest, highest = self.levels[place.queue]
        if not (step := timedelta(seconds=settings.relax_seconds)):
            return MOST_LEVEL, None
        steps = max(0, (now - place.since) // step)
        if lowest + steps >= highest:
            return MOST_LEVEL, None
        return lowest + steps, place.since + step * (steps + 1)
