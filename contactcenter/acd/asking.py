"""Whom a call would be offered to, in what order, and why: for people who ask beforehand. Changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contactcenter.acd.needs import NONE, Skills
from contactcenter.acd.settings import MOST_LEVEL
from contactcenter.acd.state import State
from contactcenter.agents.states import LiveAgent
from contactcenter.ids import AgentNumber, QueueName


@dataclass(frozen=True, slots=True)
class Asked:
    """place: 1 is asked first, None: not now. why: the reason for the place, or for having none."""

    place: int | None
    agent: AgentNumber
    name: str
    level: int | None
    state: str
    why: str


def order(
    state: State,
    queue: QueueName,
    now: datetime,
    *,
    first: Iterable[AgentNumber] = (),
    sticky: Iterable[AgentNumber] = (),
    needed: Skills = NONE,
) -> list[Asked]:
    """Every agent who may ever be asked for such a call, those who are free first. Raises NotFound.

    first: asked whether they are members or not, as a rule names them; sticky: then those who know the caller. Members of a higher level number are asked once the call has waited for them, see relax_seconds.
    """
    settings = state.queue(queue)
    # A need that no member can meet is no need, see needs.py.
    needed = needed if state.staff[queue].has(needed) else NONE
    members = [member.agent for member in settings.members]
    able = [n for n in sticky if n in members and needed <= state.agents[n].skills]
    named = dict.fromkeys(first, "named by the rule") | dict.fromkeys(able, "knows the caller")
    wanted = [number for number in (*first, *able) if number in state.agents]
    preferred = [n for n in dict.fromkeys(wanted) if state.agents[n].available]
    free = [*preferred, *(n for n in state.pool.free(queue, MOST_LEVEL, needed) if n not in preferred)]
    rest = [number for number in dict.fromkeys((*wanted, *members)) if number not in free]
    ranked = [
        _asked(place, state.agents[n], queue, named[n] if n in preferred else _why(state, state.agents[n], queue, now))
        for place, n in enumerate(free, 1)
    ]
    later = [
        _asked(None, agent, queue, _busy(agent) if agent.number in named else _why_not(agent, queue, needed))
        for agent in (state.agents[n] for n in rest)
    ]
    return [*ranked, *later]


def _asked(place: int | None, agent: LiveAgent, queue: QueueName, why: str) -> Asked:
    return Asked(place, agent.number, agent.name, agent.levels.get(queue), agent.state.value, why)


def _why(state: State, agent: LiveAgent, queue: QueueName, now: datetime) -> str:
    strategy = state.queues[queue].strategy
    idle = f", free for {(now - agent.idle_since).total_seconds():.0f} s" if agent.idle_since else ""
    work = f"{agent.talks} talks, {agent.talk_seconds:.0f} s of talk, {agent.wrap_up_seconds:.0f} s of wrap-up"
    return f"{strategy}: {work}, {agent.open_tickets} open tickets{idle}"


def _why_not(agent: LiveAgent, queue: QueueName, needed: Skills) -> str:
    if queue not in agent.levels:
        return f"no member of queue {queue}"
    if missing := needed - agent.skills:
        return f"lacks {', '.join(sorted(missing))}"
    return _busy(agent)


def _busy(agent: LiveAgent) -> str:
    return agent.state.value.replace("_", " ")
