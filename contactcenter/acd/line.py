"""The line: all waiting calls, in the one order of service over all queues.

A call's place in that order is the instant its place began, less `ageing_seconds` for each point of its priority: one point
lets a call overtake those who came at most so much earlier, and no more. So nobody starves: once a call has waited
ageing_seconds x (10 - its priority), no call that comes later is served before it, whatever its priority is
(R8 of the features; `tests/unit/acd/test_engine_properties.py` holds the engine to that bound). Equal calls are served in
the order they came.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sortedcontainers import SortedList

from contactcenter.acd.needs import NONE, Skills
from contactcenter.acd.settings import MOST_LEVEL
from contactcenter.acd.timers import Timer
from contactcenter.ids import AgentNumber, CallId, QueueName

Order = tuple[float, int]


def order_of(ageing_seconds: float, since: datetime, priority: int, serial: int) -> Order:
    """The place in the order of service."""
    return (since.timestamp() - priority * ageing_seconds, serial)


@dataclass(slots=True)
class OfferUnderWay:
    """attempt: names it, with call and agent; began: when it was decided."""

    attempt: int
    began: datetime
    watchdog: Timer


@dataclass(slots=True, eq=False)
class WaitingCall:
    """A call in a queue.

    since: when its place began; entered: when it joined this queue; began_at: its position then; at_once: an agent was free.
    direct: the sticky agents need not be members. hold_until: until then it is only for its sticky agents.
    limited: the queue's maximum wait holds for it; overdue: it is over.
    gate: it is for members of this level and below it; skills: and only for those who have all of these.
    offers: the agents who are being rung for it.
    """

    call: CallId
    queue: QueueName
    priority: int
    since: datetime
    entered: datetime
    serial: int
    order: Order = (0.0, 0)
    caller: str = ""
    sticky: tuple[AgentNumber, ...] = ()
    direct: bool = False
    lead_seconds: float = 0.0
    provisional: bool = False
    limited: bool = True
    hold_until: datetime | None = None
    gate: int = MOST_LEVEL
    skills: Skills = NONE
    began_at: int = 1
    at_once: bool = False
    overdue: bool = False
    attempts: int = 0
    offers: dict[AgentNumber, OfferUnderWay] = field(default_factory=dict)
    missed_by: dict[AgentNumber, int] = field(default_factory=dict)
    next_change: Timer | None = None
    max_wait: Timer | None = None


Entry = tuple[Order, WaitingCall]


class Line:
    """Finds a call by id, its position in its queue, and the first call that an agent may take, each without a scan.

    A call that can use (another) agent is listed for its sticky agents, and for members up to its gate.
    """

    def __init__(self) -> None:
        self.calls: dict[CallId, WaitingCall] = {}
        self._of_queue: dict[QueueName, SortedList[Order]] = {}
        self._open: dict[tuple[QueueName, int, Skills], SortedList[Entry]] = {}
        self._of_agent: dict[AgentNumber, SortedList[Entry]] = {}
        self._gates: dict[QueueName, set[tuple[int, Skills]]] = {}
        self._needing: dict[QueueName, dict[CallId, WaitingCall]] = {}
        self._listed: dict[CallId, tuple[tuple[SortedList[Entry], Entry], ...]] = {}

    def __iter__(self) -> Iterator[WaitingCall]:
        """In the order of service."""
        return iter(sorted(self.calls.values(), key=lambda place: place.order))

    def add(self, place: WaitingCall) -> None:
        self.calls[place.call] = place
        self._of_queue.setdefault(place.queue, SortedList()).add(place.order)
        if place.skills:
            self._needing.setdefault(place.queue, {})[place.call] = place

    def remove(self, place: WaitingCall) -> None:
        self.unlist(place)
        del self.calls[place.call]
        self._of_queue[place.queue].remove(place.order)
        if place.skills:
            del self._needing[place.queue][place.call]

    def length(self, queue: QueueName) -> int:
        return len(self._of_queue.get(queue, ()))

    def position(self, place: WaitingCall) -> int:
        """1 for the next to be served of its queue."""
        return 1 + int(self._of_queue[place.queue].bisect_left(place.order))

    def enlist(self, place: WaitingCall, gate: int | None, agents: Iterable[AgentNumber]) -> None:
        """From now on these agents may take the call, and any member of its queue up to the gate who has the skills (None:
        nobody else).
        """
        self.unlist(place)
        where = [self._of_agent.setdefault(agent, SortedList()) for agent in agents]
        if gate is not None:
            place.gate = gate
            self._gates.setdefault(place.queue, set()).add((gate, place.skills))
            where.append(self._open.setdefault((place.queue, gate, place.skills), SortedList()))
        entry = (place.order, place)
        for one in where:
            one.add(entry)
        self._listed[place.call] = tuple((one, entry) for one in where)

    def is_listed(self, place: WaitingCall) -> bool:
        return place.call in self._listed

    def unlist(self, place: WaitingCall) -> None:
        """Nobody may take it."""
        for where, entry in self._listed.pop(place.call, ()):
            where.remove(entry)

    def first_for(self, agent: AgentNumber, levels: dict[QueueName, int], skills: Skills = NONE) -> WaitingCall | None:
        """The first call in the order of service that this agent may take. levels: queue -> the agent's level there."""
        heads = [own[0]] if (own := self._of_agent.get(agent)) else []
        for queue, level in levels.items():
            gates = self._gates.get(queue, ())
            heads += [
                waiting[0]
                for gate, needed in gates
                if gate >= level and needed <= skills and (waiting := self._open[queue, gate, needed])
            ]
        return min(heads)[1] if heads else None

    def needing(self, queue: QueueName) -> list[WaitingCall]:
        """Calls of this queue that need skills, in the order of service."""
        return sorted(self._needing.get(queue, {}).values(), key=lambda place: place.order)

    def needs_no_more(self, place: WaitingCall) -> None:
        """The call is for all members from now on; it is to be listed anew."""
        self._needing[place.queue].pop(place.call, None)
        self.unlist(place)
        place.skills = NONE

    def of_agent(self, agent: AgentNumber) -> "tuple[WaitingCall, ...]":
        """Calls that are listed for this very agent."""
        return tuple(place for _, place in self._of_agent.get(agent, ()))
