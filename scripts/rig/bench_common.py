"""What the benchmarks share: CPU time of a site's processes, quantiles, and a line about the machine."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from rig.center import Center

console = Console(highlight=False, width=110)
QUIET_SECONDS = 5.0


@dataclass(frozen=True)
class Cpu:
    """CPU seconds of a site's Asterisk and controller."""

    asterisk: float
    controller: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.asterisk - other.asterisk, self.controller - other.controller)

    def __mul__(self, factor: float) -> Cpu:
        return Cpu(self.asterisk * factor, self.controller * factor)


def cpu(processes: dict[str, int]) -> Cpu:
    """CPU seconds used so far. `processes`: name -> process id, as `contactcenter status --json` tells them."""
    return Cpu(_cpu_seconds(processes["asterisk"]), _cpu_seconds(processes["serve"]))


def _cpu_seconds(pid: int) -> float:
    """Of all threads of a process, living and ended, to the nanosecond: /proc counts in hundredths of a second, which is
    more than some idle processes use while we look. The clock is clock_getcpuclockid(3) of glibc, Linux only.
    """
    return time.clock_gettime((~pid << 3) | 2)


async def idle_cpu(processes: dict[str, int]) -> Cpu:
    """CPU seconds used in one second without calls."""
    before = cpu(processes)
    await asyncio.sleep(QUIET_SECONDS)
    return (cpu(processes) - before) * (1 / QUIET_SECONDS)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def words_of(known: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """The type of an option that takes some of these words, with commas between."""

    def words(text: str) -> tuple[str, ...]:
        given = tuple(text.split(","))
        if unknown := sorted(set(given) - set(known)):
            raise argparse.ArgumentTypeError(f"there is no {unknown[0] or 'empty one'}. Use some of: {','.join(known)}")
        return given

    return words


def whole_number(least: int) -> Callable[[str], int]:
    """The type of an option that takes a whole number, not below `least`."""

    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least {least}.")
        return int(text)

    return number


def machine() -> str:
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}"


async def asterisk_version(center: Center) -> str:
    """Such as `Asterisk 22.10.1`."""
    async with center.ami() as ami:
        return f"Asterisk {(await ami.action('CoreSettings')).get('AsteriskVersion', '?')}"


def idle_seconds() -> float:
    """How long the cores have had nothing to do, summed over all of them; the difference of two says how busy they were."""
    times = psutil.cpu_times()
    return float(times.idle + getattr(times, "iowait", 0.0))
