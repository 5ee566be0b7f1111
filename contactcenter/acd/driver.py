"""The one place where distribution meets the world: feeds the engine, owns its timer, rings phones, tells waiting calls."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Self

from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import (
    CallEnters,
    CallLeaves,
    Command,
    Connect,
    ConnectFailed,
    CustomerAnswered,
    Input,
    Offer,
    OfferFailed,
    Overflow,
    TalkOver,
    Tick,
    Withdraw,
)
from contactcenter.acd.ports import AgentLines, Shown
from contactcenter.acd.settings import QueueSettings
from contactcenter.bus import Bus
from contactcenter.clock import Clock
from contactcenter.errors import CallerGone
from contactcenter.events import Fact
from contactcenter.ids import AgentNumber, CallId


class Place:
    """A call's place in a queue, from entering to the answer, to an overflow, or to leaving. Use as a context manager:
    the call enters with the block (and may be settled at once); leaving it without an answer gives the place up and stops
    the phones that ring for it.
    """

    def __init__(self, distributor: "Distributor", enters: CallEnters, shown: Shown) -> None:
        self._distributor = distributor
        self._settings = distributor.engine.queue(enters.queue)
        self._enters, self.shown = enters, shown
        self.settled = asyncio.Event()
        """Set when it is decided, by `connection` or `overflow`; it also interrupts announcements."""
        self.connection: Connect | None = None
        self.overflow: Overflow | None = None
        self.taken = False
        """Somebody looks after the conversation that came of it, to its end."""
        self.since: datetime | None = None
        """When the place began; before the call entered, if it was kept."""
        self.regained = False
        """The caller called again soon and has the old place."""
        self.on_offer: Callable[[Offer], None] = self.ring
        """What an offer does, if not ring the agent's phone."""

    @property
    def call(self) -> CallId:
        return self._enters.call

    @property
    def settings(self) -> QueueSettings:
        """The queue's, as they are now; the last ones if it was removed."""
        self._settings = self._distributor.engine.queues.get(self._settings.name, self._settings)
        return self._settings

    @property
    def position(self) -> int:
        return self._distributor.engine.position(self.call) or 1

    @property
    def estimate(self) -> float | None:
        """Seconds that the call will still wait, as far as that is known."""
        return self._distributor.engine.estimate(self.call)

    def ring(self, offer: Offer) -> None:
        """Rings the agent's phone for the offer."""
        self._distributor.ring(offer, self.shown)

    def is_offered(self, offer: Offer) -> bool:
        """Whether the offer is still under way."""
        return self._distributor.engine.is_offered(offer)

    def customer_answered(self) -> None:
        """The customer who is called back is on the line. An agent who did not wait so long does not count any more."""
        self._distributor.tell(CustomerAnswered(self.call))
        if self._distributor.engine.position(self.call) is not None:
            self.connection = None
            self.settled.clear()

    def connect_failed(self) -> None:
        """The agent was gone already: the call has its place again."""
        if self.connection is not None:
            agent, self.connection = self.connection.agent, None
            self.settled.clear()
            self._distributor.tell(ConnectFailed(self.call, agent))

    def let_agent_go(self) -> None:
        """The agent has answered, but nobody is there to talk to."""
        if self.connection is not None:
            self._distributor.let_go(self.connection)

    def settle(self, outcome: Connect | Overflow) -> None:
        """For Distributor: it is decided."""
        if isinstance(outcome, Connect):
            self.connection = outcome
        else:
            self.overflow = outcome
        self.settled.set()

    def __enter__(self) -> Self:
        self._distributor.enter(self, self._enters)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._distributor.leave(self.call, hung_up=kind is not None and issubclass(kind, CallerGone))
        if self.connection is not None and not self.taken:
            self.let_agent_go()
            self._distributor.talk_over(self.call, self.connection.agent)


