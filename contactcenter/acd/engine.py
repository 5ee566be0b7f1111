"""The distribution engine: `handle(input, now) -> commands`. No I/O, no clock, no randomness.

The order of service is one over all queues of an agent: higher priority first, then earlier arrival. A call keeps its
place while it is offered and after an offer was missed. An agent is reserved from the decision to the answer, so no two
calls are ever offered to one agent.
"""

from bisect import insort
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from contactcenter.acd.check import check_names, check_queue
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
    Restore,
    Resume,
    TalkOver,
    Tick,
)
from contactcenter.acd.strategies import STRATEGIES
from contactcenter.acd.strategies.candidate import Candidate
from contactcenter.acd.waiting import WaitingCall
from contactcenter.agents.states import Activity, LiveAgent, Move
from contactcenter.errors import BadInput, NotFound
from contactcenter.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentResumed,
    AlarmRaised,
    CallAnswered,
    CallOffered,
    CallQueued,
    MissReason,
    OfferMissed,
    PhoneChanged,
    WrapUpEnded,
    WrapUpStarted,
)
from contactcenter.ids import AgentNumber, CallId, QueueName

LOAD_WINDOW = timedelta(hours=1)
MISSED_PAUSE = "missed_calls"
RESERVATION_GRACE = timedelta(seconds=10)
"""A reservation that outlives its ring time by this much is stuck: it is freed, with an alarm."""


