"""`scripts/bench erlang`: the distribution engine in virtual time beside what queueing theory says of the same traffic."""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.progress import Progress
from rich.table import Table

from rig.bench_common import console, machine, percentile, whole_number, words_of
from rig.erlang import ErlangA, ErlangC, strict_priority, wait_at
from rig.poisson import Caller, Poisson, Traffic, furthest_from_recursion, mean_with_error

PARTS = ("c", "a", "estimate", "priority")
TALK_SECONDS, SERVICE_SECONDS = 180.0, 20.0
WITHIN = 0.02
PATIENT = 0.02
C_POINTS = ((3.0, 5), (8.0, 10), (17.0, 20), (45.0, 50), (95.0, 100), (19.4, 20), (48.5, 50))
"""(load, agents)"""
A_POINTS = (
    (8.0, 10, 120.0),
    (20.0, 20, 60.0),
    (45.0, 50, 120.0),
    (50.0, 50, 180.0),
    (60.0, 50, 90.0),
    (97.0, 100, 120.0),
)
"""(load, agents, mean patience in seconds)"""
ESTIMATE_POINTS = ((8.0, 10, math.inf), (45.0, 50, math.inf), (48.5, 50, math.inf), (20.0, 20, 120.0), (60.0, 50, 90.0))
VIP, STANDARD, VIP_SHARE = 5, 0, 0.2
PRIORITY_POINT = (28.0, 30)
THREE_QUEUES = (("a", 1 / 3), ("b", 1 / 3), ("c", 1 / 3))
AGEING = (0.0, 6.0, 30.0, 120.0)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--calls", type=whole_number(1000), default=200_000, help="for each line; 20000 take seconds, and say little"
    )
    parser.add_argument(
        "--parts", type=words_of(PARTS), default=",".join(PARTS), metavar="PART,...", help="which tables"
    )
    parser.add_argument("--seed", type=int, default=1)


@dataclass
class Runner:
    """Runs traffic, and knows how fast. outside: how many figures are further from the theory than they may be.

    furthest: the largest difference in seconds of one wait to the recursion.
    """

    options: argparse.Namespace
    advance: Callable[[int], None]
    calls: int = 0
    seconds: float = 0.0
    checked: int = 0
    outside: int = 0
    furthest: float = 0.0
    _seed: int = field(default=0)

    def __call__(self, traffic: Traffic) -> list[Caller]:
        self._seed += 1
        began = time.perf_counter()
        world = Poisson(traffic, 1000 * self.options.seed + self._seed)
        callers = world.run(self.options.calls, self.advance)
        self.seconds += time.perf_counter() - began
        self.calls += self.options.calls
        if len(traffic.classes) == 1:
            self.furthest = max(self.furthest, furthest_from_recursion(world.callers, traffic.agents))
        return callers

    def beside(self, values: Sequence[float], theory: float, scale: float = 1.0) -> tuple[str, str]:
        """`theory` and `measured ±error` as cells; the second marked when the theory is not within 2 % or the error of it."""
        mean, error = mean_with_error(values)
        outside = abs(mean - theory) > max(error, WITHIN * theory)
        self.checked += 1
        self.outside += outside
        return f"{scale * theory:.2f}", f"{scale * mean:.2f} ±{scale * error:.2f}{' !' if outside else ''}"


async def erlang(options: argparse.Namespace) -> int:
    """The engine with Poisson calls beside Erlang C and A, the honesty of its estimate, and waits by priority."""
    parts = options.parts
    tables = {"c": erlang_c, "a": erlang_a, "estimate": estimate, "priority": priority}
    lines = {"c": len(C_POINTS), "a": len(A_POINTS), "estimate": len(ESTIMATE_POINTS), "priority": len(AGEING) + 1}
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("calls", total=options.calls * sum(lines[part] for part in parts))
        run = Runner(options, lambda calls: progress.advance(bar, calls))
        for part in parts:
            console.print(tables[part](run))
    if run.checked:
        console.print(
            f"{run.checked - run.outside} of {run.checked} figures within {100 * WITHIN:g} % of theory or their 95 % error (±), "
            f"{run.outside} outside (!); one in twenty is by chance\n"
            f"no wait of any call is further than {run.furthest:.6f} s from the Kiefer-Wolfowitz recursion of the same calls"
        )
    console.print(
        f"{run.calls} calls in {run.seconds:.0f} s, {60 * run.calls / run.seconds:.0f} calls a minute; "
        f"mean talk {TALK_SECONDS:g} s; {machine()}"
    )
    return 0


