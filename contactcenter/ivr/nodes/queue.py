"""queue: the call waits in a queue, whatever the rules say."""

from typing import ClassVar, Literal, get_args

from pydantic import Field

from contactcenter.ids import QueueName
from contactcenter.ivr.case import case_of, part_of
from contactcenter.ivr.destination import ToQueue
from contactcenter.ivr.nodes.base import Exit, Node, Uses, Walk, ways
from contactcenter.routing.rules import First, Rule, agents_first

WORDS = frozenset(get_args(get_args(First)[0]))


class Queue(Node):
    """first, sticky_hours, skills: as in a rule. then: the node after the conversation; without one, survey and farewell."""

    step: ClassVar[str] = "acd"

    type: Literal["queue"]
    queue: QueueName
    priority: int = Field(default=0, ge=0, le=10)
    first: tuple[First, ...] = ()
    sticky_hours: float | None = Field(default=None, ge=0, le=100_000)
    skills: tuple[str, ...] = ()
    then: str | None = None

    def exits(self) -> list[Exit]:
        return ways(then=self.then)

    def uses(self) -> list[Uses]:
        agents = [Uses("agent", agent, "first") for agent in self.first if agent not in WORDS]
        return [Uses("queue", self.queue, "queue"), *agents]

    async def run(self, walk: Walk) -> ToQueue:
        case = await case_of(walk, {part for word in self.first if (part := part_of(word))})
        first = agents_first(Rule(name=walk.node, queue=self.queue, first=self.first), case)
        return ToQueue(self.queue, self.priority, first, self.sticky_hours, self.skills, self.then)
