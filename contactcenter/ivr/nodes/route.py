"""route: the routing rules decide where the call goes."""

from typing import ClassVar, Literal

from contactcenter.ivr.case import case_of, parts_of
from contactcenter.ivr.destination import ToFallback, ToQueue
from contactcenter.ivr.nodes.base import Exit, Node, Walk, ways
from contactcenter.ivr.outcome import Into, Outcome
from contactcenter.routing.route import route
from contactcenter.routing.rules import agents_first

NO_RULE = "no routing rule matched"


class Route(Node):
    """otherwise: where calls go that no rule matches, None for the on-call phones. then: the node after a conversation."""

    step: ClassVar[str] = "routing"

    type: Literal["route"]
    otherwise: str | None = None
    then: str | None = None

    def exits(self) -> list[Exit]:
        return ways(otherwise=self.otherwise, then=self.then)

    async def run(self, walk: Walk) -> Outcome:
        rules = walk.means.rules
        case = await case_of(walk, parts_of(rules))
        rule = route(rules, case, walk.note)
        if rule is None:
            return self.otherwise or ToFallback(NO_RULE)
        if rule.prompt:
            await walk.phone.play(rule.prompt)
        if rule.queue is not None:
            walk.step = "acd"
            first = agents_first(rule, case)
            return ToQueue(rule.queue, rule.priority, first, rule.sticky_hours, rule.skills, self.then)
        if rule.name in walk.led:
            return ToFallback(f"the rule {rule.name} leads in a circle", alarm="flow_circle")
        walk.led.add(rule.name)
        return Into(str(rule.flow))
