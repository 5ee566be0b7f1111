"""Conversations that end, and the wrap-up after them."""

from datetime import datetime, timedelta
from functools import partial

from contactcenter.acd.inputs import Command, CustomerAnswered, ExtendWrapUp, RestoreTalk, TalkOver
from contactcenter.acd.line import WaitingCall
from contactcenter.acd.offers import call_answered
from contactcenter.acd.state import State, Talking
from contactcenter.agents.states import Activity, LiveAgent, Move
from contactcenter.errors import BadInput
from contactcenter.events import AlarmRaised, OfferWithdrawn, WrapUpEnded, WrapUpExtended, WrapUpStarted
from contactcenter.ids import CallId

LONGEST_EXTENSION = 86_400
GRACE = timedelta(seconds=10)
"""An agent who talks while their phone is on the hook for so long is stuck."""


def customer_answered(state: State, event: CustomerAnswered, now: datetime) -> list[Command]:
    """Of a call whose agent answered first; or that waits on, for any agent."""
    if (place := state.line.calls.get(event.call)) is not None:
        place.provisional = False
    talk = state.talking.get(event.call)
    if talk is None or not talk.provisional:
        return []
    talk.provisional = talk.place.provisional = False
    talk.began = now
    return [call_answered(state, talk, now)]


def give_up_provisional(state: State, call: CallId, now: datetime) -> list[Command]:
    """The customer did not answer: the agent who waited is free at once."""
    talk = state.talking.get(call)
    if talk is None or not talk.provisional:
        return []
    agent = take_back(state, talk, now)
    state.agent_changed(agent)
    return [OfferWithdrawn(at=now, call=call, queue=talk.place.queue, agent=agent.number, why="caller_gone")]


def take_back(state: State, talk: Talking, now: datetime) -> LiveAgent:
    """It was no conversation: the agent is idle without wrap-up."""
    _forget(state, talk)
    agent = state.agents[talk.agent]
    agent.move(Move.FINISH, now)
    return agent


def talk_over(state: State, event: TalkOver, now: datetime) -> list[Command]:
    talk = state.talking.get(event.call)
    return [] if talk is None or talk.agent != event.agent else _end_talk(state, talk, now)


def restore_talk(state: State, event: RestoreTalk, now: datetime) -> list[Command]:
    agent, settings = state.agents.get(event.agent), state.queues.get(event.queue)
    if event.ended is not None and event.call in state.talking:
        return talk_over(state, TalkOver(event.call, event.agent), now)
    if agent is None or settings is None or agent.activity is not Activity.IDLE:
        return []
    if event.ended is not None:
        seconds = settings.wrap_up_seconds
        return _rest_of_wrap_up(state, agent, event, seconds, now) if seconds > 0 else []
    place = WaitingCall(event.call, event.queue, 0, event.began, event.began, state.next_serial())
    agent.move(Move.RESERVE, now, event.call)
    agent.move(Move.ANSWER, event.began, event.call)
    state.talking[event.call] = Talking(event.agent, place, event.began, settings, 0.0)
    state.agent_changed(agent)
    return []


def _rest_of_wrap_up(state: State, agent: LiveAgent, talk: RestoreTalk, seconds: float, now: datetime) -> list[Command]:
    ended = talk.ended or now
    until = ended + timedelta(seconds=seconds)
    started = WrapUpStarted(at=ended, agent=agent.number, call=talk.call, until=until)
    if until <= now:
        return [started, WrapUpEnded(at=until, agent=agent.number, call=talk.call)]
    resume_wrap_up(state, agent, talk.call, until, now)
    return [started]


def resume_wrap_up(state: State, agent: LiveAgent, call: CallId | None, until: datetime, now: datetime) -> None:
    """Of an idle agent: it began before the controller started."""
    agent.activity, agent.since, agent.call = Activity.WRAP_UP, now, call
    start_wrap_up(state, agent, until)


def phone_changed(state: State, agent: LiveAgent, now: datetime) -> None:
    """While the agent talks: if the phone is on the hook, the end of the talk must come soon, or it is ended here.

    Who waits for a customer to answer and hangs up is told by OfferFailed.
    """
    talk = state.talking.get(agent.call) if agent.call is not None else None
    if talk is not None and talk.agent == agent.number and not talk.provisional:
        if talk.stuck is not None:
            talk.stuck.cancel()
        if agent.phone == "free":
            talk.stuck = state.timers.at(now + GRACE, partial(_end_stuck, state, talk, agent))


def start_wrap_up(state: State, agent: LiveAgent, until: datetime) -> None:
    """The agent's activity is wrap-up already."""
    if (earlier := state.wrap_ups.get(agent.number)) is not None:
        earlier.cancel()
    agent.wrap_up_until = until
    state.wrap_ups[agent.number] = state.timers.at(until, partial(end_wrap_up, state, agent))
    state.agent_changed(agent)


def extend_wrap_up(state: State, event: ExtendWrapUp, now: datetime) -> list[Command]:
    agent = state.agent(event.agent)
    if not 0 < event.seconds <= LONGEST_EXTENSION:
        raise BadInput(
            f"a wrap-up can't be extended by {event.seconds:g} s. Use more than 0 and at most {LONGEST_EXTENSION}."
        )
    if agent.activity is not Activity.WRAP_UP or agent.wrap_up_until is None:
        raise BadInput(f"agent {event.agent} is not in wrap-up.")
    start_wrap_up(state, agent, agent.wrap_up_until + timedelta(seconds=event.seconds))
    return [WrapUpExtended(at=now, agent=agent.number, call=agent.call or CallId(""), until=agent.wrap_up_until)]


def end_wrap_up(state: State, agent: LiveAgent, now: datetime) -> list[Command]:
    """By its time, or by the agent."""
    state.wrap_ups.pop(agent.number).cancel()
    call = agent.call or CallId("")
    state.pool.worked(agent, now, wrap_up=(now - (agent.since or now)).total_seconds())
    agent.move(Move.FINISH, now)
    state.agent_changed(agent)
    return [WrapUpEnded(at=now, agent=agent.number, call=call)]


def _end_talk(state: State, talk: Talking, now: datetime) -> list[Command]:
    """The wrap-up is the queue's as it is now; if the queue is gone, as it was at the answer."""
    call = talk.place.call
    _forget(state, talk)
    agent = state.agents[talk.agent]
    agent.misses_in_a_row = 0
    state.pool.worked(agent, now, talk=(now - talk.began).total_seconds())
    settings = state.queues.get(talk.place.queue)
    seconds = (settings or talk.settings).wrap_up_seconds
    if seconds <= 0:
        agent.move(Move.FINISH, now)
        state.agent_changed(agent)
        return []
    agent.move(Move.WRAP_UP, now)
    until = now + timedelta(seconds=seconds)
    start_wrap_up(state, agent, until)
    return [WrapUpStarted(at=now, agent=agent.number, call=call, until=until)]


def _forget(state: State, talk: Talking) -> None:
    del state.talking[talk.place.call]
    if talk.stuck is not None:
        talk.stuck.cancel()


def _end_stuck(state: State, talk: Talking, agent: LiveAgent, now: datetime) -> list[Command]:
    detail = f"agent {agent.number} was still talking to call {talk.place.call} with the phone on the hook; freed"
    alarm = AlarmRaised(at=now, name="stuck_talk", detail=detail, call=talk.place.call, agent=agent.number)
    return [alarm, *_end_talk(state, talk, now)]
