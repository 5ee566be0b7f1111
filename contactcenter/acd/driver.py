"""The one place where distribution meets the world: feeds the engine, owns its timer, hands offers to waiting calls."""

import asyncio
from datetime import datetime
from typing import Self

from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import (
    CallEnters,
    CallLeaves,
    Input,
    Offer,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    QueueSettings,
    TalkOver,
    Tick,
)
from contactcenter.bus import Bus
from contactcenter.clock import Clock
from contactcenter.events import Fact, MissReason
from contactcenter.ids import AgentNumber, CallId, QueueName


class Place:
    """A call's place in a queue, from entering to the answer or to leaving. Use as a context manager: leaving it without
    an answer gives the place up and frees whoever was reserved.
    """

    def __init__(self, distributor: "Distributor", call: CallId, queue: QueueSettings, entered: datetime) -> None:
        self._distributor = distributor
        self.call, self.queue, self.entered = call, queue, entered
        self._offer: Offer | None = None
        self.agent_found = asyncio.Event()
        """Set while an offer waits to be taken; it also interrupts announcements."""

    @property
    def position(self) -> int:
        return self._distributor.engine.position(self.call) or 1

    def take_offer(self) -> Offer | None:
        """The offer that set agent_found: its agent stays reserved until ringing, answered or missed says more."""
        offer, self._offer = self._offer, None
        self.agent_found.clear()
        return offer

    def ringing(self, agent: AgentNumber) -> None:
        self._distributor.tell(OfferRinging(self.call, agent))

    def answered(self, agent: AgentNumber) -> None:
        self._distributor.tell(OfferAnswered(self.call, agent))

    def missed(self, agent: AgentNumber, reason: MissReason) -> None:
        self._distributor.tell(OfferFailed(self.call, agent, reason))

    def _take(self, offer: Offer) -> None:
        self._offer = offer
        self.agent_found.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._distributor.leave(self.call)


class Distributor:
    """Feeds the engine and carries out its commands. All methods run on the event loop."""

    def __init__(self, engine: Engine, bus: Bus, clock: Clock) -> None:
        self.engine = engine
        self._bus, self._clock = bus, clock
        self._places: dict[CallId, Place] = {}
        self._deadline_moved = asyncio.Event()

    def tell(self, event: Input) -> None:
        """Gives the engine one input now. Raises what Engine.handle raises."""
        for command in self.engine.handle(event, self._clock.now()):
            if isinstance(command, Fact):
                self._bus.publish(command)
            elif (place := self._places.get(command.call)) is not None:
                place._take(command)  # noqa: SLF001 (Place is this module's own)
        self._deadline_moved.set()

    def enter(self, call: CallId, queue: QueueName, priority: int, sticky: tuple[AgentNumber, ...] = ()) -> Place:
        """Puts a call into a queue. Raises NotFound for an unknown queue."""
        place = Place(self, call, self.engine.queue(queue), self._clock.now())
        self._places[call] = place
        self.tell(CallEnters(call, queue, priority, sticky))
        return place

    def leave(self, call: CallId) -> None:
        if self._places.pop(call, None) is not None:
            self.tell(CallLeaves(call))

    def talk_over(self, call: CallId, agent: AgentNumber) -> None:
        self.tell(TalkOver(call, agent))

    async def run(self) -> None:
        """Ticks the engine whenever its next deadline has come, until cancelled."""
        while True:
            self._deadline_moved.clear()
            deadline = self.engine.next_deadline()
            delay = None if deadline is None else max(0.0, (deadline - self._clock.now()).total_seconds())
            try:
                async with asyncio.timeout(delay):
                    await self._deadline_moved.wait()
            except TimeoutError:
                self.tell(Tick())