def new_table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def erlang_c(run: Runner) -> Table:
    """Endless patience: service level and average speed of answer."""
    level = f"answered in {SERVICE_SECONDS:g} s, %"
    table = new_table("Erlang C", "load", "agents", "busy %", f"{level}: theory", "engine", "ASA, s: theory", "engine")
    for load, agents in C_POINTS:
        theory = ErlangC(load, agents, TALK_SECONDS)
        waits = [caller.wait for caller in run(Traffic(load, agents, TALK_SECONDS))]
        in_time = [float(wait <= SERVICE_SECONDS) for wait in waits]
        table.add_row(
            f"{load:g}", str(agents), f"{100 * load / agents:.0f}",
            *run.beside(in_time, theory.service_level(SERVICE_SECONDS), 100), *run.beside(waits, theory.mean_wait),
        )  # fmt: skip
    return table


def erlang_a(run: Runner) -> Table:
    """Callers hang up: the wait of all, and how many."""
    table = new_table(
        "Erlang A", "load", "agents", "patience, s", "hung up, %: theory", "engine", "mean wait, s: theory", "engine"
    )
    for load, agents, patience in A_POINTS:
        theory = ErlangA(load, agents, TALK_SECONDS, patience)
        callers = run(Traffic(load, agents, TALK_SECONDS, patience))
        table.add_row(
            f"{load:g}", str(agents), f"{patience:g}",
            *run.beside([float(caller.gone) for caller in callers], theory.abandoned, 100),
            *run.beside([caller.wait for caller in callers], theory.mean_wait),
        )  # fmt: skip
    return table


def estimate(run: Runner) -> Table:
    """What callers are told at entering, judged by those who have to wait and never hang up."""
    table = new_table(
        "Estimate at entering (judged by 2 % of the callers, who never hang up, where others do), % of their mean wait",
        "load", "agents", "patience, s", "n", "mean wait, s",
        "bias: engine", "ideal", "mean error: engine", "ideal",
    )  # fmt: skip
    for load, agents, patience in ESTIMATE_POINTS:
        share = 0.0 if math.isinf(patience) else PATIENT
        callers = run(Traffic(load, agents, TALK_SECONDS, patience, patient_share=share, estimates=True))
        told = [
            (caller.wait, caller.estimate, wait_at(caller.place, agents / TALK_SECONDS, patience))
            for caller in callers
            if caller.had_to_wait and caller.estimate is not None and (caller.patient or math.isinf(patience))
        ]
        mean = statistics.fmean(wait for wait, _, _ in told)
        cells = [
            f"{100 * statistics.fmean(figure(estimated - wait) for wait, *both in told for estimated in [both[which]]) / mean:.1f}"
            for figure in (float, abs)
            for which in (0, 1)
        ]
        table.add_row(f"{load:g}", str(agents), f"{patience:g}", str(len(told)), f"{mean:.0f}", *cells)
    return table


def priority(run: Runner) -> Table:
    """Three queues that share agents, VIP and standard calls in each."""
    load, agents = PRIORITY_POINT
    table = new_table(
        f"Two priorities ({VIP}: {100 * VIP_SHARE:g} % of calls, {STANDARD}: the others), three queues, load {load:g}, {agents} agents; waits in s",
        "ageing, s for a point", "VIP: mean", "95 % below", "standard: mean", "95 % below", "longest",
    )  # fmt: skip
    first_come = ErlangC(load, agents, TALK_SECONDS).mean_wait
    table.add_row("theory: no priority", f"{first_come:.1f}", "", f"{first_come:.1f}", "", "")
    shared = [(f"{ageing:g}", ageing, None) for ageing in AGEING]
    for name, ageing, members in (*shared, (f"{AGEING[-1]:g}, each agent in two queues", AGEING[-1], in_two_of_three)):
        callers = run(
            Traffic(
                load, agents, TALK_SECONDS, queues=THREE_QUEUES, members=members, ageing_seconds=ageing,
                classes=((VIP, VIP_SHARE), (STANDARD, 1 - VIP_SHARE)),
            )
        )  # fmt: skip
        vip, standard = ([caller.wait for caller in callers if caller.priority == which] for which in (VIP, STANDARD))
        with_error = [f"{mean:.1f} ±{error:.1f}" for mean, error in map(mean_with_error, (vip, standard))]
        table.add_row(
            name,
            with_error[0],
            f"{percentile(vip, 95):.0f}",
            with_error[1],
            f"{percentile(standard, 95):.0f}",
            f"{max(standard):.0f}",
        )
    first, second = strict_priority(load, agents, TALK_SECONDS, VIP_SHARE)
    table.add_row("theory: VIP always first", f"{first:.1f}", "", f"{second:.1f}", "", "")
    return table


def in_two_of_three(queue: str, agent: int) -> bool:
    """Each agent is in all of the three queues but one."""
    return THREE_QUEUES[agent % len(THREE_QUEUES)][0] != queue
