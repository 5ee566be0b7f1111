"""What a queue's settings can't be, each with one clear line."""

import math

from contactcenter.acd.inputs import QueueSettings
from contactcenter.acd.strategies import STRATEGIES
from contactcenter.errors import BadInput, NotFound
from contactcenter.ids import AgentNumber, QueueName

SECONDS = ("ring_seconds", "wrap_up_seconds", "max_wait_seconds", "announce_seconds", "sticky_hours")


def check_names(queues: list[QueueName], agents: list[AgentNumber]) -> None:
    """Raises BadInput for a queue or an agent that stands there twice."""
    named: tuple[tuple[str, list[str]], ...] = (("queue", [*queues]), ("agent", [*agents]))
    for what, names in named:
        if twice := [name for name in names if names.count(name) > 1]:
            raise BadInput(f"there are two {what}s {twice[0]}. Keep one.")


def check_queue(queue: QueueSettings, agents: set[AgentNumber]) -> None:
    """Raises BadInput or NotFound. agents: the numbers that exist."""
    if queue.strategy not in STRATEGIES:
        known = ", ".join(sorted(STRATEGIES))
        raise BadInput(f"queue {queue.name}: there is no strategy {queue.strategy}. Use one of: {known}")
    numbers = [member.agent for member in queue.members]
    if twice := {number for number in numbers if numbers.count(number) > 1}:
        raise BadInput(f"queue {queue.name}: agent {min(twice)} is a member twice. Keep one.")
    if unknown := set(numbers) - agents:
        raise NotFound(f"queue {queue.name}: there is no agent {min(unknown)}. Add the agent first.")
    if wrong := [m for m in queue.members if not 1 <= m.level <= 9]:
        raise BadInput(f"queue {queue.name}: level {wrong[0].level} of agent {wrong[0].agent} is outside 1 to 9.")
    for name in (*SECONDS, "misses_before_pause"):
        value = getattr(queue, name)
        if not math.isfinite(value):
            raise BadInput(f"queue {queue.name}: {name} is {value}. Use a number, 0 or more.")
        if value < 0:
            raise BadInput(f"queue {queue.name}: {name} is negative. Use 0 or more.")
    if queue.ring_seconds < 1:
        raise BadInput(f"queue {queue.name}: ring_seconds must be at least 1.")
