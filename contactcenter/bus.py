"""Facts from where they happen to whoever keeps or shows them."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from contactcenter.clock import Clock
from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, Fact
from contactcenter.ids import CallId

log = logging.getLogger(__name__)

Subscriber = Callable[[Fact], None]
T = TypeVar("T")


class Bus:
    """Publishes facts to subscribers, synchronously and in order.

    A subscriber that fails is logged and does not keep the fact from the others.
    """

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []
        self._closed = False

    def subscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.append(subscriber)

    def close(self) -> None:
        """From now on nothing is a fact: what calls do while this process ends is for the next one to find out."""
        self._closed = True

    def publish(self, fact: Fact) -> None:
        if self._closed:
            return
        for subscriber in self._subscribers:
            try:
                subscriber(fact)
            except Exception:
                log.exception("a subscriber failed on %s", type(fact).__name__)


class CallNotes:
    """Writes the facts of one call: adds its id and the time."""

    def __init__(self, call: CallId, bus: Bus, clock: Clock) -> None:
        self.call, self._bus, self._clock = call, bus, clock

    def now(self) -> datetime:
        return self._clock.now()

    def __call__(self, kind: Callable[..., Fact], **fields: Any) -> None:
        self.past(self._clock.now(), kind, **fields)

    def past(self, at: datetime, kind: Callable[..., Fact], **fields: Any) -> None:
        """A fact that is known only now. at: when it happened."""
        self._bus.publish(kind(at=at, call=self.call, **fields))

    async def or_else(self, asking: Awaitable[T], otherwise: T) -> T:
        """What the store answers. Where it does not, the call goes on with `otherwise`, and somebody is told."""
        try:
            return await asking
        except StoreError as error:
            self.without(error)
            return otherwise

    def without(self, error: StoreError) -> None:
        self(AlarmRaised, name="lookup_failed", detail=f"the call goes on without what the store knows: {error}")
