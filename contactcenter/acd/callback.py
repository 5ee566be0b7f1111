"""Callbacks: a promise to call somebody back who keeps their place in the line, until it is kept or given up.

The promise waits in its queue like the caller would have, at the place it had. When an agent is found for it, the queue's
setting says whose phone rings first: the agent's (then no customer ever waits), or the customer's (then no agent does).
Outside the hotline's opening hours nobody is called; the place is taken up again when it opens.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contactcenter.acd.driver import Distributor, Place
from contactcenter.acd.inputs import CallEnters, Offer
from contactcenter.acd.ports import Shown
from contactcenter.acd.settings import QueueSettings
from contactcenter.bus import Bus, CallNotes
from contactcenter.clock import Clock
from contactcenter.customers.customer import Customer
from contactcenter.errors import OutboundRefused
from contactcenter.events import AlarmRaised, CallbackEnded, CallbackOutcome, CallbackRequested, CallbackTried
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.phone import Phone, Switchboard

log = logging.getLogger(__name__)

CUSTOMER_RING_SECONDS = 30.0
CLOSED_CHECK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Promise:
    """number: E.164; since: when the place began; tries: how many were made; next_try: not before that.

    customer: who it is, as long as the controller that made the promise runs; skills: what the call needs.
    """

    call: CallId
    hotline: str
    number: str
    name: str
    queue: QueueName
    priority: int
    since: datetime
    tries: int = 0
    next_try: datetime | None = None
    customer: Customer | None = None
    skills: frozenset[str] = frozenset()


Serve = Callable[[Promise, Phone, Place], Awaitable[CallbackOutcome]]
"""Goes on with a customer who answered, whose agent is there or on the way, until the call is over: what became of it."""


class Callbacks:
    """Keeps promises, each in a task of its own inside `run`."""

    def __init__(self, distributor: Distributor, bus: Bus, clock: Clock, switchboard: Switchboard) -> None:
        self._distributor, self._bus, self._clock, self._switchboard = distributor, bus, clock, switchboard
        self._new: asyncio.Queue[Promise] = asyncio.Queue()
        self.open: dict[CallId, Promise] = {}

    def promise(self, promise: Promise) -> None:
        """Takes a promise on, and writes it down."""
        note = CallNotes(promise.call, self._bus, self._clock)
        note(
            CallbackRequested,
            queue=promise.queue,
            number=promise.number,
            priority=promise.priority,
            since=promise.since,
            hotline=promise.hotline,
            name=promise.name,
            skills=tuple(sorted(promise.skills)),
        )
        self.restore(promise)

    def restore(self, promise: Promise) -> None:
        """Takes on a promise that was written down before."""
        self.open[promise.call] = promise
        self._new.put_nowait(promise)

    async def run(self, may_call_now: Callable[[str], bool], serve: Serve) -> None:
        """Until cancelled. may_call_now: whether customers of a hotline are called now."""
        self._may_call_now, self._serve = may_call_now, serve
        async with asyncio.TaskGroup() as group:
            while True:
                promise = await self._new.get()
                group.create_task(self._keep(promise), name=f"callback {promise.call}")

    async def _keep(self, promise: Promise) -> None:
        note = CallNotes(promise.call, self._bus, self._clock)
        try:
            outcome = await self._keep_trying(promise, note)
        except Exception as error:
            log.exception("callback %s was given up", promise.call)
            note(AlarmRaised, name="callback_given_up", detail=f"{promise.number} is not called back: {error}")
            outcome = "expired"
        finally:
            self.open.pop(promise.call, None)
        note(CallbackEnded, outcome=outcome)

    async def _keep_trying(self, promise: Promise, note: CallNotes) -> CallbackOutcome:
        outcome: CallbackOutcome = "expired"
        while promise.tries < (settings := self._settings(promise)).callback_tries:
            await self._until_due(promise)
            promise = replace(promise, tries=promise.tries + 1)
            outcome, agent = await self._try(promise, settings)
            note(CallbackTried, attempt=promise.tries, outcome=outcome, agent=agent)
            if outcome in {"answered", "abandoned", "not_allowed"}:
                break
            pause = timedelta(seconds=self._settings(promise).callback_retry_seconds)
            promise = replace(promise, next_try=self._clock.now() + pause)
            self.open[promise.call] = promise
        return outcome

    def _settings(self, promise: Promise) -> QueueSettings:
        return self._distributor.engine.queue(promise.queue)

    async def _until_due(self, promise: Promise) -> None:
        if promise.next_try is not None:
            await asyncio.sleep(max(0.0, (promise.next_try - self._clock.now()).total_seconds()))
        while not self._may_call_now(promise.hotline):  # noqa: ASYNC110 (a calendar has no event)
            await asyncio.sleep(CLOSED_CHECK_SECONDS)

    async def _try(self, promise: Promise, settings: QueueSettings) -> tuple[CallbackOutcome, AgentNumber | None]:
        """One attempt, from waiting in the line to the end of the conversation."""
        agent_first = settings.callback == "agent_first"
        enters = CallEnters(
            promise.call,
            promise.queue,
            promise.priority,
            since=promise.since,
            max_wait=False,
            lead_seconds=CUSTOMER_RING_SECONDS,
            provisional=agent_first,
            skills=promise.skills,
        )
        place = self._distributor.place(enters, Shown(promise.number, promise.name, callback=agent_first))
        reserved = _Reserved(place)
        if not agent_first:
            place.on_offer = reserved.take
        with place:
            await _first_of(place.settled, reserved.taken)
            agent = place.connection.agent if place.connection is not None else reserved.agent
            if agent is None:
                return "expired", None
            refusal = None
            try:
                customer = await self._switchboard.call(
                    promise.call, promise.number, promise.hotline, CUSTOMER_RING_SECONDS, agent
                )
            except OutboundRefused as error:
                customer, refusal = None, error
            if customer is None:
                place.let_agent_go()
                return self._missed(promise, refusal), agent
            try:
                place.customer_answered()
                reserved.ring()
                outcome = await self._serve(promise, customer, place)
                return outcome, place.connection.agent if place.connection is not None else agent
            finally:
                customer.let_go()

    def _missed(self, promise: Promise, refusal: OutboundRefused | None) -> CallbackOutcome:
        """What became of a try in which no customer was reached; one that was refused for now is made again later."""
        if refusal is None:
            return "no_answer"
        note = CallNotes(promise.call, self._bus, self._clock)
        note(AlarmRaised, name="outbound_refused", detail=f"callback: {refusal}")
        return "not_allowed" if refusal.for_good else "expired"


class _Reserved:
    """The agents offered while the customer's phone rings: they wait without a ring."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._offers: list[Offer] = []
        self.taken = asyncio.Event()

    @property
    def agent(self) -> AgentNumber | None:
        return self._offers[-1].agent if self._offers else None

    def take(self, offer: Offer) -> None:
        self._offers.append(offer)
        self.taken.set()

    def ring(self) -> None:
        """The customer is there: rings those who are still reserved, and from now on whoever is offered."""
        self._place.on_offer = self._place.ring
        for offer in self._offers:
            if self._place.is_offered(offer):
                self._place.ring(offer)


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
