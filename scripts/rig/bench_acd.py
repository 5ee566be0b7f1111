"""`scripts/bench acd`: what one input costs the distribution engine alone, with few agents and with very many."""

from __future__ import annotations

import argparse
import gc
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from rich.progress import Progress
from rich.table import Table

from contactcenter.acd.strategies import STRATEGIES
from rig.bench_common import console, machine, percentile, whole_number, words_of
from rig.floor import QUEUES, QUEUES_EACH, Floor

WARM_UP_SECONDS = 60.0
GOAL_MICROSECONDS, GOAL_RATIO = 200.0, 3.0
PERCENTS = (50, 99, 100)


@dataclass
class Pauses:
    """Every garbage collection while it is entered, in ms. Those that fall into an input are in that input's time as well."""

    each: list[float] = field(default_factory=list)
    _began: float = 0.0

    def __enter__(self) -> Self:
        gc.callbacks.append(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._note)

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.each.append(1000 * (time.perf_counter() - self._began))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--agents",
        type=_sizes,
        default="100,1000,10000",
        metavar="N,...",
        help="each in turn; the ratio is the last to the first",
    )
    parser.add_argument(
        "--strategies", type=words_of(STRATEGIES), default=",".join(STRATEGIES), metavar="NAME,...", help="each in turn"
    )
    parser.add_argument("--inputs", type=whole_number(100), default=20000, help="inputs measured for each figure")
    parser.add_argument(
        "--waiting", type=whole_number(1), default=2000, help="calls that wait while all agents are busy"
    )
    parser.add_argument("--needs", type=whole_number(0), default=0, metavar="PERCENT", help="calls that need skills")
    parser.add_argument(
        "--width", type=whole_number(0), default=3, help="phones that broadcast rings at once (0: all free members)"
    )


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(whole_number(1)(one) for one in text.split(","))


async def acd(options: argparse.Namespace) -> int:
    """The engine alone: time for each input, all agents busy and calls waiting, and agents free and no calls waiting."""
    sizes, strategies = options.agents, options.strategies
    reached = True
    pauses = Pauses()
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("engine", total=2 * len(sizes) * len(strategies))
        for scene, waiting in (
            ("all agents busy, calls waiting", options.waiting),
            ("agents free, no calls waiting", 0),
        ):
            table = result_table(scene, sizes)
            kinds: defaultdict[str, list[int]] = defaultdict(list)
            for strategy in strategies:
                runs = []
                for size in sizes:
                    floor = Floor(size, waiting, strategy, width=options.width, needs=options.needs)
                    times = measured(floor, options.inputs, pauses)
                    runs.append([each for some in times.values() for each in some])
                    if size == sizes[-1]:
                        for kind, some in times.items():
                            kinds[kind] += some
                    progress.advance(bar)
                reached &= add_row(table, strategy, runs)
            console.print(table, kinds_table(kinds, sizes[-1]), sep="\n")
    goal = f"p99 below {GOAL_MICROSECONDS:g} µs with {sizes[-1]} agents, mean below {GOAL_RATIO:g} times that with {sizes[0]}"
    console.print(f"goal ({goal}): {'reached on every line' if reached else 'missed'}")
    console.print(
        f"{QUEUES} queues, each agent in {QUEUES_EACH}; {options.inputs} inputs a line; garbage collector on, as in production: "
        f"{len(pauses.each)} collections, the longest {max(pauses.each, default=0.0):.0f} ms; {machine()}"
    )
    return 0


def measured(floor: Floor, inputs: int, pauses: Pauses) -> dict[str, list[int]]:
    """Kind of input -> nanoseconds of each, after a minute on the floor. What earlier floors left is collected before."""
    while floor.seconds < WARM_UP_SECONDS:
        floor.step()
    floor.times.clear()
    gc.collect()
    with pauses:
        while floor.measured < inputs:
            floor.step()
    return dict(floor.times)


def result_table(scene: str, sizes: Sequence[int]) -> Table:
    table = Table(title=f"{scene}: µs for an input, p50 / p99 / max", title_justify="left", box=None, pad_edge=False)
    table.add_column("strategy")
    for size in sizes:
        table.add_column(f"{size} agents", justify="right")
    table.add_column("mean, last to first", justify="right")
    return table


def add_row(table: Table, strategy: str, runs: list[list[int]]) -> bool:
    """Whether the goal is reached. The mean has the collections in it, the quantiles have not."""
    ratio = sum(runs[-1]) / len(runs[-1]) / (sum(runs[0]) / len(runs[0]))
    table.add_row(strategy, *(quantiles(run) for run in runs), f"{ratio:.2f}")
    return percentile(runs[-1], 99) / 1000 < GOAL_MICROSECONDS and ratio < GOAL_RATIO


def quantiles(nanoseconds: list[int]) -> str:
    return " / ".join(f"{percentile(nanoseconds, percent) / 1000:.0f}" for percent in PERCENTS)


def kinds_table(kinds: dict[str, list[int]], agents: int) -> Table:
    table = Table(title=f"by input, {agents} agents, all strategies", title_justify="left", box=None, pad_edge=False)
    for heading in ("input", "n", "µs, p50 / p99 / max"):
        table.add_column(heading, justify="left" if heading == "input" else "right")
    for kind in sorted(kinds, key=lambda kind: -percentile(kinds[kind], 99)):
        table.add_row(kind, str(len(kinds[kind])), quantiles(kinds[kind]))
    return table
