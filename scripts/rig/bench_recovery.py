"""`scripts/bench recovery`: the controller is killed while hundreds of callers wait; how soon they have their places again."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from rich.table import Table

from rig.agent import SippAgentPool
from rig.bench_common import console, machine, whole_number
from rig.crowd import Crowd
from rig.peer_site import agent_numbers, caller_numbers, make_site
from rig.ports import LOOPBACK

if TYPE_CHECKING:
    from rig.center import Center
    from rig.leg import Leg

AGENTS = 5
SERVED = 40
"""So many calls are served afterwards, to see the order."""
WAIT_SECONDS = 110.0  # Asterisk ends a call in which nothing is heard for two minutes, and our callers are silent
MOST_READY_SECONDS = 3.0


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=whole_number(SERVED), default=500, help="that wait")
    parser.add_argument("--rate", type=float, default=20.0, help="calls a second to get there")


async def recovery(options: argparse.Namespace) -> int:
    """The controller is killed with hundreds of calls waiting: until it is ready again, until all have their places, in which order."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        center = await make_site(Path(folder) / "site", agents=AGENTS, callers=options.calls)
        await center.up()
        try:
            return await measure(center, options)
        finally:
            await center.down()


async def measure(center: Center, options: argparse.Namespace) -> int:
    async def live(leg: Leg) -> None:
        await leg.wait_ended(WAIT_SECONDS)

    async with Crowd(center, live) as crowd:
        console.print(f"{options.calls} calls at {options.rate:g} a second begin to wait ...")
        await crowd.place(caller_numbers(options.calls), options.rate)
        await _until_waiting(center, options.calls, options.calls / options.rate + 30)
        before = {fact["call"]: fact["at"] for fact in await _queued(center, options.calls, recovered=False)}
        killed_at, killed = time.time(), await center.kill_controller()
        await center.wait_another_controller(killed, 60)
        ready_at = time.time()
        began_at = psutil.Process(int((center.folder / "run" / "serve.pid").read_text())).create_time()
        await _until_waiting(center, options.calls, 30)
        all_at = time.time()
        again = {fact["call"]: fact["since"] for fact in await _queued(center, options.calls, recovered=True)}
        wrong = _out_of_order(center, await _served(center, before))
    table = Table("seconds", "from the kill", "from the new process", box=None, pad_edge=False)
    for name, at in (("ready for calls", ready_at), (f"all {options.calls} have their places", all_at)):
        table.add_row(name, f"{at - killed_at:.2f}", f"{at - began_at:.2f}")
    console.print(table)
    kept = sum(again.get(call) == at for call, at in before.items())
    console.print(f"places kept: {kept} of {len(before)}; served out of order: {wrong} of {SERVED}; {machine()}")
    return 0 if (kept, wrong) == (len(before), 0) and ready_at - began_at < MOST_READY_SECONDS else 1


async def _until_waiting(center: Center, calls: int, timeout: float) -> None:
    async def waiting() -> int:
        return int((await center.status())["waiting"])

    await center.wait_until(waiting, lambda now: now == calls, timeout)


async def _queued(center: Center, calls: int, *, recovered: bool) -> list[dict[str, str]]:
    async def look() -> list[dict[str, str]]:
        return center.facts("CallQueued", recovered=recovered)

    found: list[dict[str, str]] = await center.wait_until(look, lambda facts: len(facts) >= calls, 10)
    return found


async def _served(center: Center, before: dict[str, str]) -> list[str]:
    """The first calls that agents were offered, in that order."""
    passwords = {number: center.password(number) for number in agent_numbers(AGENTS)}
    agents = SippAgentPool(passwords, LOOPBACK, center.sip_port, answer_after=0.05, hang_up_after=0.3)
    async with agents:

        async def offered() -> list[str]:
            return [fact["call"] for fact in center.facts("CallOffered")]

        calls: list[str] = await center.wait_until(
            offered, lambda found: len(set(found)) >= min(SERVED, len(before)), 60
        )
    return list(dict.fromkeys(calls))[:SERVED]


def _out_of_order(center: Center, served: list[str]) -> int:
    """All have one priority: whoever came first is served first."""
    first = [fact["call"] for fact in center.facts("CallQueued", recovered=False)][: len(served)]
    return sum(one != other for one, other in zip(first, served, strict=True))
