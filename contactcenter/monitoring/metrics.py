"""All that a monitoring system can read of the controller, in Prometheus's text format or in OpenMetrics.

https://prometheus.io/docs/instrumenting/exposition_formats/, names after https://prometheus.io/docs/practices/naming/.
"""

import asyncio
from collections import Counter as Tally
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, GCCollector, Histogram, Info, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from contactcenter import __version__
from contactcenter.agents.states import AgentState
from contactcenter.center import Center
from contactcenter.events import Fact
from contactcenter.monitoring.counters import Counters
from contactcenter.monitoring.health import Health
from contactcenter.monitoring.ports import Connection, Facts

LAG_EVERY_SECONDS = 1.0
FAST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """A registry of its own: two controllers in one process would not count into one another's."""

    def __init__(self, center: Center, ami: Connection, facts: Facts, health: Health) -> None:
        registry = self._registry = CollectorRegistry(auto_describe=False)
        Info("contactcenter_build", "The program.", registry=registry).info({"version": __version__})
        self._counters = Counters(registry)
        self._lag = Histogram(
            "contactcenter_event_loop_lag_seconds",
            "How late a timer fired: how long everything had to wait for the controller.",
            buckets=FAST_SECONDS,
            registry=registry,
        )
        commits = Histogram(
            "contactcenter_fact_commit_seconds",
            "How long it took to write a group of facts.",
            buckets=FAST_SECONDS,
            registry=registry,
        )
        facts.on_commit = commits.observe
        registry.register(_Gauges(center, ami, facts, health))
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)

    def take(self, fact: Fact) -> None:
        """For the bus."""
        self._counters.take(fact)

    async def run(self) -> None:
        """Measures the lag of the event loop until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY_SECONDS
            await asyncio.sleep(LAG_EVERY_SECONDS)
            self._lag.observe(max(0.0, loop.time() - due))

    def expose(self, accept: str) -> tuple[bytes, str]:
        """(the body, its Content-Type), in the newest format that the Accept header allows."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class _Gauges(Collector):
    """What is read when it is asked for."""

    def __init__(self, center: Center, ami: Connection, facts: Facts, health: Health) -> None:
        self._center, self._ami, self._facts, self._health = center, ami, facts, health

    def collect(self) -> Iterator[Metric]:
        yield from self._queues()
        yield from self._agents()
        center = self._center
        yield _gauge("live_calls", "Callers' calls under way.", len(center.live_calls))
        yield _gauge("open_callbacks", "Promises to call back.", len(center.callbacks.open))
        yield _gauge("facts_waiting", "Facts that are not written yet.", self._facts.waiting)
        yield _gauge("ami_connected", "1 while Asterisk's manager interface answers.", self._ami.connected)
        if self._ami.roundtrip is not None:
            yield _gauge("ami_roundtrip_seconds", "How long Asterisk took for the last ping.", self._ami.roundtrip)
        parts = GaugeMetricFamily(
            "contactcenter_part_up", "1 while a part that /ready looks at is as it should be.", labels=["part"]
        )
        for part in self._health.parts():
            parts.add_metric([part.name], not part.why)
        yield parts
        yield _gauge("ready", "1 while calls are taken.", self._health.ready)
        yield _gauge("database_check_seconds", "How long the last check of the database took.", self._health.seconds)
        yield _gauge("disk_free_bytes", "Room for recordings.", self._health.free_bytes)

    def _queues(self) -> Iterator[Metric]:
        engine, now = self._center.distributor.engine, self._center.clock.now()
        waiting = GaugeMetricFamily("contactcenter_waiting_calls", "Calls in a queue.", labels=["queue"])
        longest = GaugeMetricFamily(
            "contactcenter_longest_wait_seconds", "Of the calls in a queue, how long one has waited.", labels=["queue"]
        )
        waits: dict[str, list[float]] = {name: [] for name in engine.queues}
        for place in engine.waiting:
            waits.setdefault(place.queue, []).append((now - place.entered).total_seconds())
        for name, seconds in waits.items():
            waiting.add_metric([name], len(seconds))
            longest.add_metric([name], max(seconds, default=0.0))
        yield waiting
        yield longest

    def _agents(self) -> Iterator[Metric]:
        states = Tally(agent.state for agent in self._center.distributor.engine.agents.values())
        agents = GaugeMetricFamily("contactcenter_agents", "Agents, by what they do.", labels=["state"])
        for state in AgentState:
            agents.add_metric([state.value], states[state])
        yield agents


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"contactcenter_{name}", told, value=float(value))
