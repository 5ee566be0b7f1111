"""Memory, file descriptors and answers of a site's processes, looked at once a second."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rig.center import Center

PID_FILES = {"controller": "serve.pid", "Asterisk": "asterisk.pid"}
LEAST_SECONDS = 600.0
"""A shorter time says nothing of a growth for each hour."""


@dataclass(frozen=True)
class Sample:
    """at: monotonic; rss: bytes; fds: open file descriptors."""

    at: float
    pid: int
    rss: int
    fds: int


class Watch:
    """samples: by the name of the process. answers: when the controller was asked how it is, and how many seconds it took to say so."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self.samples: dict[str, list[Sample]] = {name: [] for name in PID_FILES}
        self.answers: list[tuple[float, float]] = []

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for name in PID_FILES:
                self._look(name)
            began = time.monotonic()
            if len(await self._center.health()) > 1:  # else it did not answer
                self.answers.append((began, time.monotonic() - began))
            await asyncio.sleep(1.0)

    def answered(self, absent: Sequence[tuple[float, float]]) -> list[float]:
        """Seconds of the answers, the longest last, without those asked while it was absent, from when to when."""
        return sorted(
            took for began, took in self.answers if not any(since - took <= began <= until for since, until in absent)
        )

    def _look(self, name: str) -> None:
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int((self._center.folder / "run" / PID_FILES[name]).read_text()))
            sample = Sample(time.monotonic(), process.pid, process.memory_info().rss, process.num_fds())
            self.samples[name].append(sample)


def growth_per_hour(samples: Sequence[Sample], warm_up: float) -> float | None:
    """Percent of the memory that the longest-lived process gained in an hour, by a line of least squares through all but its first
    `warm_up` seconds; None when it lived for less than LEAST_SECONDS after them.
    """
    lives = [list(one) for _, one in groupby(samples, key=lambda sample: sample.pid)]
    longest = max(lives, key=lambda life: life[-1].at - life[0].at, default=[])
    warm = [sample for sample in longest if sample.at - longest[0].at >= warm_up]
    if not warm or warm[-1].at - warm[0].at < LEAST_SECONDS:
        return None
    slope, start = np.polyfit([sample.at - warm[0].at for sample in warm], [sample.rss for sample in warm], 1)
    return float(100 * 3600 * slope / start)