class Distributor:
    """Feeds the engine and carries out its commands. All methods run on the event loop."""

    def __init__(self, engine: Engine, bus: Bus, clock: Clock, lines: AgentLines) -> None:
        self.engine = engine
        self._bus, self._clock, self._lines = bus, clock, lines
        self._places: dict[CallId, Place] = {}
        self._rung: set[tuple[CallId, AgentNumber, int]] = set()
        self._commands: deque[Command] = deque()
        self._carrying_out = False
        self._awaited: datetime | None = None
        """The deadline that `run` sleeps to; there may be none any more when it has come."""
        self._sooner = asyncio.Event()

    def tell(self, event: Input) -> None:
        """Gives the engine one input now. Raises what Engine.handle raises.

        Commands are carried out in the order the engine gave them, also when carrying one out tells the engine more.
        """
        self._commands.extend(self.engine.handle(event, self._clock.now()))
        deadline = self.engine.next_deadline()
        if deadline is not None and (self._awaited is None or deadline < self._awaited):
            self._sooner.set()
        if self._carrying_out:
            return
        self._carrying_out = True
        try:
            while self._commands:
                self._carry_out(self._commands.popleft())
        finally:
            self._carrying_out = False

    def word(self, event: Input) -> None:
        """What an agent's line has to say."""
        if isinstance(event, OfferFailed):
            self._rung.discard((event.call, event.agent, event.attempt))
        self.tell(event)

    def place(self, enters: CallEnters, shown: Shown) -> Place:
        """A place that the call takes when its block is entered. Raises NotFound for an unknown queue."""
        return Place(self, enters, shown)

    def enter(self, place: Place, enters: CallEnters) -> None:
        """For Place: the call enters the queue."""
        self._places[place.call] = place
        entered = self._clock.now()
        try:
            self.tell(enters)
        except BaseException:
            del self._places[place.call]
            raise
        place.since = self.engine.since(place.call) or enters.since or entered
        place.regained = enters.since is None and place.since < entered

    def leave(self, call: CallId, hung_up: bool = False) -> None:
        if self._places.pop(call, None) is not None:
            self.tell(CallLeaves(call, hung_up))

    def talk_over(self, call: CallId, agent: AgentNumber) -> None:
        self.tell(TalkOver(call, agent))

    def ring(self, offer: Offer, shown: Shown) -> None:
        self._rung.add((offer.call, offer.agent, offer.attempt))
        self._lines.ring(offer, shown)

    def let_go(self, line: Connect) -> None:
        """Stops the phone of an agent who answered."""
        self._lines.stop(line.call, line.agent, line.attempt, "caller_gone")

    def _stop(self, line: Withdraw) -> None:
        """Stops an agent's phone. One that was not rung yet is quiet already."""
        if (line.call, line.agent, line.attempt) in self._rung:
            self._lines.stop(line.call, line.agent, line.attempt, line.why)
        else:
            self.tell(OfferFailed(line.call, line.agent, line.attempt, "no_answer"))

    def _carry_out(self, command: Command) -> None:
        match command:
            case Fact():
                self._bus.publish(command)
            case Offer():
                place = self._places.get(command.call)
                if place is None:
                    self.tell(OfferFailed(command.call, command.agent, command.attempt, "failed"))
                else:
                    place.on_offer(command)
            case Withdraw():
                self._stop(command)
            case Connect():
                self._rung.discard((command.call, command.agent, command.attempt))
                if (place := self._places.get(command.call)) is not None:
                    place.settle(command)
            case Overflow():
                if (place := self._places.get(command.call)) is not None:
                    place.settle(command)

    async def run(self) -> None:
        """Ticks the engine whenever its next deadline has come, until cancelled."""
        while True:
            self._sooner.clear()
            self._awaited = self.engine.next_deadline()
            delay = None if self._awaited is None else max(0.0, (self._awaited - self._clock.now()).total_seconds())
            try:
                async with asyncio.timeout(delay):
                    await self._sooner.wait()
            except TimeoutError:
                self.tell(Tick())
