"""Takes one caller through flows, node by node, until it is clear where the call goes."""

from collections.abc import Mapping, Sequence

from contactcenter.events import FlowStarted, NodeEntered
from contactcenter.ivr.destination import Destination, ToFallback
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.nodes.base import Node
from contactcenter.ivr.nodes.route import Route
from contactcenter.ivr.outcome import Back, Into, Outcome
from contactcenter.ivr.walk import Walk

MOST_QUIET_NODES = 500
"""So many nodes without a word from the caller are a circle, whatever the checker said of each flow."""
DEEPEST = 20
"""So many subflows inside each other are a circle."""
RULES = Route(type="route")
"""What the end of the hotline's flow does."""


class Runner:
    """flows: those there are when the call arrives; a call under way keeps them. start: the name of the hotline's flow."""

    def __init__(self, walk: Walk, flows: Mapping[str, Flow], start: str) -> None:
        self._walk, self._flows = walk, flows
        self._flow: Flow | None = None
        self._start = start
        self._callers: list[tuple[Flow, str]] = []

    async def run(self, node: str = "") -> Destination:
        """Node by node to the next destination: from the start, or on from that node of the present flow. Raises CallerGone."""
        outcome: Outcome = node or Into(self._start)
        while True:
            match outcome:
                case Into():
                    outcome = self._enter(outcome)
                case Back() if self._callers:
                    self._flow, outcome = self._callers.pop()
                    self._walk.flow = self._flow.name
                case Back():
                    outcome = await self._run(RULES)
                case str():
                    outcome = await self._step(outcome)
                case _:
                    return outcome

    def resume(self, flows: Sequence[tuple[str, str | None]]) -> None:
        """As it was: the flows under way, the innermost last, each with the node that follows it in the one before.

        One that was removed since then, or lost a node to come back to, is passed over together with those inside.
        """
        self._flow, self._callers = None, []
        for name, then in flows:
            if name not in self._flows:
                break
            if self._flow is not None:
                if then is None or then not in self._flow.nodes:
                    break
                self._callers.append((self._flow, then))
            self._flow = self._flows[name]
            self._walk.flow = name

    def has(self, flow: str, node: str) -> bool:
        """Whether that is the present flow, and it has that node."""
        return self._flow is not None and self._flow.name == flow and node in self._flow.nodes

    def _enter(self, into: Into) -> Outcome:
        walk = self._walk
        if into.then is None:
            self._callers.clear()
        elif self._flow is not None:
            self._callers.append((self._flow, into.then))
        if len(self._callers) > DEEPEST:
            return self._circle()
        walk.step = walk.step if into.flow in self._flows else "ivr"
        self._flow = self._flows[into.flow]
        walk.flow = self._flow.name
        then = into.then if self._callers else None
        walk.note(FlowStarted, flow=self._flow.name, version=self._flow.version, then=then)
        return self._flow.start

    async def _step(self, name: str) -> Outcome:
        assert self._flow is not None  # noqa: S101 (a flow was entered before any node)
        walk = self._walk
        walk.node = name
        walk.quiet += 1
        if walk.quiet > MOST_QUIET_NODES:
            return self._circle()
        walk.note(NodeEntered, flow=self._flow.name, node=name)
        node = self._flow.nodes.get(name)
        if node is None:
            walk.step = "ivr"
            raise LookupError(f"the flow {self._flow.name} has no node {name}")
        return await self._run(node)

    async def _run(self, node: Node) -> Outcome:
        self._walk.step = node.step or self._walk.step
        return await node.run(self._walk)

    def _circle(self) -> ToFallback:
        return ToFallback(f"the flow {self._walk.flow} runs in a circle at {self._walk.node}", alarm="flow_circle")
