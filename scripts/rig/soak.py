"""Real calls with a mix of outcomes, for a long time; with --chaos, while things go wrong. At the end SIP, Asterisk's call detail
records and the store are added up: no call may be lost, doubled or stuck, and memory may not grow.

Callers give up while the call arrives, at the welcome, in the menu, waiting, while a phone rings, in the conversation, at the
survey, or rate. Agents answer, let it ring, are busy, reject, hand over (SIP REFER). Prompts are half a second of silence.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from rig.ami_relay import AmiRelay
from rig.bench_common import console, machine
from rig.center import Center
from rig.peer_calls import shown_number
from rig.peer_site import VOICE_PORTS, agent_numbers, caller_numbers, contacts
from rig.soak_books import Books, balance
from rig.soak_chaos import Chaos
from rig.soak_people import PATIENCE_SECONDS, Agents, Callers
from rig.soak_watch import Watch, growth_per_hour

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PROMPT_FRAMES = 4000  # at 8 kHz
WARM_UP_SECONDS = 120.0
PROGRESS_SECONDS = 15.0
SETTLE_SECONDS = 30.0
MOST_GROWTH = 2.0  # percent an hour
MOST_LINES = 12


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="for how long calls come in")
    parser.add_argument("--cps", type=float, default=5.0, help="calls a second")
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of what people do and what goes wrong")
    parser.add_argument(
        "--chaos", action="store_true", help="kill and freeze the controller, cut AMI, lock the database"
    )
    parser.add_argument("--kill-asterisk", action="store_true", help="with --chaos: Asterisk too, which ends its calls")
    options = parser.parse_args()
    if min(options.minutes, options.cps, options.agents) <= 0 or options.agents < 2:
        parser.error("--minutes and --cps have to be above 0, --agents at least 2.")
    return asyncio.run(soak(options))


async def soak(options: argparse.Namespace) -> int:
    """The exit code. The site's folder stays when a goal was missed."""
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    wrong: list[str] = ["it did not come to its end"]
    try:
        wrong = await _soak(folder / "site", options)
    finally:
        if wrong:
            console.print(f"the site stays in {folder}/site")
        else:
            shutil.rmtree(folder)
    console.print(*(wrong or ["all goals reached"]), sep="\n")
    return 1 if wrong else 0


async def _soak(folder: Path, options: argparse.Namespace) -> list[str]:
    """What is wrong."""
    center, rng = await make_site(folder, options), random.Random(options.seed)
    numbers = caller_numbers(round(options.cps * 60 * options.minutes))
    console.print(
        f"{len(numbers)} calls, {options.cps:g} a second, {options.agents} agents, seed {options.seed}; {machine()}"
    )
    try:
        await center.up()
        agents, watch = Agents(center, agent_numbers(options.agents), rng), Watch(center)
        callers = Callers(center, agents, rng)
        async with AmiRelay(center) as relay:
            killed = callers.line_is_dead if options.kill_asterisk else None
            chaos = Chaos(center, relay, options.seed, _say, killed)
            if options.chaos:
                await relay.use()
            async with agents, callers.crowd, _aside(watch.run()):
                await callers.crowd.place(numbers, options.cps)
                async with _aside(chaos.run() if options.chaos else asyncio.sleep(0)):
                    await _until(
                        lambda: len(callers.crowd.legs) == len(numbers), callers, len(numbers), 60 * options.minutes
                    )
                await _until(
                    lambda: all(leg.over for leg in callers.crowd.legs), callers, len(numbers), PATIENCE_SECONDS
                )
                left = await _settled(center)
        shown = {id(leg): shown_number(leg) for leg in agents.calls}
        books = balance(center, callers.crowd.legs, agents.calls, shown)
        return report(books, left, callers, agents, chaos, watch)
    finally:
        await center.down()


async def make_site(folder: Path, options: argparse.Namespace) -> Center:
    """Every caller is known, every agent serves every queue and is never paused; phones ring three seconds."""
    first, last = VOICE_PORTS
    center = Center(folder, settings={"rtp_first": str(first), "rtp_last": str(last)})
    await center.create()
    for file in (folder / "sounds").rglob("*.wav"):
        if "moh" not in file.parts:
            with wave.open(str(file), "wb") as out:
                out.setparams((1, 2, 8000, 0, "NONE", ""))
                out.writeframes(bytes(2 * PROMPT_FRAMES))
    numbers = agent_numbers(options.agents)
    queue = {"wrap_up_seconds": 1, "ring_seconds": 3, "misses_before_pause": 0, "sticky_hours": 0}
    await center.configure(
        agents={number: {"name": number, "sip_password": f"pw{number}"} for number in numbers},
        queues={"*": {**queue, "members": dict.fromkeys(numbers, 1)}},
    )
    center.write("update agents set logged_in = 1", *contacts(round(options.cps * 60 * options.minutes)))
    return center


