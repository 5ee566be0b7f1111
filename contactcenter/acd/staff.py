"""Agents: log in and out, pause, resume, and what their phones do."""

from datetime import datetime

from contactcenter.acd.calls import check_staff
from contactcenter.acd.inputs import Command, LogIn, LogOut, OpenTickets, Pause, PhoneIs, Restore, Resume
from contactcenter.acd.offers import withdraw_of
from contactcenter.acd.state import State
from contactcenter.acd.talks import end_wrap_up, phone_changed, resume_wrap_up
from contactcenter.agents.states import Activity, LiveAgent
from contactcenter.errors import BadInput
from contactcenter.events import AgentLoggedIn, AgentLoggedOut, AgentPaused, AgentResumed, PhoneChanged, WrapUpEnded
from contactcenter.ids import CallId
from contactcenter.printable import printable

LONGEST_REASON = 40


def log_in(state: State, event: LogIn, now: datetime) -> list[Command]:
    agent = state.agent(event.agent)
    if agent.logged_in and not agent.pause_reason:
        return []
    facts: list[Command] = []
    if not agent.logged_in:
        facts.append(AgentLoggedIn(at=now, agent=event.agent))
        _set_logged_in(state, agent, True)
    if agent.pause_reason:
        facts.append(AgentResumed(at=now, agent=event.agent))
    agent.pause_reason, agent.misses_in_a_row = "", 0
    _shown_anew(state, agent, now)
    return facts


def log_out(state: State, event: LogOut, now: datetime) -> list[Command]:
    """A phone that rings for them stops; a conversation goes on."""
    agent = state.agent(event.agent)
    if not agent.logged_in:
        return []
    agent.pause_reason = ""
    _set_logged_in(state, agent, False)
    _shown_anew(state, agent, now)
    commands: list[Command] = [AgentLoggedOut(at=now, agent=event.agent), *withdraw_of(state, agent, now)]
    for queue in agent.levels:
        commands += check_staff(state, queue, now)
    return commands


def pause(state: State, event: Pause, now: datetime) -> list[Command]:
    """From the next call on: one that rings or is talked about is still theirs."""
    agent = state.agent(event.agent)
    if not agent.logged_in:
        raise BadInput(f"agent {event.agent} is logged out and can't be paused. Log in first.")
    if not event.reason.strip():
        raise BadInput("a pause needs a reason, such as lunch.")
    if len(event.reason) > LONGEST_REASON or printable(event.reason, keep="") != event.reason:
        raise BadInput(f"the reason of a pause is one line of at most {LONGEST_REASON} characters, such as lunch.")
    if agent.pause_reason == event.reason:
        return []
    agent.pause_reason = event.reason
    _shown_anew(state, agent, now)
    return [AgentPaused(at=now, agent=event.agent, reason=event.reason)]


def resume(state: State, event: Resume, now: datetime) -> list[Command]:
    agent = state.agent(event.agent)
    if not agent.logged_in:
        raise BadInput(f"agent {event.agent} is logged out and can't resume. Log in first.")
    facts: list[Command] = []
    if agent.pause_reason:
        agent.pause_reason, agent.misses_in_a_row = "", 0
        _shown_anew(state, agent, now)
        facts.append(AgentResumed(at=now, agent=event.agent))
    if agent.activity is Activity.WRAP_UP:
        facts += end_wrap_up(state, agent, now)
    return facts


def phone_is(state: State, event: PhoneIs, now: datetime) -> list[Command]:
    agent = state.agents.get(event.agent)
    if agent is None or agent.phone == event.phone:
        return []
    agent.phone = event.phone
    if agent.activity is Activity.IDLE:
        agent.since = now
    state.agent_changed(agent)
    commands: list[Command] = [PhoneChanged(at=now, agent=event.agent, phone=event.phone)]
    if event.phone == "unreachable":
        commands += withdraw_of(state, agent, now)
    phone_changed(state, agent, now)
    return commands


def open_tickets(state: State, event: OpenTickets, now: datetime) -> list[Command]:  # noqa: ARG001 (one shape for all)
    if (agent := state.agents.get(event.agent)) is not None:
        agent.open_tickets = event.count
        state.agent_changed(agent)
    return []


def restore(state: State, event: Restore, now: datetime) -> list[Command]:
    """A wrap-up that was over while no controller was there ended in its time."""
    agent, until = state.agent(event.agent), event.wrap_up_until
    agent.pause_reason = event.pause_reason
    _set_logged_in(state, agent, event.logged_in)
    if until is not None and until > now and agent.activity is Activity.IDLE:
        resume_wrap_up(state, agent, event.wrap_up_call, until, now)
    state.agent_changed(agent)
    if until is None or until > now:
        return []
    return [WrapUpEnded(at=until, agent=event.agent, call=event.wrap_up_call or CallId(""))]


def _set_logged_in(state: State, agent: LiveAgent, value: bool) -> None:
    if agent.logged_in is not value:
        agent.logged_in = value
        for queue in agent.levels:
            state.staff[queue].logged_in[agent.skills] += 1 if value else -1


def _shown_anew(state: State, agent: LiveAgent, now: datetime) -> None:
    """An idle agent's shown state changed: its time starts anew."""
    if agent.activity is Activity.IDLE:
        agent.since = agent.idle_since = now
    state.agent_changed(agent)
