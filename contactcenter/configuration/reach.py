"""What the check of the rules needs to know of a site: which callers come to the rules, and what flows do to them on the way."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contactcenter.configuration.models import Configuration
from contactcenter.hours.calendar import Calendar
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.nodes.base import Node
from contactcenter.ivr.nodes.callback import Callback
from contactcenter.ivr.nodes.collect import Collect
from contactcenter.ivr.nodes.done import Done
from contactcenter.ivr.nodes.hangup import HangUp
from contactcenter.ivr.nodes.hours import Hours
from contactcenter.ivr.nodes.identify import Identify
from contactcenter.ivr.nodes.language import Language
from contactcenter.ivr.nodes.menu import Menu
from contactcenter.ivr.nodes.queue import Queue
from contactcenter.ivr.nodes.route import Route
from contactcenter.ivr.nodes.subflow import Subflow
from contactcenter.ivr.nodes.transfer import Transfer
from contactcenter.ivr.nodes.voice_message import VoiceMessage
from contactcenter.routing.known import Known, KnownFlow, KnownHotline, KnownQueue

OF_A_CALLER = frozenset(
    "identified level service package product region group open_ticket last_agent abandons".split()  # noqa: SIM905
)
"""What may be otherwise once it is known who calls."""
BOTH = frozenset({True, False})

States = Callable[[Hours], Collection[bool]]
"""Which ways out of a node of hours there are: open, closed."""


@dataclass(slots=True)
class Reached:
    """asks: states of the hours in which the rules are asked; back: those in which the flow ends; elsewhere: a way leads to a
    queue, a number, or the end. changes: dimensions of the rules.
    """

    asks: set[bool] = field(default_factory=set)
    back: set[bool] = field(default_factory=set)
    elsewhere: bool = False
    menus: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)

    def take(self, inner: "Reached") -> None:
        """What a subflow does is done by the flow; where it ends, the flow goes on."""
        self.asks |= inner.asks
        self.elsewhere |= inner.elsewhere
        self.menus |= inner.menus
        self.changes |= inner.changes


def known_to_rules(  # the customers' own words are the caller's to look up
    configuration: Configuration,
    flows: Mapping[str, Flow],
    now: datetime,
    *,
    packages: Collection[str] | None = None,
    products: Collection[str] | None = None,
    regions: Collection[str] | None = None,
    groups: Collection[str] | None = None,
    prompts: Collection[str] | None = None,
) -> Known:
    """What `check_rules` takes. None: what rules say of such things is left unchecked."""
    skills = {agent.number: frozenset(agent.skills) for agent in configuration.agents.values()}
    nodes = [(name, node) for flow in flows.values() for name, node in flow.nodes.items()]
    menus: dict[str, frozenset[str]] = {}
    for name, node in nodes:
        if isinstance(node, Menu):
            menus[name] = menus.get(name, frozenset()) | node.keys.keys()
    return Known(
        hotlines={number: _hotline(configuration, flows, number, now) for number in configuration.hotlines},
        queues={
            name: KnownQueue({m.agent: skills.get(m.agent, frozenset()) for m in queue.members}, queue.accepting)
            for name, queue in configuration.queues.items()
        },
        flows={name: _flow(flow, flows) for name, flow in flows.items()},
        agents=frozenset(configuration.agents),
        menus=menus,
        variables={variable for _, node in nodes for variable in _told(node)},
        package=packages,
        product=products,
        region=regions,
        group=groups,
        prompts=prompts,
    )


def _hotline(configuration: Configuration, flows: Mapping[str, Flow], number: str, now: datetime) -> KnownHotline:
    hotline = configuration.hotlines[number]
    calendars = configuration.calendars

    def states(node: Hours) -> Collection[bool]:
        calendar = calendars.get(node.calendar or hotline.calendar)
        return BOTH if calendar is None else _states(calendar)

    own = flows.get(hotline.flow)
    if own is None:
        return KnownHotline()
    reach = Reach(flows, states)
    first = reach.through(own, {True})
    open_, menus = first.asks | first.back, set(first.menus)
    for rule in configuration.routes.values():
        if (flow := flows.get(rule.flow or "")) is not None:
            then = reach.through(flow, BOTH)
            open_ |= (then.asks | then.back) if "open" in then.changes else set()
            menus |= then.menus
    calendar = calendars.get(hotline.calendar)
    opens = calendar.next_opening(now) if calendar is not None else None
    return KnownHotline(frozenset(open_), frozenset(menus), f"next {opens:%Y-%m-%d %H:%M}" if opens else "")


def _flow(flow: Flow, flows: Mapping[str, Flow]) -> KnownFlow:
    reached = Reach(flows, lambda _: BOTH).through(flow, BOTH)
    return KnownFlow(frozenset(reached.changes), bool(reached.asks or reached.back), reached.elsewhere)


class Reach:
    """Follows callers through flows, each entered once in each state of the hours."""

    def __init__(self, flows: Mapping[str, Flow], states: States) -> None:
        self._flows, self._states = flows, states
        self._inside: dict[tuple[str, bool], Reached] = {}

    def through(self, flow: Flow, start: Collection[bool]) -> Reached:
        """Where callers get to who enter a flow in these states of the hours, without a talk between."""
        found = Reached()
        todo = [(flow.start, state) for state in start]
        seen = set(todo)
        while todo:
            name, state = todo.pop()
            node = flow.nodes.get(name)
            if node is None:
                continue
            if isinstance(node, Subflow):
                inner = self._subflow(node.flow, state)
                found.take(inner)
                ways = {(node.next, after) for after in inner.back}
            else:
                _note(found, name, node, state)
                ways = set(_ways(node, state, self._states))
            todo += ways - seen
            seen |= ways
        return found

    def _subflow(self, name: str, state: bool) -> Reached:
        """One that enters itself, which the check of flows refuses, gets nowhere."""
        if (known := self._inside.get((name, state))) is not None:
            return known
        self._inside[name, state] = Reached()
        if name in self._flows:
            self._inside[name, state] = self.through(self._flows[name], {state})
        return self._inside[name, state]


def _note(found: Reached, name: str, node: Node, state: bool) -> None:
    found.changes |= _changes(name, node)
    found.menus |= {name} if isinstance(node, Menu) else set()
    found.elsewhere |= isinstance(node, Queue | Transfer | VoiceMessage | Callback | HangUp)
    if isinstance(node, Route | Done):
        (found.asks if isinstance(node, Route) else found.back).add(state)


def _ways(node: Node, state: bool, states: States) -> Iterator[tuple[str, bool]]:
    """On from a node, in which state of the hours. What comes after a talk is another way of a call."""
    match node:
        case Hours():
            yield from ((node.open if way else node.closed, way) for way in states(node))
        case Queue():
            pass
        case Transfer(failed=target) | Route(otherwise=target):
            if target is not None:
                yield target, state
        case _:
            yield from ((way.target, state) for way in node.exits())


def _changes(name: str, node: Node) -> set[str]:
    match node:
        case Menu():
            return {f"menu.{name}"}
        case Hours():
            return {"open"}
        case Identify():
            return {*OF_A_CALLER}
        case Language():
            return {"language"}
        case _:
            return {f"values.{variable}" for variable in _told(node)}


def _told(node: Node) -> set[str]:
    """Variables that rules may look at; a secret is none."""
    return set() if isinstance(node, Collect) and node.secret else node.sets()


def _states(calendar: Calendar) -> Collection[bool]:
    """Whether it ever opens, and ever closes."""
    weekly = [sum(span.end - span.start for span in day) for day in calendar.weekly]
    changing = (calendar.special, calendar.holidays, calendar.own, calendar.seasons, calendar.closed)
    if any(changing) or 0 < sum(weekly) < 7 * 1440:
        return BOTH
    return {sum(weekly) > 0}
