"""Settings that change while calls wait: at once, and nobody loses their place."""

from datetime import datetime

from contactcenter.acd.calls import check_staff, send_away_removed
from contactcenter.acd.check import check_distribution, check_names, check_queues
from contactcenter.acd.inputs import Command, Configure
from contactcenter.acd.line import order_of
from contactcenter.acd.needs import NONE, check_skills, staff_of
from contactcenter.acd.offers import limit_wait
from contactcenter.acd.state import State
from contactcenter.agents.states import LiveAgent


def configure(state: State, event: Configure, now: datetime) -> list[Command]:
    """Raises BadInput or NotFound with nothing changed."""
    known = {number for number, _ in event.agents}
    check_names([queue.name for queue in event.queues], [number for number, _ in event.agents])
    check_distribution(event.distribution)
    check_queues(event.queues, known)
    for number, skills in event.skills.items():
        check_skills(f"agent {number}", skills)
    before, state.queues = state.queues, {queue.name: queue for queue in event.queues}
    state.known = known
    for number, name in event.agents:
        agent = state.agents.setdefault(number, LiveAgent(number, since=now, idle_since=now))
        agent.name, agent.skills = name, event.skills.get(number, NONE)
    _take_members(state, event)
    removed = {name: queue for name, queue in before.items() if name not in state.queues}
    commands = send_away_removed(state, removed, now)
    for place in state.line.calls.values():
        if state.queues[place.queue].max_wait_seconds != before[place.queue].max_wait_seconds:
            limit_wait(state, place)
    for name in state.queues:
        commands += check_staff(state, name, now)
    return commands


def _take_members(state: State, event: Configure) -> None:
    for agent in state.agents.values():
        agent.levels = {}
    for name, queue in state.queues.items():
        for member in queue.members:
            state.agents[member.agent].levels[name] = member.level
        levels = [member.level for member in queue.members] or [1]
        state.levels[name] = (min(levels), max(levels))
        state.staff[name] = staff_of(state.agents[member.agent] for member in queue.members)
    state.pool.configure(state.queues, event.distribution)
    if state.site.ageing_seconds != event.distribution.ageing_seconds:
        for place in list(state.line):
            state.line.remove(place)
            place.order = order_of(event.distribution.ageing_seconds, place.since, place.priority, place.serial)
            state.line.add(place)
    state.site = event.distribution
    for agent in list(state.agents.values()):
        state.agent_changed(agent)
    state.changed_calls.update(state.line.calls)