@contextlib.asynccontextmanager
async def _aside(work: object) -> AsyncIterator[None]:
    """Runs beside the block. What it raises is raised when the block is over."""
    task = asyncio.ensure_future(work)  # type: ignore[call-overload]
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


_began = time.monotonic()


def _say(text: str) -> None:
    seconds = round(time.monotonic() - _began)
    console.print(f"{seconds // 60:3}:{seconds % 60:02}  {text}")


async def _until(done: Callable[[], bool], callers: Callers, calls: int, seconds: float) -> None:
    """Until that is done, SIPp has ended, or nothing can explain it any more."""
    end, next_line = time.monotonic() + seconds + SETTLE_SECONDS, 0.0
    while not done() and callers.crowd.alive and time.monotonic() < end:
        if time.monotonic() >= next_line:
            next_line = time.monotonic() + PROGRESS_SECONDS
            up = sum(not leg.over for leg in callers.crowd.legs)
            _say(f"{len(callers.crowd.legs)} of {calls} calls made, {up} of them up; load {os.getloadavg()[0]:.1f}")
        await asyncio.sleep(0.2)
    if (placed := len(callers.crowd.legs)) < calls:
        _say(f"SIPp placed {placed} of {calls} calls: {callers.crowd.complaints()[-300:]}")


async def _settled(center: Center) -> list[str]:
    """What is left when all are gone and had time to be forgotten."""

    async def look() -> list[str]:
        if not (await center.health())["ready"]:
            return ["the controller is not ready"]
        status = await center.status()
        agents = [f"agent {a['number']} is {a['state']}" for a in status["agents"] if a["state"] != "ready"]
        parts = [f"recording part {file.name}" for file in (center.folder / "recordings" / "parts").iterdir()]
        calls = [f"{status['calls']} calls in the controller"] if status["calls"] else []
        return [*agents, *calls, *parts, *(f"channel {name}" for name in await center.channels())]

    end = time.monotonic() + SETTLE_SECONDS
    while (left := await look()) and time.monotonic() < end:  # noqa: ASYNC110 (what others do has no event)
        await asyncio.sleep(0.5)
    await asyncio.sleep(1.0)  # the last facts are committed
    return left


def report(  # noqa: PLR0917
    books: Books, left: list[str], callers: Callers, agents: Agents, chaos: Chaos, watch: Watch
) -> list[str]:
    """Prints the figures; returns what is wrong."""
    table = Table(box=None, pad_edge=False, show_header=False)
    growth = {name: growth_per_hour(samples, WARM_UP_SECONDS) for name, samples in watch.samples.items()}
    rows = {
        "calls made, ended in the store": f"{books.made}, {books.ended}",
        "answered": f"{books.answered}",
        "outcomes": _counts(books.outcomes),
        "callers gave up or stayed": _counts(callers.did),
        "phones": _counts(agents.did),
        "what went wrong": _counts(chaos.done) or "nothing",
        "calls taken over": _counts(books.recovered) or "none",
        "alarms": _counts(books.alarms) or "none",
        "not recorded": _counts(books.unrecorded) or "none",
        "lost": str(len(books.lost)),
        "doubled": str(len(books.doubled)),
        "told differently": str(len(books.differ)),
        "came and went without a controller": str(len(books.unknown)),
        "ended by a killed Asterisk": str(books.unwitnessed),
        "left behind": str(len(left)),
        "waited in vain": str(len(callers.gave_up)),
    }
    for name, samples in watch.samples.items():
        first, last = samples[0], samples[-1]
        change = growth[name]
        told = f"{change:+.1f} % an hour" if change is not None else "too short for a rate"
        rows[name] = (
            f"{first.rss / 1e6:.0f} to {last.rss / 1e6:.0f} MB, {told}; {first.fds} to {last.fds} file descriptors"
        )
    if times := watch.answered(chaos.absent):
        rows["controller's answers"] = (
            f"median {1000 * times[len(times) // 2]:.0f} ms, 99 % {1000 * times[len(times) * 99 // 100]:.0f} ms, longest {1000 * times[-1]:.0f} ms"
        )
    rows["machine"] = machine()
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
    wrong = [*books.lost, *books.doubled, *books.differ, *left, *(f"{who}: waited in vain" for who in callers.gave_up)]
    wrong += [] if chaos.done else books.unknown
    for line in books.unknown if chaos.done else []:
        console.print(line)
    grown = [f"{name} grew by {now:.1f} % an hour" for name, now in growth.items() if (now or 0) > MOST_GROWTH]
    return [*wrong[:MOST_LINES], *([f"and {len(wrong) - MOST_LINES} more"] if len(wrong) > MOST_LINES else []), *grown]


def _counts(counter: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items(), key=lambda one: -one[1]))


if __name__ == "__main__":
    sys.exit(main())
