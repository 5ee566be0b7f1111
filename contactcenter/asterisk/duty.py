"""Tells app_queue which agents take calls, so that without a controller nobody is rung who logged out or paused."""

import asyncio
import logging
from collections.abc import Callable

from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AmiProblem, AmiRefused
from contactcenter.asterisk.translate import TECHNOLOGY
from contactcenter.configuration.models import Configuration
from contactcenter.events import AgentLoggedIn, AgentLoggedOut, AgentPaused, AgentResumed, Fact
from contactcenter.ids import AgentNumber

log = logging.getLogger(__name__)

QUEUE = "queue-"
"""Before the name of each queue of the site in Asterisk's queues.conf."""


class Duty:
    """on_duty: whether an agent takes calls now. Asterisk forgets it when it ends, and is told all of it again by `everybody`."""

    def __init__(
        self, ami: AmiClient, configuration: Callable[[], Configuration], on_duty: Callable[[AgentNumber], bool]
    ) -> None:
        self._ami, self._configuration, self._on_duty = ami, configuration, on_duty
        self._changed: set[AgentNumber] = set()
        self._any = asyncio.Event()

    def take(self, fact: Fact) -> None:
        """For the bus."""
        if isinstance(fact, AgentLoggedIn | AgentLoggedOut | AgentPaused | AgentResumed):
            self._tell({fact.agent})

    def everybody(self) -> None:
        self._tell({*self._configuration().agents})

    def _tell(self, agents: set[AgentNumber]) -> None:
        self._changed |= agents
        self._any.set()

    async def run(self) -> None:
        """Until cancelled. While Asterisk is away nothing is told: the next connection tells everything."""
        while True:
            await self._any.wait()
            self._any.clear()
            agents, self._changed = self._changed, set()
            for queue in self._configuration().queues.values():
                for member in queue.members:
                    if member.agent in agents:
                        await self._pause(f"{QUEUE}{queue.name}", member.agent)

    async def _pause(self, queue: str, agent: AgentNumber) -> None:
        """Refused where app_queue does not know the member yet: it is told again after the reload."""
        try:
            paused = "false" if self._on_duty(agent) else "true"
            await self._ami.action("QueuePause", Queue=queue, Interface=f"{TECHNOLOGY}{agent}", Paused=paused)
        except AmiRefused as refusal:
            log.debug("agent %s in %s: %s", agent, queue, refusal)
        except AmiProblem as problem:
            log.info("the fallback does not know whether agent %s takes calls: %s", agent, problem)
