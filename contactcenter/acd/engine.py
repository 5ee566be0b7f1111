"""The distribution engine: `handle(input, now) -> commands`. No I/O, no clock, no randomness.

The order of service is one over all queues of an agent, see line.py. A call keeps its place while it is offered and after
an offer was missed. An agent is reserved from the decision to the answer, so no two calls are ever offered to one agent.
Between two inputs there is never a free agent and a waiting call that he may take: so after an input only those need
looking at whom it changed, and a decision costs the same with ten agents as with ten thousand.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import count, islice
from typing import Any

from contactcenter.acd import calls, configuring, offers, staff, talks
from contactcenter.acd import inputs as i
from contactcenter.acd.asking import Asked, order
from contactcenter.acd.line import Order, WaitingCall
from contactcenter.acd.needs import NONE, Skills
from contactcenter.acd.settings import QueueSettings
from contactcenter.acd.state import State
from contactcenter.agents.states import LiveAgent
from contactcenter.ids import AgentNumber, CallId, QueueName

TOLD = 3
"""How many of those who come after the one who is asked an offer names."""


def _tick(state: State, event: i.Tick, now: datetime) -> list[i.Command]:  # noqa: ARG001 (one shape for all)
    return state.timers.fire(now)


HANDLERS: dict[type, Callable[[State, Any, datetime], list[i.Command]]] = {
    i.Configure: configuring.configure,
    i.CallEnters: calls.enter,
    i.CallLeaves: calls.leave,
    i.CustomerAnswered: talks.customer_answered,
    i.OfferRinging: offers.ringing,
    i.OfferAnswered: offers.answered,
    i.OfferFailed: calls.offer_failed,
    i.ConnectFailed: calls.come_back,
    i.TalkOver: talks.talk_over,
    i.LogIn: staff.log_in,
    i.LogOut: staff.log_out,
    i.Pause: staff.pause,
    i.Resume: staff.resume,
    i.ExtendWrapUp: talks.extend_wrap_up,
    i.PhoneIs: staff.phone_is,
    i.OpenTickets: staff.open_tickets,
    i.Restore: staff.restore,
    i.RestoreTalk: talks.restore_talk,
    i.Tick: _tick,
}


class Engine:
    """Owns queues, waiting calls and agents' states."""

    def __init__(self) -> None:
        self._state = State()

    @property
    def agents(self) -> dict[AgentNumber, LiveAgent]:
        return self._state.agents

    @property
    def queues(self) -> dict[QueueName, QueueSettings]:
        return self._state.queues

    @property
    def waiting(self) -> list[WaitingCall]:
        """In the order of service."""
        return list(self._state.line)

    def queue(self, name: QueueName) -> QueueSettings:
        """Raises NotFound."""
        return self._state.queue(name)

    def handle(self, event: i.Input, now: datetime) -> list[i.Command]:
        """Takes one input and answers with the facts it made and what is to be done, in order.

        Raises NotFound for an agent or queue that does not exist, BadInput for settings that can't be; nothing is changed then.
        Inputs about an offer or a call that is over already (late, doubled) change nothing.
        """
        return [*HANDLERS[type(event)](self._state, event, now), *self._distribute(now)]

    def next_deadline(self) -> datetime | None:
        """When `Tick` is due next: a wrap-up, a wait or a hold ends, more agents may take a call, something would be stuck."""
        return self._state.timers.next

    def position(self, call: CallId) -> int | None:
        """1 for the next to be served of its queue; None when the call does not wait."""
        place = self._state.line.calls.get(call)
        return None if place is None else self._state.line.position(place)

    def since(self, call: CallId) -> datetime | None:
        """When the call's place began; None when the call does not wait."""
        place = self._state.line.calls.get(call)
        return None if place is None else place.since

    def is_offered(self, offer: i.Offer) -> bool:
        """Whether that offer is still under way."""
        place = self._state.line.calls.get(offer.call)
        under_way = place.offers.get(offer.agent) if place is not None else None
        return under_way is not None and under_way.attempt == offer.attempt

    def estimate(self, call: CallId) -> float | None:
        """Seconds that the call will still wait, see estimate.py; None when that is not known, or the call does not wait."""
        place = self._state.line.calls.get(call)
        known = self._state.estimates.get((place.queue, place.skills)) if place is not None else None
        return known.seconds(self._state.line.position(place)) if known is not None and place is not None else None

    def order_of_agents(self, place: WaitingCall) -> Iterator[tuple[AgentNumber, str]]:
        """The free agents that this call may be offered to now, in the order they are asked, each with why."""
        state = self._state
        sticky = [n for n in place.sticky if state.may_take(place, n) and state.agents[n].available]
        yield from ((number, "sticky") for number in sticky)
        if place.hold_until is not None:
            return
        strategy, missed = self.queue(place.queue).strategy, []
        for number in state.pool.free(place.queue, place.gate, place.skills):
            if number in place.missed_by:
                missed.append(number)
            elif number not in sticky:
                yield number, strategy
        yield from ((number, strategy) for number in sorted(missed, key=lambda number: place.missed_by[number]))

    def asked(
        self,
        queue: QueueName,
        now: datetime,
        *,
        first: Iterable[AgentNumber] = (),
        sticky: Iterable[AgentNumber] = (),
        skills: Skills = NONE,
    ) -> list[Asked]:
        """Whom such a call would be offered to now, see asking.py. Raises NotFound."""
        return order(self._state, queue, now, first=tuple(first), sticky=tuple(sticky), needed=skills)

    # ---- the decision

    def _distribute(self, now: datetime) -> list[i.Command]:
        """Offers calls, in the order of service, until no changed agent or call can find a partner any more."""
        state = self._state
        state.pool.forget_old_work(now)
        if not state.changed_calls and not state.changed_agents:
            return []
        calls_changed = [place for call in state.changed_calls if (place := state.line.calls.get(call)) is not None]
        agents = [agent for number in state.changed_agents if (agent := state.agents.get(number)) and agent.available]
        state.changed_calls.clear()
        state.changed_agents.clear()
        for place in calls_changed:
            state.list_call(place, now)
        return self._offer_in_order(calls_changed, agents, now)

    def _offer_in_order(self, places: list[WaitingCall], agents: list[LiveAgent], now: datetime) -> list[i.Command]:
        """Looks at these calls, and at the first call that each of these agents may take, in the order of service.

        An agent whose first call went to somebody else is looked at again with the next one.
        """
        state, commands = self._state, list[i.Command]()
        heap: list[tuple[Order, int, WaitingCall, LiveAgent | None]] = []
        serial = count()

        def look_at(place: WaitingCall | None, agent: LiveAgent | None) -> None:
            if place is not None:
                heapq.heappush(heap, (place.order, next(serial), place, agent))

        for place in places:
            look_at(place, None)
        for agent in agents:
            look_at(state.line.first_for(agent.number, agent.levels, agent.skills), agent)
        while heap:
            _, _, place, changed = heapq.heappop(heap)
            taken = not state.line.is_listed(place)
            order = () if taken else tuple(islice(self.order_of_agents(place), 1 + TOLD))
            if order:
                (number, why), *others = order
                after = tuple(other for other, _ in others)
                commands += offers.offer(state, place, state.agents[number], why, now, after=after)
                if state.line.is_listed(place):
                    look_at(place, None)
            if changed is not None and changed.available and (taken or order):
                look_at(state.line.first_for(changed.number, changed.levels, changed.skills), changed)
        return commands
