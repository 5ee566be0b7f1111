"""Who serves a queue, changed. Whether the result can be is for check.py to say."""

import dataclasses

from contactcenter.acd.settings import Member, QueueSettings
from contactcenter.errors import NotFound
from contactcenter.ids import AgentNumber


def with_member(queue: QueueSettings, agent: AgentNumber, level: int) -> QueueSettings:
    """The agent is a member, at this level, whatever was before."""
    others = tuple(member for member in queue.members if member.agent != agent)
    members = sorted((*others, Member(agent, level)), key=lambda member: member.agent)
    return dataclasses.replace(queue, members=tuple(members))


def without_member(queue: QueueSettings, agent: AgentNumber) -> QueueSettings:
    """Raises NotFound when the agent is none."""
    others = tuple(member for member in queue.members if member.agent != agent)
    if len(others) == len(queue.members):
        raise NotFound(f"agent {agent} is no member of queue {queue.name}. See: contactcenter queue show {queue.name}")
    return dataclasses.replace(queue, members=others)