class Engine:
    """Owns queues, waiting calls and agents' states. `load` of an agent is kept per hour; see strategies/least_load.py."""

    def __init__(self) -> None:
        self.queues: dict[QueueName, QueueSettings] = {}
        self.agents: dict[AgentNumber, LiveAgent] = {}
        self.waiting: list[WaitingCall] = []
        self._talking: dict[CallId, tuple[AgentNumber, QueueName]] = {}
        self._turns: dict[tuple[QueueName, AgentNumber], int] = {}
        self._serial = 0
        self._known: set[AgentNumber] = set()
        self._handlers: dict[type, Callable[[Any, datetime], list[Command]]] = {
            Configure: self._configure,
            CallEnters: self._call_enters,
            CallLeaves: self._call_leaves,
            OfferRinging: self._offer_ringing,
            OfferAnswered: self._offer_answered,
            OfferFailed: self._offer_failed,
            TalkOver: self._talk_over,
            LogIn: self._log_in,
            LogOut: self._log_out,
            Pause: self._pause,
            Resume: self._resume,
            PhoneIs: self._phone_is,
            OpenTickets: self._open_tickets,
            Restore: self._restore,
            Tick: self._tick,
        }

    def handle(self, event: Input, now: datetime) -> list[Command]:
        """Takes one input and answers with the facts it made and the offers to place, in order.

        Raises NotFound for an agent or queue that does not exist, BadInput for settings that can't be; nothing is changed then.
        Inputs about an offer or a call that is over already (late, doubled) change nothing.
        """
        commands = self._handlers[type(event)](event, now)
        if len(self.agents) > len(self._known):
            self._forget_removed()
        return [*commands, *self._distribute(now)]

    def next_deadline(self) -> datetime | None:
        """When `Tick` is due next: the end of a wrap-up, or a reservation that would be stuck."""
        ends = [a.wrap_up_until for a in self.agents.values() if a.wrap_up_until is not None]
        ends += [w.offer_ends + RESERVATION_GRACE for w in self.waiting if w.offer_ends is not None]
        return min(ends, default=None)

    def position(self, call: CallId) -> int | None:
        """1 for the next to be served of its queue; None when the call does not wait."""
        place = self._find(call)
        if place is None:
            return None
        return 1 + sum(1 for other in self.waiting if other.queue == place.queue and other.order < place.order)

    def order_of_agents(self, queue: QueueName, place: "WaitingCall", now: datetime) -> list[tuple[AgentNumber, str]]:
        """The agents who could be asked now, in the order they would be, each with why."""
        settings = self.queue(queue)
        free = [m for m in settings.members if (a := self.agents.get(m.agent)) is not None and a.available]
        rank = STRATEGIES[settings.strategy]

        def key(member: Member) -> tuple[Any, ...]:
            sticky = place.sticky.index(member.agent) if member.agent in place.sticky else len(place.sticky)
            missed = place.missed_by.get(member.agent, 0)
            return (missed, sticky, member.level, *rank(self._candidate(queue, member, now)), member.agent)

        return [(m.agent, "sticky" if m.agent in place.sticky else settings.strategy) for m in sorted(free, key=key)]

    # ---- configuration

    def _configure(self, event: Configure, now: datetime) -> list[Command]:
        known = {number for number, _ in event.agents}
        check_names([queue.name for queue in event.queues], [number for number, _ in event.agents])
        for queue in event.queues:
            check_queue(queue, known)
        self.queues = {queue.name: queue for queue in event.queues}
        for number, name in event.agents:
            agent = self.agents.setdefault(number, LiveAgent(number, since=now, idle_since=now))
            agent.name = name
        self._known = known
        self._forget_removed()
        return []

    # ---- calls

    def _call_enters(self, event: CallEnters, now: datetime) -> list[Command]:
        self.queue(event.queue)
        if not 0 <= event.priority <= 10:
            raise BadInput(f"priority {event.priority} of call {event.call} is outside 0 to 10.")
        if self._find(event.call) is not None or event.call in self._talking:
            return []
        self._serial += 1
        place = WaitingCall(event.call, event.queue, event.priority, now, self._serial, event.sticky)
        insort(self.waiting, place)
        return [
            CallQueued(
                at=now,
                call=event.call,
                queue=event.queue,
                priority=event.priority,
                position=self.position(event.call) or 1,
            )
        ]

    def _call_leaves(self, event: CallLeaves, now: datetime) -> list[Command]:
        place = self._find(event.call)
        if place is None:
            return []
        facts = self._miss(place, place.offered, "caller_gone", now) if place.offered else []
        self.waiting.remove(place)
        return facts

    def _offer_ringing(self, event: OfferRinging, now: datetime) -> list[Command]:
        agent = self._offered(event.call, event.agent)
        if agent is not None and agent.activity is Activity.RESERVED:
            agent.move(Move.RING, now)
        return []

    def _offer_answered(self, event: OfferAnswered, now: datetime) -> list[Command]:
        agent, place = self._offered(event.call, event.agent), self._find(event.call)
        if agent is None or place is None:
            return []
        agent.move(Move.ANSWER, now, event.call)
        agent.misses_in_a_row = 0
        self.waiting.remove(place)
        self._talking[event.call] = (event.agent, place.queue)
        return [CallAnswered(at=now, call=event.call, queue=place.queue, agent=event.agent, agent_name=agent.name)]

    def _offer_failed(self, event: OfferFailed, now: datetime) -> list[Command]:
        place = self._find(event.call)
        if place is None or place.offered != event.agent:
            return []
        return self._miss(place, event.agent, event.reason, now)

    def _miss(self, place: WaitingCall, number: AgentNumber, reason: MissReason, now: datetime) -> list[Command]:
        agent = self.agents[number]
        place.offered, place.offer_ends = None, None
        place.missed_by[number] = place.missed_by.get(number, 0) + 1
        agent.move(Move.RELEASE, now)
        facts: list[Command] = [OfferMissed(at=now, call=place.call, queue=place.queue, agent=number, reason=reason)]
        if reason != "caller_gone":
            agent.misses_in_a_row += 1
            limit = self.queues[place.queue].misses_before_pause if place.queue in self.queues else 0
            if limit and agent.misses_in_a_row >= limit and not agent.pause_reason:
                agent.misses_in_a_row = 0
                agent.pause_reason = MISSED_PAUSE
                facts.append(AgentPaused(at=now, agent=number, reason=MISSED_PAUSE))
        return facts

    def _talk_over(self, event: TalkOver, now: datetime) -> list[Command]:
        talking = self._talking.get(event.call)
        if talking is None or talking[0] != event.agent:
            return []
        del self._talking[event.call]
        agent = self.agents[event.agent]
        self._add_work(agent, now)
        queue = self.queues.get(talking[1])
        seconds = queue.wrap_up_seconds if queue else 0.0
        if seconds <= 0:
            agent.move(Move.FINISH, now)
            return []
        agent.move(Move.WRAP_UP, now)
        agent.wrap_up_until = now + timedelta(seconds=seconds)
        return [WrapUpStarted(at=now, agent=event.agent, call=event.call, until=agent.wrap_up_until)]

    # ---- agents

    def _log_in(self, event: LogIn, now: datetime) -> list[Command]:
        agent = self._agent(event.agent)
        if agent.logged_in and not agent.pause_reason:
            return []
        facts: list[Command] = [] if agent.logged_in else [AgentLoggedIn(at=now, agent=event.agent)]
        if agent.pause_reason:
            facts.append(AgentResumed(at=now, agent=event.agent))
        agent.logged_in, agent.pause_reason, agent.misses_in_a_row = True, "", 0
        self._mark(agent, now)
        return facts

    def _log_out(self, event: LogOut, now: datetime) -> list[Command]:
        agent = self._agent(event.agent)
        if not agent.logged_in:
            return []
        agent.logged_in, agent.pause_reason = False, ""
        self._mark(agent, now)
        return [AgentLoggedOut(at=now, agent=event.agent)]

    def _pause(self, event: Pause, now: datetime) -> list[Command]:
        agent = self._agent(event.agent)
        if not agent.logged_in:
            raise BadInput(f"agent {event.agent} is logged out and can't be paused. Log in first.")
        if not event.reason:
            raise BadInput("a pause needs a reason, such as lunch.")
        if agent.pause_reason == event.reason:
            return []
        agent.pause_reason = event.reason
        self._mark(agent, now)
        return [AgentPaused(at=now, agent=event.agent, reason=event.reason)]

    def _resume(self, event: Resume, now: datetime) -> list[Command]:
        agent = self._agent(event.agent)
        if not agent.logged_in:
            raise BadInput(f"agent {event.agent} is logged out and can't resume. Log in first.")
        facts: list[Command] = []
        if agent.pause_reason:
            agent.pause_reason, agent.misses_in_a_row = "", 0
            self._mark(agent, now)
            facts.append(AgentResumed(at=now, agent=event.agent))
        if agent.activity is Activity.WRAP_UP:
            facts += self._end_wrap_up(agent, now)
        return facts

    def _phone_is(self, event: PhoneIs, now: datetime) -> list[Command]:
        agent = self.agents.get(event.agent)
        if agent is None or agent.phone == event.phone:
            return []
        agent.phone = event.phone
        self._mark(agent, now)
        return [PhoneChanged(at=now, agent=event.agent, phone=event.phone)]

    def _open_tickets(self, event: OpenTickets, now: datetime) -> list[Command]:  # noqa: ARG002 (one shape for all)
        if event.agent in self.agents:
            self.agents[event.agent].open_tickets = event.count
        return []

    def _restore(self, event: Restore, now: datetime) -> list[Command]:
        agent = self._agent(event.agent)
        agent.logged_in, agent.pause_reason = event.logged_in, event.pause_reason
        if event.wrap_up_until is not None and event.wrap_up_until > now:
            agent.activity, agent.since, agent.wrap_up_until = Activity.WRAP_UP, now, event.wrap_up_until
        return []

    # ---- time

    def _tick(self, event: Tick, now: datetime) -> list[Command]:  # noqa: ARG002 (one shape for all)
        facts: list[Command] = []
        for agent in self.agents.values():
            if agent.wrap_up_until is not None and agent.wrap_up_until <= now:
                facts += self._end_wrap_up(agent, now)
        for place in self.waiting:
            if place.offered and place.offer_ends and place.offer_ends + RESERVATION_GRACE <= now:
                detail = f"agent {place.offered} was still reserved for call {place.call}; freed"
                facts.append(
                    AlarmRaised(at=now, name="stuck_reservation", detail=detail, call=place.call, agent=place.offered)
                )
                facts += self._miss(place, place.offered, "failed", now)
        return facts

    def _end_wrap_up(self, agent: LiveAgent, now: datetime) -> list[Command]:
        call = agent.call or CallId("")
        self._add_work(agent, now)
        agent.move(Move.FINISH, now)
        return [WrapUpEnded(at=now, agent=agent.number, call=call)]

    # ---- the decision

    def _distribute(self, now: datetime) -> Iterator[Command]:
        """Offers waiting calls, in the order of service, to free agents until one of both runs out."""
        free = sum(1 for agent in self.agents.values() if agent.available)
        for place in self.waiting:
            if free == 0:
                return
            if place.offered is not None or place.queue not in self.queues:
                continue
            order = self.order_of_agents(place.queue, place, now)
            if order:
                free -= 1
                yield from self._offer(place, *order[0], now)

    def _offer(self, place: WaitingCall, number: AgentNumber, why: str, now: datetime) -> Iterator[Command]:
        settings = self.queues[place.queue]
        self.agents[number].move(Move.RESERVE, now, place.call)
        self._serial += 1
        self._turns[place.queue, number] = self._serial
        place.offered, place.attempts = number, place.attempts + 1
        place.offer_ends = now + timedelta(seconds=settings.ring_seconds)
        yield CallOffered(at=now, call=place.call, queue=place.queue, agent=number, attempt=place.attempts, why=why)
        yield Offer(place.call, place.queue, number, settings.ring_seconds, place.attempts, why)

    # ---- looking things up

    def _candidate(self, queue: QueueName, member: Member, now: datetime) -> Candidate:
        agent = self.agents[member.agent]
        busy = sum(seconds for end, seconds in agent.work if end > now - LOAD_WINDOW)
        turn = self._turns.get((queue, member.agent), 0)
        return Candidate(member.agent, member.level, turn, busy, agent.open_tickets)

    def _add_work(self, agent: LiveAgent, now: datetime) -> None:
        seconds = (now - agent.since).total_seconds() if agent.since else 0.0
        agent.work = [(end, s) for end, s in agent.work if end > now - LOAD_WINDOW]
        agent.work.append((now, seconds))

    def _forget_removed(self) -> None:
        """Agents who were taken out of the configuration go once they have nothing to do with a call any more."""
        for number in self.agents.keys() - self._known:
            if self.agents[number].activity is Activity.IDLE:
                del self.agents[number]

    def _mark(self, agent: LiveAgent, now: datetime) -> None:
        """An idle agent's shown state changed: its time starts anew."""
        if agent.activity is Activity.IDLE:
            agent.since = now

    def _find(self, call: CallId) -> WaitingCall | None:
        return next((place for place in self.waiting if place.call == call), None)

    def _offered(self, call: CallId, number: AgentNumber) -> LiveAgent | None:
        """The agent, if this call is being offered to them."""
        place = self._find(call)
        return self.agents[number] if place is not None and place.offered == number else None

    def _agent(self, number: AgentNumber) -> LiveAgent:
        if number not in self.agents:
            raise NotFound(f"there is no agent {number}. See: contactcenter agent list")
        return self.agents[number]

    def queue(self, name: QueueName) -> QueueSettings:
        if name not in self.queues:
            raise NotFound(f"there is no queue {name}. See: contactcenter queue list")
        return self.queues[name]
