"""Offers: made, answered, missed, withdrawn."""

from datetime import datetime, timedelta
from functools import partial

from contactcenter.acd.estimate import WaitEstimate
from contactcenter.acd.inputs import (
    Command,
    Connect,
    Offer,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    Overflow,
    Withdraw,
)
from contactcenter.acd.line import OfferUnderWay, WaitingCall
from contactcenter.acd.state import State, Talking
from contactcenter.agents.states import Activity, LiveAgent, Move
from contactcenter.events import (
    AgentPaused,
    AlarmRaised,
    CallAnswered,
    CallOffered,
    CallOverflowed,
    MissReason,
    OfferMissed,
    OfferWithdrawn,
    OverflowReason,
    WithdrawReason,
)
from contactcenter.ids import AgentNumber, CallId

MISSED_PAUSE = "missed_calls"
GRACE = timedelta(seconds=10)
"""A reservation that outlives its ring time by this much, or a withdrawn one that is not over after it, is stuck."""
BACK_OFF = timedelta(seconds=1)
"""An agent whose phone fails at once, again and again, is left alone for so long: nobody is dialed in a tight loop."""
AT_ONCE: frozenset[MissReason] = frozenset({"busy", "rejected", "unreachable", "failed"})


def offer(
    state: State, place: WaitingCall, agent: LiveAgent, why: str, now: datetime, *, after: tuple[AgentNumber, ...] = ()
) -> list[Command]:
    """Reserves the agent for the call. after: who would be asked next, if it were now."""
    settings = state.queues[place.queue]
    place.attempts += 1
    attempt = place.attempts
    agent.move(Move.RESERVE, now, place.call)
    agent.attempt = attempt
    agent.turns[place.queue] = state.next_serial()
    ends = now + timedelta(seconds=settings.ring_seconds + place.lead_seconds)
    watchdog = state.timers.at(ends + GRACE, partial(_free_stuck, state, place, agent, attempt))
    place.offers[agent.number] = OfferUnderWay(attempt, now, watchdog)
    state.pool.refresh(agent)
    state.list_call(place, now)
    return [
        CallOffered(
            at=now, call=place.call, queue=place.queue, agent=agent.number, attempt=attempt, why=why, before=after
        ),
        Offer(place.call, place.queue, agent.number, settings.ring_seconds, attempt, why),
    ]


def ringing(state: State, event: OfferRinging, now: datetime) -> list[Command]:
    found = _under_way(state, event.call, event.agent, event.attempt)
    if found is not None and found[1].activity is Activity.RESERVED:
        found[1].move(Move.RING, now)
    return []


def answered(state: State, event: OfferAnswered, now: datetime) -> list[Command]:
    """The first to answer has the call; whoever answers later is let go."""
    found = _under_way(state, event.call, event.agent, event.attempt)
    if found is None:
        talk = state.talking.get(event.call)
        if talk is not None and talk.agent == event.agent and state.agents[event.agent].attempt == event.attempt:
            return []
        return [Withdraw(event.call, event.agent, event.attempt, "answered_elsewhere")]
    place, agent, under_way = found
    under_way.watchdog.cancel()
    del place.offers[agent.number]
    losers = withdraw_all(state, place, "answered_elsewhere", now)
    agent.move(Move.ANSWER, now, place.call)
    state.take_out(place, now)
    if not place.at_once and not place.provisional:
        waited = (now - place.entered).total_seconds()
        state.estimates.setdefault((place.queue, place.skills), WaitEstimate()).learn(waited, place.began_at)
    rang = round((now - under_way.began).total_seconds(), 3)
    talk = Talking(agent.number, place, now, state.queues[place.queue], rang, place.provisional)
    state.talking[place.call] = talk
    facts = [] if talk.provisional else [call_answered(state, talk, now)]
    return [*facts, Connect(place.call, agent.number, event.attempt), *losers]


def call_answered(state: State, talk: Talking, now: datetime) -> CallAnswered:
    return CallAnswered(
        at=now,
        call=talk.place.call,
        queue=talk.place.queue,
        agent=talk.agent,
        agent_name=state.agents[talk.agent].name,
        ring_seconds=talk.rang_seconds,
    )


def failed(state: State, event: OfferFailed, now: datetime) -> list[Command]:
    """The phone is quiet: a miss, or the last word on an offer that was withdrawn."""
    found = _under_way(state, event.call, event.agent, event.attempt)
    if found is None:
        agent = state.agents.get(event.agent)
        clearing = agent is not None and agent.activity is Activity.CLEARING
        if agent is not None and clearing and (agent.call, agent.attempt) == (event.call, event.attempt):
            release(state, agent, now)
        return []
    return miss(state, found[0], found[1], event.reason, now)


def miss(state: State, place: WaitingCall, agent: LiveAgent, reason: MissReason, now: datetime) -> list[Command]:
    """The offer failed for a reason of the agent's; the call keeps its place."""
    under_way = place.offers.pop(agent.number)
    under_way.watchdog.cancel()
    count_miss(place, agent)
    rang = round((now - under_way.began).total_seconds(), 3)
    facts: list[Command] = [
        OfferMissed(at=now, call=place.call, queue=place.queue, agent=agent.number, reason=reason, ring_seconds=rang)
    ]
    facts += pause_after_misses(state, place, agent, now)
    if reason in AT_ONCE and place.missed_by[agent.number] > 1:
        agent.move(Move.WITHDRAW, now)
        agent.attempt = 0  # nothing that is said of the offer again ends the pause
        state.agent_changed(agent)
        state.clearing[agent.number] = state.timers.at(now + BACK_OFF, partial(_back_off_over, state, agent))
    else:
        release(state, agent, now)
    return [*facts, *wait_on(state, place, now)]


