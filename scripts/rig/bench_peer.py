"""`scripts/bench peer`: our controller and app_queue, on one Asterisk, with the same callers and agents, one after the other.

Three parts. `handover`: from an agent's BYE to the next INVITE at that phone while callers wait. `arrival`: from a caller's
INVITE to the first INVITE at a free agent's phone. `cpu`: CPU for each call at several rates, and calls that failed.
While app_queue has the calls, our controller stands idle beside it, and its CPU is not counted there.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from rig.bench_common import asterisk_version, console, idle_cpu, machine, percentile
from rig.peer_calls import GIVE_UP_SECONDS, TALK, Load, Phones, Run, arrivals_to_rings, handovers, run_load
from rig.peer_site import APP_QUEUE, OURS, agent_numbers, caller_numbers, make_site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rig.center import Center

SIDES = {"app_queue": APP_QUEUE, "controller": OURS}
PARTS = ("handover", "arrival", "cpu")
HANDOVER_AGENTS = 5
HANDOVER_WAITING = 40
SETUP_SECONDS = 0.4  # that an agent is busy for besides the talk
SPARE_AGENTS = 1.3
ARRIVAL_RATE = 4.0
OVERTIME_SECONDS = 60.0  # to register, measure the idle site and become idle again
LEAST_RATIO = 20  # of the medians of the pauses
MOST_CONTROLLER_MS = 3  # of CPU for each call


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--parts", type=_parts, default=",".join(PARTS), metavar="PART,...", help="which parts")
    parser.add_argument("--handovers", type=int, default=120, help="hand-overs to measure for each side")
    parser.add_argument("--arrivals", type=int, default=120, help="arrivals to measure for each side")
    parser.add_argument("--rates", type=_rates, default="5,20,40", metavar="N,...", help="calls a second of cpu")
    parser.add_argument("--seconds", type=float, default=20.0, help="for how long calls come in, at each rate of cpu")


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if unknown := set(parts) - set(PARTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: use {', '.join(PARTS)}")
    return parts


def _rates(text: str) -> tuple[float, ...]:
    try:
        rates = tuple(float(one) for one in text.split(","))
    except ValueError:
        rates = ()
    if not rates or min(rates) <= 0:
        raise argparse.ArgumentTypeError(f"{text}: write calls a second like 5,20,40")
    return rates


async def peer(options: argparse.Namespace) -> int:
    """Our controller beside app_queue: pause between calls, time to the first ring, CPU for each call, failed calls."""
    agents = max(HANDOVER_AGENTS, *(_agents_for(rate) for rate in (*options.rates, ARRIVAL_RATE)))
    callers = max(options.handovers + HANDOVER_WAITING, options.arrivals, round(max(options.rates) * options.seconds))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        center = await make_site(Path(folder) / "site", agents=agents, callers=callers)
        try:
            await center.up()
            console.print(f"{await asterisk_version(center)}, {machine()}")
            for part in options.parts:
                await {"handover": handover, "arrival": arrival, "cpu": cpu_of_calls}[part](center, options)
        except (TimeoutError, RuntimeError) as error:
            console.print(f"stopped: {error}")
            return 1
        finally:
            await center.down()
    console.print(machine())
    return 0


def _agents_for(rate: float) -> int:
    return math.ceil(rate * (statistics.mean(TALK) + SETUP_SECONDS) * SPARE_AGENTS)


async def handover(center: Center, options: argparse.Namespace) -> None:
    """Agents hang up; as many callers come as leave, so that the queue stays long."""
    first = HANDOVER_WAITING + HANDOVER_AGENTS
    pace = HANDOVER_AGENTS / (statistics.mean(TALK) + SETUP_SECONDS)
    waves = [(first, 20.0), (max(1, options.handovers + HANDOVER_AGENTS - HANDOVER_WAITING), pace)]
    table = _table("from an agent's BYE to the next INVITE at that phone, ms", "median", "p90", "p99", "n", "failed")
    medians = {}
    for side, hotline in SIDES.items():
        load = Load(hotline, caller_numbers(sum(calls for calls, _ in waves)), waves, agents_end=True)
        run = await _run(center, f"handover, {side}", load, HANDOVER_AGENTS)
        pauses = handovers(run, least_waiting=HANDOVER_AGENTS)
        if pauses:
            medians[side] = statistics.median(pauses)
        table.add_row(side, *_times(pauses, 50, 90, 99), str(len(pauses)), f"{run.failed} of {run.calls}")
    console.print(table)
    if len(medians) == len(SIDES):
        ratio = medians["app_queue"] / medians["controller"]
        console.print(f"ratio of the medians: {ratio:.0f} (goal: at least {LEAST_RATIO})\n")


async def arrival(center: Center, options: argparse.Namespace) -> None:
    table = _table(
        "from the caller's INVITE to the first INVITE at a free agent, ms", "median", "p90", "p99", "n", "failed"
    )
    for side, hotline in SIDES.items():
        load = Load(
            hotline, caller_numbers(options.arrivals), [(options.arrivals, ARRIVAL_RATE)], agents_end=False, sound=True
        )
        run = await _run(center, f"arrival, {side}", load, _agents_for(ARRIVAL_RATE))
        times = arrivals_to_rings(run)
        table.add_row(side, *_times(times, 50, 90, 99), str(len(times)), f"{run.failed} of {run.calls}")
    console.print(table, "")


async def cpu_of_calls(center: Center, options: argparse.Namespace) -> None:
    """Callers hang up, on both sides, so that no call ends in the survey."""
    table = _table("CPU for each call, ms", "Asterisk", "controller", "failed", "agents", "machine busy")
    for rate in options.rates:
        calls, agents = max(1, round(rate * options.seconds)), _agents_for(rate)
        for side, hotline in SIDES.items():
            load = Load(hotline, caller_numbers(calls), [(calls, rate)], agents_end=False)
            run = await _run(center, f"cpu, {side}, {rate:g} calls a second", load, agents)
            each = run.cpu * (1000 / calls)
            controller = f"{each.controller:.1f}" if hotline == OURS else "-"
            table.add_row(
                f"{side}, {rate:g} calls a second", f"{each.asterisk:.1f}", controller,
                f"{run.failed} of {run.calls}", str(agents), f"{100 * run.busy:.0f} %",
            )  # fmt: skip
    console.print(table)
    console.print(f"goal: at most {MOST_CONTROLLER_MS} ms of controller, and no more failed than app_queue\n")


async def _run(center: Center, name: str, load: Load, agents: int) -> Run:
    """One load with phones of its own. Raises TimeoutError when it is not over in the time its calls need."""
    needed = max(calls / rate for calls, rate in load.waves)
    console.print(f"{name}: {load.calls} calls, {agents} agents, about {needed:.0f} s ...")
    phones = Phones(center, agent_numbers(agents), hang_up=load.agents_end)
    try:
        async with asyncio.timeout(needed + GIVE_UP_SECONDS + OVERTIME_SECONDS), phones, _progress(name, load, phones):
            await _all_free(center, agents)
            idle = await idle_cpu((await center.read("status"))["processes"])
            return await run_load(center, phones, load, idle)
    except TimeoutError as error:
        raise TimeoutError(f"{name}: not over in the time it may take: {error}") from None


async def _all_free(center: Center, agents: int) -> None:
    """Until every phone that has registered can be given a call."""

    async def free() -> int:
        return sum(agent["state"] == "ready" for agent in (await center.status())["agents"])

    await center.wait_until(free, lambda found: found >= agents, timeout=20.0)


@contextlib.asynccontextmanager
async def _progress(name: str, load: Load, phones: Phones) -> AsyncIterator[None]:
    """On a terminal, how many callers an agent has answered so far."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{name}, answered", total=load.calls)

        async def show() -> None:
            while True:
                progress.update(task, completed=phones.talked)
                await asyncio.sleep(0.5)

        showing = asyncio.create_task(show())
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.wait([showing])


def _times(seconds: list[float], *percents: float) -> list[str]:
    return [f"{1000 * percentile(seconds, percent):.1f}" if seconds else "-" for percent in percents]


def _table(title: str, *headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(title)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table
