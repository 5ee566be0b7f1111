"""`scripts/bench calls`: what the whole journey of a call costs, controller beside Asterisk."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from rich.table import Table

from rig.agent import SippAgentPool
from rig.bench_common import Cpu, console, cpu, idle_cpu, machine
from rig.center import Center
from rig.load import CallResult, Press, load_callers
from rig.ports import LOOPBACK

FIRST_AGENT = 1001
TALK_SECONDS = (1.0, 3.0)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--rate", type=float, default=5.0, help="calls a second")
    parser.add_argument("--agents", type=int, default=20)


async def calls(options: argparse.Namespace) -> int:
    """The whole journey: CPU of controller and Asterisk for each call, what came of the calls, and how fast agents rang."""
    numbers = [str(FIRST_AGENT + index) for index in range(options.agents)]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        center = Center(Path(folder) / "site")
        await center.create()
        await center.configure(
            agents={n: {"name": n, "sip_password": f"pw{n}"} for n in numbers},
            queues={"*": {"wrap_up_seconds": 0, "sticky_hours": 0, "members": dict.fromkeys(numbers, 1)}},
        )
        center.write("update agents set logged_in = 1")
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
        used = cpu(processes) - before - idle * seconds
    print_result(center, results, used, idle)
    console.print(f"wall time {seconds:.0f} s; {machine()}")


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
