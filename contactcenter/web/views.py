"""Agents and queues as programs and tables see them: the same keys from the API and from the command line."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from contactcenter.acd.callback import Promise
from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import Restore
from contactcenter.acd.settings import QueueSettings
from contactcenter.agents.states import Activity
from contactcenter.configuration.models import Configuration
from contactcenter.ids import AgentNumber


def agents_view(
    configuration: Configuration, engine: Engine | None, states: Mapping[AgentNumber, Restore] | None = None
) -> list[dict[str, Any]]:
    """Every agent; without an engine (the controller is down) the state is unknown, and the rest is what they were doing when it
    last knew (states). The SIP password is not in it.
    """
    last = states or {}
    return [
        {
            "number": agent.number,
            "name": agent.name,
            "state": live.state.value if (live := engine.agents.get(agent.number) if engine else None) else "unknown",
            "since": live.since if live else None,
            "pause_reason": live.pause_reason if live else before.pause_reason if before else "",
            "call": live.call if live else None,
            "logged_in": live.logged_in if live else before is not None and before.logged_in,
            "skills": list(agent.skills),
            "registered": live.phone != "unreachable" if live else None,
            "queues": [
                name
                for name, queue in configuration.queues.items()
                if any(member.agent == agent.number for member in queue.members)
            ],
        }
        for agent in configuration.agents.values()
        for before in (last.get(agent.number),)
    ]


def queues_view(configuration: Configuration, engine: Engine | None, now: datetime) -> list[dict[str, Any]]:
    """Every queue with how many wait, and the longest wait in seconds."""
    rows = []
    for name, queue in configuration.queues.items():
        waiting = [w for w in engine.waiting if w.queue == name] if engine else []
        agents = [engine.agents[m.agent] for m in queue.members if m.agent in engine.agents] if engine else []
        longest = max(((now - w.since).total_seconds() for w in waiting), default=0.0)
        rows.append(
            {
                "name": name,
                "title": queue.title,
                "strategy": queue.strategy,
                "members": [member.agent for member in queue.members],
                "waiting": len(waiting) if engine else None,
                "longest_wait_seconds": round(longest, 1) if engine else None,
                "free": sum(1 for agent in agents if agent.available) if engine else None,
                "talking": sum(1 for agent in agents if agent.activity is Activity.TALKING) if engine else None,
            }
        )
    return rows


def queue_view(queue: QueueSettings) -> dict[str, Any]:
    """Every setting; members with their levels."""
    return {**dataclasses.asdict(queue), "members": {member.agent: member.level for member in queue.members}}


def callbacks_view(promises: Iterable[Promise]) -> list[dict[str, Any]]:
    """Promises to call back that are open, the oldest place first."""
    keys = ("call", "hotline", "number", "name", "queue", "priority", "since", "tries", "next_try")
    return [{key: getattr(one, key) for key in keys} for one in sorted(promises, key=lambda one: one.since)]
