"""What the controller is watched by, on a center in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from contactcenter.errors import StoreError
from contactcenter.monitoring.health import Health
from contactcenter.monitoring.metrics import Metrics
from contactcenter.recording.recorder import Recorder
from contactcenter.simulator.center import SimulatedCenter


@dataclass
class Around:
    """Asterisk, the writer and the database, as far as they are watched. away: why the database can't be written."""

    connected: bool = True
    roundtrip: float | None = 0.002
    waiting: int = 0
    failing: str = ""
    away: str = ""
    listening: bool = True
    on_commit: Callable[[float], None] = field(default=lambda _: None)

    async def check_writable(self) -> None:
        if self.away:
            raise StoreError(self.away)


def health_of(sim: SimulatedCenter, around: Around, folder: Path) -> Health:
    center = sim.center
    return Health(
        around,
        listening=lambda: around.listening,
        draining=lambda: center.draining,
        facts=around,
        database=around,
        recorder=Recorder(folder),
        clock=center.clock,
        publish=center.bus.publish,
    )


def metrics_of(sim: SimulatedCenter, around: Around, folder: Path) -> Metrics:
    metrics = Metrics(sim.center, around, around, health_of(sim, around, folder))
    sim.center.bus.subscribe(metrics.take)
    return metrics


class Scrape:
    """One reading of the metrics, as Prometheus understands it."""

    def __init__(self, text: str) -> None:
        self.samples = {
            (sample.name.removeprefix("contactcenter_"), *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        return self.samples[name, *sorted(labels.items())]


def scrape(metrics: Metrics) -> Scrape:
    return Scrape(metrics.expose("text/plain")[0].decode())
