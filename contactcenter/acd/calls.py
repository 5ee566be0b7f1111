"""Calls that come and go: who gets into a queue, with which place, and for how long."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from contactcenter.acd.inputs import CallEnters, CallLeaves, Command, ConnectFailed, OfferFailed, Overflow
from contactcenter.acd.line import WaitingCall
from contactcenter.acd.needs import NONE, nobody_has
from contactcenter.acd.offers import count_miss, failed, limit_wait, overflow, pause_after_misses, wait_on, withdraw_all
from contactcenter.acd.overflow import parse
from contactcenter.acd.settings import QueueSettings
from contactcenter.acd.state import State
from contactcenter.acd.talks import give_up_provisional, take_back
from contactcenter.errors import BadInput
from contactcenter.events import AlarmRaised, CallOverflowed, CallQueued, CallReturned, OverflowReason
from contactcenter.ids import CallId, QueueName

LATE_WORDS = timedelta(hours=1)
"""Nothing is said about an offer any more when it is over for so long."""


def enter(state: State, event: CallEnters, now: datetime) -> list[Command]:
    settings = state.queue(event.queue)
    if not 0 <= event.priority <= 10:
        raise BadInput(f"priority {event.priority} of call {event.call} is outside 0 to 10.")
    if event.call in state.line.calls or event.call in state.talking:
        return []
    kept = event.since or _kept_place(state, event, settings, now)
    if (refused := _refused(state, event, settings, kept is not None)) is not None:
        why, to = refused
        fact = CallOverflowed(at=now, call=event.call, queue=event.queue, to=to, why=why)
        return [fact, Overflow(event.call, to, why)]
    if event.since is None:
        state.left.pop((event.queue, event.caller), None)
    place = _place(state, event, settings, min(now, kept or now), now)
    state.put_in(place)
    place.began_at = state.line.position(place)
    place.at_once = state.pool.has_free(place.queue, place.skills)
    limit_wait(state, place)
    since = place.since if place.since != now else None
    return [
        CallQueued(
            at=now,
            call=place.call,
            queue=place.queue,
            priority=place.priority,
            position=place.began_at,
            since=since,
            recovered=event.entered is not None,
        ),
        *_check_need(state, place, now),
    ]


def leave(state: State, event: CallLeaves, now: datetime) -> list[Command]:
    place = state.line.calls.get(event.call)
    if place is None:
        return give_up_provisional(state, event.call, now)
    commands = withdraw_all(state, place, "caller_gone", now)
    state.take_out(place, now)
    if event.hung_up and place.caller:
        state.left.pop((place.queue, place.caller), None)
        state.left[place.queue, place.caller] = (place.since, now)
    return commands


def come_back(state: State, event: ConnectFailed, now: datetime) -> list[Command]:
    """The agent was gone before the connection: the call has its place again, if there still is one."""
    talk = state.talking.get(event.call)
    if talk is None or talk.agent != event.agent:
        return []
    agent, place = take_back(state, talk, now), talk.place
    count_miss(place, agent)
    commands: list[Command] = [CallReturned(at=now, call=place.call, queue=place.queue, agent=agent.number)]
    commands += pause_after_misses(state, place, agent, now)
    state.agent_changed(agent)
    state.put_in(place)
    if place.queue not in state.queues:
        return [*commands, *send_away_removed(state, {place.queue: talk.settings}, now)]
    limit_wait(state, place)
    return [*commands, *wait_on(state, place, now), *check_staff(state, place.queue, now)]


def offer_failed(state: State, event: OfferFailed, now: datetime) -> list[Command]:
    """Also of an agent who waits for the customer of a callback, and hung up: the next one waits."""
    talk = state.talking.get(event.call)
    if talk is None or not talk.provisional or talk.agent != event.agent:
        return failed(state, event, now)
    if state.agents[event.agent].attempt != event.attempt:
        return []
    return come_back(state, ConnectFailed(event.call, event.agent), now)


def check_staff(state: State, queue: QueueName, now: datetime) -> list[Command]:
    """Nobody of the queue (who has the skills that a call needs) is logged in any more: callers go where the admin says, if
    that is said. Promises wait on.
    """
    settings = state.queues.get(queue)
    if settings is None:
        return []
    commands: list[Command] = []
    staff = state.staff[queue]
    if settings.overflow_no_agents:
        for place in state.line.needing(queue) if staff.is_there(NONE) else _waiting_in(state, queue):
            if place.limited and not staff.is_there(place.skills):
                commands += overflow(state, place, settings.overflow_no_agents, "no_agents", now)
    for place in state.line.needing(queue):
        commands += _check_need(state, place, now)
    return commands


def _check_need(state: State, place: WaitingCall, now: datetime) -> list[Command]:
    """No member of the queue has what the call needs, logged in or not: it is for all members, so that nobody waits in vain."""
    if not place.skills or state.staff[place.queue].has(place.skills):
        return []
    detail = nobody_has(place.queue, place.skills)
    state.line.needs_no_more(place)
    state.call_changed(place)
    return [AlarmRaised(at=now, name="skills_nobody_has", detail=detail, call=place.call)]


def send_away_removed(state: State, removed: Mapping[QueueName, QueueSettings], now: datetime) -> list[Command]:
    """These queues are gone: those who wait go where the maximum wait would have sent them, past queues that are gone too."""
    commands: list[Command] = []
    for name, settings in removed.items():
        to, passed = settings.overflow_timeout, {name}
        while (target := _queue_of(to)) is not None and target not in state.queues:
            to = removed[target].overflow_timeout if target in removed and target not in passed else "hang_up"
            passed.add(target)
        for place in _waiting_in(state, name):
            commands += overflow(state, place, to, "queue_removed", now)
    return commands


def _queue_of(to: str) -> QueueName | None:
    action = parse(to)
    return QueueName(action.target) if action.kind == "queue" else None


def _waiting_in(state: State, queue: QueueName) -> list[WaitingCall]:
    return [place for place in state.line if place.queue == queue]


def _refused(
    state: State, event: CallEnters, settings: QueueSettings, is_kept: bool
) -> tuple[OverflowReason, str] | None:
    """Why a call does not get in, and where it goes. A kept place is never refused for want of room."""
    if not settings.accepting and event.since is None:
        return "closed", settings.overflow_closed
    if event.max_wait and settings.overflow_no_agents and not state.staff[settings.name].is_there(event.skills):
        return "no_agents", settings.overflow_no_agents
    if settings.max_length and not is_kept and state.line.length(settings.name) >= settings.max_length:
        return "full", settings.overflow_full
    return None


def _earlier_attempts(state: State, call: CallId, now: datetime) -> int:
    """How often the call was offered when it was in the line before; what is too long ago for late words is forgotten here."""
    while state.attempts and now - next(iter(state.attempts.values()))[1] > LATE_WORDS:
        state.attempts.popitem(last=False)
    return state.attempts.pop(call, (0, now))[0]


def _place(state: State, event: CallEnters, settings: QueueSettings, since: datetime, now: datetime) -> WaitingCall:
    hold = settings.sticky_wait_seconds if event.sticky_seconds is None else event.sticky_seconds
    return WaitingCall(
        event.call,
        event.queue,
        event.priority,
        since,
        event.entered or now,
        state.next_serial(),
        caller=event.caller,
        sticky=event.sticky,
        direct=event.direct,
        lead_seconds=event.lead_seconds,
        provisional=event.provisional,
        skills=event.skills,
        limited=event.max_wait,
        attempts=_earlier_attempts(state, event.call, now),
        hold_until=now + timedelta(seconds=hold) if hold and event.sticky else None,
    )


def _kept_place(state: State, event: CallEnters, settings: QueueSettings, now: datetime) -> datetime | None:
    """The place of a caller who hung up a moment ago. What nobody can come back for any more is forgotten here."""
    longest = max((queue.redial_seconds for queue in state.queues.values()), default=0.0) if state.left else 0.0
    while state.left and (now - next(iter(state.left.values()))[1]).total_seconds() > longest:
        state.left.popitem(last=False)
    kept = state.left.get((event.queue, event.caller)) if event.caller else None
    if kept is None or not settings.redial_seconds or (now - kept[1]).total_seconds() > settings.redial_seconds:
        return None
    return kept[0]
