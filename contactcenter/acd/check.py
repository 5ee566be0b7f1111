"""What settings of queues and of distribution can't be, each with one clear line."""

import dataclasses
import math
import re
import typing
from collections.abc import Iterable

from contactcenter.acd.overflow import check_action
from contactcenter.acd.settings import MOST_LEVEL, CallbackOrder, DistributionSettings, QueueSettings
from contactcenter.acd.strategies import STRATEGIES
from contactcenter.errors import BadInput, NotFound
from contactcenter.ids import AgentNumber, QueueName

NUMBERS = tuple(field.name for field in dataclasses.fields(QueueSettings) if field.type in {"int", "float", int, float})
OVERFLOWS = ("overflow_full", "overflow_no_agents", "overflow_timeout", "overflow_closed")
LONGEST_TITLE = 200
MOST_NUMBER = 100_000_000
MOST_HOURS = 100_000
"""Eleven years. Much more of them, and looking so far back ends before the calendar begins."""
ORDERS = typing.get_args(CallbackOrder)


def check_queues(queues: Iterable[QueueSettings], agents: set[AgentNumber]) -> None:
    """All queues of a site, against each other. Raises BadInput or NotFound."""
    known = list(queues)
    for queue in known:
        check_queue(queue, agents, {one.name for one in known})


def check_names(queues: list[QueueName], agents: list[AgentNumber]) -> None:
    """Raises BadInput for a queue or an agent that stands there twice."""
    named: tuple[tuple[str, list[str]], ...] = (("queue", [*queues]), ("agent", [*agents]))
    for what, names in named:
        if twice := _twice(names):
            raise BadInput(f"there are two {what}s {twice}. Keep one.")


def check_distribution(site: DistributionSettings) -> None:
    """Raises BadInput."""
    for field in dataclasses.fields(site):
        _check_number("distribution", field.name, getattr(site, field.name))
    if site.load_window_seconds <= 0:
        raise BadInput("distribution: load_window_seconds must be more than 0.")


def check_queue(queue: QueueSettings, agents: set[AgentNumber], queues: set[QueueName]) -> None:
    """Raises BadInput or NotFound. agents, queues: those that exist."""
    where = f"queue {queue.name}"
    if queue.strategy not in STRATEGIES:
        raise BadInput(f"{where}: there is no strategy {queue.strategy}. Use one of: {', '.join(sorted(STRATEGIES))}")
    if queue.callback not in ORDERS:
        raise BadInput(f"{where}: callback can't be {queue.callback}. Use one of: {', '.join(ORDERS)}")
    if len(queue.title) > LONGEST_TITLE or re.search(r"[\x00-\x1f\x7f]", queue.title):
        raise BadInput(
            f"{where}: title is longer than {LONGEST_TITLE} characters, or has a line break or the like in it."
        )
    _check_members(queue, agents)
    for name in NUMBERS:
        _check_number(where, name, getattr(queue, name), MOST_HOURS if name.endswith("_hours") else MOST_NUMBER)
    if queue.ring_seconds < 1:
        raise BadInput(f"{where}: ring_seconds must be at least 1.")
    for name in OVERFLOWS:
        action = getattr(queue, name)
        if action or name != "overflow_no_agents":
            check_action(f"{where}: {name}", action, queues - {queue.name})


def _check_members(queue: QueueSettings, agents: set[AgentNumber]) -> None:
    numbers = [member.agent for member in queue.members]
    if twice := _twice([*numbers]):
        raise BadInput(f"queue {queue.name}: agent {twice} is a member twice. Keep one.")
    if unknown := set(numbers) - agents:
        raise NotFound(f"queue {queue.name}: there is no agent {min(unknown)}. Add the agent first.")
    if wrong := [m for m in queue.members if not 1 <= m.level <= MOST_LEVEL]:
        raise BadInput(
            f"queue {queue.name}: level {wrong[0].level} of agent {wrong[0].agent} is outside 1 to {MOST_LEVEL}."
        )


def _check_number(where: str, name: str, value: float, most: int = MOST_NUMBER) -> None:
    """Of numbers too large no instant can be made."""
    if not math.isfinite(value):
        raise BadInput(f"{where}: {name} is {value}. Use a number, 0 or more.")
    if value < 0:
        raise BadInput(f"{where}: {name} is negative. Use 0 or more.")
    if value > most:
        raise BadInput(f"{where}: {name} is {value:g}. Use {most:,} or less.")


def _twice(names: list[str]) -> str:
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), "")  # type: ignore[func-returns-value]
