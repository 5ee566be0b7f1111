"""The pool: each queue's free members, kept in the order its strategy asks them; and what agents worked lately."""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sortedcontainers import SortedList

from contactcenter.acd.needs import NONE, Skills
from contactcenter.acd.settings import DistributionSettings, QueueSettings
from contactcenter.acd.strategies import STRATEGIES
from contactcenter.acd.strategies.candidate import Candidate
from contactcenter.agents.states import LiveAgent
from contactcenter.ids import AgentNumber, QueueName

LONG_AGO = datetime.min.replace(tzinfo=UTC)
Key = tuple[Any, ...]
"""(level, *rank, number)"""


class Pool:
    """An agent is ranked when something about them changes, so a call finds its agent without a scan.

    What an agent worked counts until it ends to be inside the window; `forget_old_work` sees to that before each decision.
    """

    def __init__(self) -> None:
        self.site = DistributionSettings()
        self._queues: dict[QueueName, QueueSettings] = {}
        self._free: dict[QueueName, SortedList[Key]] = {}
        self._skilled: dict[QueueName, dict[Skills, SortedList[Key]]] = {}
        """The same of those who have skills, by which."""
        self._keys: dict[AgentNumber, tuple[Skills, dict[QueueName, Key]]] = {}
        self._work: deque[tuple[datetime, LiveAgent, float, float, int]] = deque()

    def configure(self, queues: dict[QueueName, QueueSettings], site: DistributionSettings) -> None:
        """Empties the pool: put everybody in again."""
        self._queues, self.site = queues, site
        self._free = {name: SortedList() for name in queues}
        self._skilled = {name: {} for name in queues}
        self._keys = {}

    def refresh(self, agent: LiveAgent) -> None:
        """Something about the agent changed: puts them where they belong now."""
        skills, keys = self._keys.pop(agent.number, (NONE, {}))
        for queue, key in keys.items():
            self._free[queue].remove(key)
            if skills:
                self._skilled[queue][skills].remove(key)
        if agent.available:
            skills, keys = agent.skills, {queue: self.key(agent, queue) for queue in agent.levels}
            self._keys[agent.number] = skills, keys
            for queue, key in keys.items():
                self._free[queue].add(key)
                if skills:
                    self._skilled[queue].setdefault(skills, SortedList()).add(key)

    def free(self, queue: QueueName, gate: int, needed: Skills = NONE) -> Iterator[AgentNumber]:
        """Free members up to that level who have these skills, in the order they are asked."""
        for key in self._ranked(queue, needed):
            if key[0] > gate:
                return
            yield key[-1]

    def has_free(self, queue: QueueName, needed: Skills = NONE) -> bool:
        return next(iter(self._ranked(queue, needed)), None) is not None

    def _ranked(self, queue: QueueName, needed: Skills) -> Iterable[Key]:
        if not needed:
            return self._free[queue]
        return heapq.merge(*(keys for skills, keys in self._skilled[queue].items() if needed <= skills))

    def key(self, agent: LiveAgent, queue: QueueName) -> Key:
        candidate = Candidate(
            agent.turns.get(queue, 0),
            agent.talk_seconds,
            agent.wrap_up_seconds,
            agent.talks,
            agent.open_tickets,
            agent.idle_since or LONG_AGO,
            len(agent.levels),
            self.site,
        )
        return (agent.levels[queue], *STRATEGIES[self._queues[queue].strategy](candidate), agent.number)

    def worked(self, agent: LiveAgent, now: datetime, talk: float = 0.0, wrap_up: float = 0.0) -> None:
        """A talk or a wrap-up of so many seconds ended now."""
        talks = 1 if talk else 0
        self._add(agent, talk, wrap_up, talks)
        self._work.append((now, agent, talk, wrap_up, talks))

    def forget_old_work(self, now: datetime) -> None:
        oldest = now - timedelta(seconds=self.site.load_window_seconds)
        while self._work and self._work[0][0] <= oldest:
            _, agent, talk, wrap_up, talks = self._work.popleft()
            self._add(agent, -talk, -wrap_up, -talks)
            if agent.levels:  # a removed one has none, and somebody new may have the number
                self.refresh(agent)

    @staticmethod
    def _add(agent: LiveAgent, talk: float, wrap_up: float, talks: int) -> None:
        agent.talks += talks
        agent.talk_seconds = agent.talk_seconds + talk if agent.talks else 0.0
        agent.wrap_up_seconds = max(0.0, agent.wrap_up_seconds + wrap_up)
