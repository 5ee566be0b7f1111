"""Benchmarks, each measured against a peer in the same run, with the machine's load beside the figures."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from rig.agent import SippAgentPool
from rig.center import Center
from rig.load import CallResult, Press, load_callers
from rig.ports import LOOPBACK

console = Console(highlight=False, width=110)
FIRST_AGENT = 1001
TALK_SECONDS = (1.0, 3.0)
QUIET_SECONDS = 5.0


@dataclass
class Cpu:
    """CPU seconds of a site's Asterisk and controller."""

    asterisk: float
    controller: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.asterisk - other.asterisk, self.controller - other.controller)


def cpu(processes: dict[str, int]) -> Cpu:
    def seconds(pid: int) -> float:
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system

    return Cpu(seconds(processes["asterisk"]), seconds(processes["serve"]))


async def calls(options: argparse.Namespace) -> int:
    """The whole journey: CPU of controller and Asterisk for each call, what came of the calls, and how fast agents rang."""
    numbers = [str(FIRST_AGENT + index) for index in range(options.agents)]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        center = Center(Path(folder) / "site")
        await center.create()
        center.write(
            "delete from members",
            *(  # numbers of our own
                f"insert or ignore into agents (number, name, sip_password, logged_in, pause_reason) values ('{n}', '{n}', 'pw{n}', 1, '')"
                for n in numbers
            ),
            *(
                f"insert into members (queue, agent, level) values ('{q}', '{n}', 1)"
                for q in ("vip", "support")
                for n in numbers
            ),
            "update queues set wrap_up_seconds = 0, sticky_hours = 0",
        )
        await center.up()
        try:
            await measure(center, numbers, options)
        finally:
            await center.down()
    return 0


async def measure(center: Center, numbers: list[str], options: argparse.Namespace) -> None:
    processes = (await center.read("status"))["processes"]
    pool = SippAgentPool(
        {n: center.password(n) for n in numbers}, LOOPBACK, center.sip_port,
        answer_after=0.2, hang_up_after=TALK_SECONDS, tone=600, media=True,
    )  # fmt: skip
    async with pool:
        idle = await idle_cpu(processes)
        before, started = cpu(processes), time.monotonic()
        console.print(f"{options.calls} calls at {options.rate:g} a second, {options.agents} agents ...")
        results = await load_callers(
            LOOPBACK, center.sip_port, "trunk", center.trunk_password,
            hotline="4001234567", numbers=["13800000001", "13800000002"], calls=options.calls, rate=options.rate,
            presses=[*(Press("0", at, "answer") for at in (5.0, 6.0, 7.0)), *(Press("5", at, "answer") for at in range(9, 60, 2))],
            give_up_after=90,
        )  # fmt: skip
        seconds = time.monotonic() - started
        used = cpu(processes) - before
    used = Cpu(used.asterisk - idle.asterisk * seconds, used.controller - idle.controller * seconds)
    print_result(center, results, used, idle)
    console.print(f"wall time {seconds:.0f} s; {machine()}")


async def idle_cpu(processes: dict[str, int]) -> Cpu:
    """CPU seconds used in one second without calls."""
    before = cpu(processes)
    await asyncio.sleep(QUIET_SECONDS)
    used = cpu(processes) - before
    return Cpu(used.asterisk / QUIET_SECONDS, used.controller / QUIET_SECONDS)


def print_result(center: Center, results: list[CallResult], used: Cpu, idle: Cpu) -> None:
    outcomes = Counter(fact["outcome"] for fact in center.facts("CallEnded"))
    table = Table(box=None, pad_edge=False)
    for heading in ("", "controller", "Asterisk", "ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    each = Cpu(1000 * used.asterisk / len(results), 1000 * used.controller / len(results))
    table.add_row(
        "CPU for each call, ms",
        f"{each.controller:.1f}",
        f"{each.asterisk:.1f}",
        f"{each.controller / each.asterisk:.2f}",
    )
    table.add_row("CPU without calls, % of a core", f"{100 * idle.controller:.1f}", f"{100 * idle.asterisk:.1f}", "")
    console.print(table)
    rings = ring_delays(center)
    console.print(
        f"outcomes: {dict(outcomes)}; ended by: {dict(Counter(str(result.how) for result in results))}; offers: {len(center.facts('CallOffered'))}"
    )
    if rings:
        console.print(
            f"from joining the queue to the offer: median {1000 * statistics.median(rings):.1f} ms, longest {1000 * max(rings):.0f} ms"
        )


def ring_delays(center: Center) -> list[float]:
    """Seconds from CallQueued to the first CallOffered of each call."""
    queued = {fact["call"]: datetime.fromisoformat(fact["at"]) for fact in center.facts("CallQueued")}
    first: dict[str, float] = {}
    for fact in center.facts("CallOffered", attempt=1):
        first[fact["call"]] = (datetime.fromisoformat(fact["at"]) - queued[fact["call"]]).total_seconds()
    return list(first.values())


def machine() -> str:
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    benches = parser.add_subparsers(required=True, metavar="BENCH")
    one = benches.add_parser("calls", help=calls.__doc__)
    one.add_argument("--calls", type=int, default=100)
    one.add_argument("--rate", type=float, default=5.0, help="calls a second")
    one.add_argument("--agents", type=int, default=20)
    one.set_defaults(run=calls)
    options = parser.parse_args()
    return asyncio.run(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
