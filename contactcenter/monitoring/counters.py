"""What is counted of facts. Labels are names that admins gave, or words of the program: never what a caller sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from contactcenter import events as e
from contactcenter.ids import CallId, QueueName

WAIT_SECONDS = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200)
TALK_SECONDS = (10, 30, 60, 120, 180, 300, 600, 900, 1800, 3600)


class Counters:
    """A subscriber of the bus. A fact that counts costs a microsecond or two, any other a look into a dict."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, told: str, *labels: str) -> Callable[..., None]:
            return _incrementer(Counter(f"contactcenter_{name}", told, labels, registry=registry))

        self._arrived = counter("calls_arrived", "Calls that reached the controller.")
        self._ended = counter("calls", "Calls that are over, by outcome.", "outcome")
        self._queued = counter("queue_entries", "Calls that came into a queue.", "queue")
        self._offered = counter("offers", "Offers to agents that are over, by what came of them.", "queue", "outcome")
        self._overflowed = counter("overflows", "Calls that left a queue for somewhere else.", "queue", "why")
        self._callbacks = counter("callbacks", "Promises to call back that are kept or given up.", "outcome")
        self._ratings = counter("survey_ratings", "Answers of callers to the survey.", "rating")
        self._lookups = counter("lookups", "Questions to the CRM from flows.", "ok")
        self._alarms = counter("alarms", "Alarms, by name.", "name")
        waits = ("queue", "end")
        self._wait = Histogram(
            "contactcenter_call_wait_seconds",
            "From entering a queue to the end of waiting there: answered, overflowed, or left.",
            waits,
            buckets=WAIT_SECONDS,
            registry=registry,
        )
        self._talk = Histogram(
            "contactcenter_talk_seconds", "Length of a talk.", buckets=TALK_SECONDS, registry=registry
        )
        self._waiting: dict[CallId, tuple[QueueName, datetime]] = {}
        self._takers: dict[type[e.Fact], Callable[[Any], None]] = {
            e.CallArrived: lambda _: self._arrived(),
            e.CallQueued: self._enters,
            e.CallAnswered: self._answered,
            e.CallOverflowed: self._overflows,
            e.CallEnded: self._ends,
            e.CallbackTried: self._leaves,
            e.CallbackEnded: self._callback_ends,
            e.OfferMissed: lambda fact: self._offered(fact.queue, fact.reason),
            e.OfferWithdrawn: lambda fact: self._offered(fact.queue, fact.why),
            e.TalkEnded: lambda fact: self._talk.observe(fact.talk_seconds),
            e.SurveyAnswered: lambda fact: self._ratings(str(fact.rating)),
            e.HttpLookedUp: lambda fact: self._lookups("yes" if fact.ok else "no"),
            e.AlarmRaised: lambda fact: self._alarms(fact.name),
        }

    def take(self, fact: e.Fact) -> None:
        if (taker := self._takers.get(type(fact))) is not None:
            taker(fact)

    def _enters(self, fact: e.CallQueued) -> None:
        self._queued(fact.queue)
        self._waiting[fact.call] = fact.queue, fact.at

    def _answered(self, fact: e.CallAnswered) -> None:
        self._offered(fact.queue, "answered")
        self._waits_no_more(fact, "answered")

    def _overflows(self, fact: e.CallOverflowed) -> None:
        self._overflowed(fact.queue, fact.why)
        self._waits_no_more(fact, "overflowed")

    def _leaves(self, fact: e.CallFact) -> None:
        self._waits_no_more(fact, "left")

    def _ends(self, fact: e.CallEnded) -> None:
        self._ended(fact.outcome)
        self._leaves(fact)

    def _callback_ends(self, fact: e.CallbackEnded) -> None:
        self._callbacks(fact.outcome)
        self._leaves(fact)

    def _waits_no_more(self, fact: e.CallFact, end: str) -> None:
        if (entered := self._waiting.pop(fact.call, None)) is not None:
            queue, since = entered
            self._wait.labels(queue, end).observe((fact.at - since).total_seconds())


def _incrementer(counter: Counter) -> Callable[..., None]:
    """`inc` by label values. The child of each is kept: looking it up in the counter costs more than counting."""
    children: dict[tuple[str, ...], Counter] = {}

    def increment(*values: str) -> None:
        child = children.get(values)
        if child is None:
            child = children[values] = counter.labels(*values) if values else counter
        child.inc()

    return increment
