"""Facts from where they happen to whoever keeps or shows them."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from contactcenter.clock import Clock
from contactcenter.events import Fact
from contactcenter.ids import CallId

log = logging.getLogger(__name__)

Subscriber = Callable[[Fact], None]


class Bus:
    """Publishes facts to subscribers, synchronously and in order.

    A subscriber that fails is logged and does not keep the fact from the others.
    """

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.append(subscriber)

    def publish(self, fact: Fact) -> None:
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