def withdraw(state: State, place: WaitingCall, agent: LiveAgent, why: WithdrawReason, now: datetime) -> list[Command]:
    """Stops an offer that the agent has not missed. The agent is free once the phone is quiet."""
    under_way = place.offers.pop(agent.number)
    under_way.watchdog.cancel()
    agent.move(Move.WITHDRAW, now)
    state.clearing[agent.number] = state.timers.at(
        now + GRACE, partial(_free_clearing, state, agent, place.call, under_way.attempt)
    )
    return [
        OfferWithdrawn(at=now, call=place.call, queue=place.queue, agent=agent.number, why=why),
        Withdraw(place.call, agent.number, under_way.attempt, why),
    ]


def withdraw_all(state: State, place: WaitingCall, why: WithdrawReason, now: datetime) -> list[Command]:
    commands: list[Command] = []
    for number in list(place.offers):
        commands += withdraw(state, place, state.agents[number], why, now)
    return commands


def withdraw_of(state: State, agent: LiveAgent, now: datetime) -> list[Command]:
    """The agent went away while being rung: the next one at once."""
    place = state.line.calls.get(agent.call) if agent.call is not None else None
    if place is None or agent.number not in place.offers:
        return []
    commands = withdraw(state, place, agent, "agent_gone", now)
    place.missed_by[agent.number] = place.missed_by.get(agent.number, 0) + 1
    return [*commands, *wait_on(state, place, now)]


def release(state: State, agent: LiveAgent, now: datetime) -> None:
    if (clearing := state.clearing.pop(agent.number, None)) is not None:
        clearing.cancel()
    agent.move(Move.RELEASE, now)
    state.agent_changed(agent)


def overflow(state: State, place: WaitingCall, to: str, why: OverflowReason, now: datetime) -> list[Command]:
    """The call leaves the line for somewhere else."""
    withdrawn = withdraw_all(state, place, "caller_gone", now)
    state.take_out(place, now)
    fact = CallOverflowed(at=now, call=place.call, queue=place.queue, to=to, why=why)
    return [*withdrawn, fact, Overflow(place.call, to, why)]


def limit_wait(state: State, place: WaitingCall) -> None:
    """Sets the timer of the queue's maximum wait anew, counted from when the call entered."""
    if place.max_wait is not None:
        place.max_wait.cancel()
    seconds = state.queues[place.queue].max_wait_seconds
    if place.limited and seconds and not place.overdue:
        place.max_wait = state.timers.at(
            place.entered + timedelta(seconds=seconds), partial(_wait_is_over, state, place)
        )


def wait_on(state: State, place: WaitingCall, now: datetime) -> list[Command]:
    """An offer is over and the call waits on, unless its time is up and nobody else is being rung for it."""
    if place.overdue and not place.offers:
        settings = state.queues.get(place.queue)
        return overflow(state, place, settings.overflow_timeout if settings else "hang_up", "max_wait", now)
    state.call_changed(place)
    return []


def _wait_is_over(state: State, place: WaitingCall, now: datetime) -> list[Command]:
    """Phones that ring for the call already may still be answered."""
    place.overdue = True
    state.line.unlist(place)
    return wait_on(state, place, now)


def count_miss(place: WaitingCall, agent: LiveAgent) -> None:
    place.missed_by[agent.number] = place.missed_by.get(agent.number, 0) + 1
    agent.misses_in_a_row += 1


def pause_after_misses(state: State, place: WaitingCall, agent: LiveAgent, now: datetime) -> list[Command]:
    limit = state.queues[place.queue].misses_before_pause if place.queue in state.queues else 0
    if not limit or agent.misses_in_a_row < limit or agent.pause_reason or not agent.logged_in:
        return []
    agent.misses_in_a_row = 0
    agent.pause_reason = MISSED_PAUSE
    return [AgentPaused(at=now, agent=agent.number, reason=MISSED_PAUSE)]


def _under_way(
    state: State, call: CallId, number: AgentNumber, attempt: int
) -> tuple[WaitingCall, LiveAgent, OfferUnderWay] | None:
    """The offer, if it is not over yet."""
    place = state.line.calls.get(call)
    under_way = place.offers.get(number) if place is not None else None
    if place is None or under_way is None or under_way.attempt != attempt:
        return None
    return place, state.agents[number], under_way


def _back_off_over(state: State, agent: LiveAgent, now: datetime) -> list[Command]:
    release(state, agent, now)
    return []


def _free_clearing(state: State, agent: LiveAgent, call: CallId, attempt: int, now: datetime) -> list[Command]:
    release(state, agent, now)
    return [_stuck(agent, call, now), Withdraw(call, agent.number, attempt, "stuck")]


def _free_stuck(state: State, place: WaitingCall, agent: LiveAgent, attempt: int, now: datetime) -> list[Command]:
    stop = Withdraw(place.call, agent.number, attempt, "stuck")
    return [_stuck(agent, place.call, now), stop, *miss(state, place, agent, "failed", now)]


def _stuck(agent: LiveAgent, call: CallId, now: datetime) -> Command:
    detail = f"agent {agent.number} was still reserved for call {call}; freed"
    return AlarmRaised(at=now, name="stuck_reservation", detail=detail, call=call, agent=agent.number)
