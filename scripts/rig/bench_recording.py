"""`scripts/bench recording`: what saving a recording costs, encrypted beside not encrypted, and hearing it again."""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import statistics
import tempfile
import time
import wave
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from contactcenter.ids import CallId
from contactcenter.recording.keys import keys_in, new_key
from contactcenter.recording.recorder import Recorder
from contactcenter.recording.rekeying import identities_of
from contactcenter.recording.sealing import sound_of
from rig.bench_common import console, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMES = 5
CALL, AT = CallId("1795500000.42"), datetime(2026, 11, 25, 9, 5, tzinfo=UTC)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=int, default=60, help="length of the call")


async def recording(options: argparse.Namespace) -> int:
    """CPU of joining two parts, with and without encryption, and of decrypting; the process's memory before and after."""
    console.print(f"a call of {options.minutes} min, median of {TIMES}; {machine()}")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("", "ms of CPU for each minute of the call", "longest time the event loop stood, ms"):
        table.add_column(heading, justify="right" if heading else "left")
    with tempfile.TemporaryDirectory() as folder:
        new_key(Path(folder) / "keys", AT)
        plain, sealed = Recorder(Path(folder) / "plain"), Recorder(Path(folder) / "sealed", Path(folder) / "keys")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for name, recorder in (("saved, not encrypted", plain), ("saved, encrypted", sealed)):
            costs, gaps = [], []
            for _ in range(TIMES):
                write_parts(recorder, options.minutes)
                cost, gap = await measured(recorder)
                costs.append(1000 * cost / options.minutes)
                gaps.append(1000 * gap)
            table.add_row(name, f"{statistics.median(costs):.2f}", f"{statistics.median(gaps):.1f}")
        file = next(sealed.folder.rglob("*.age"))
        before = time.process_time()
        for _ in sound_of(file, identities_of(keys_in(Path(folder) / "keys"))):
            pass
        table.add_row("decrypted", f"{1000 * (time.process_time() - before) / options.minutes:.2f}", "-")
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    console.print(table)
    console.print(f"memory of the process grew by {grown:.1f} MB")
    return 0


def write_parts(recorder: Recorder, minutes: int) -> None:
    chance = random.Random(1)
    second = [chance.randbytes(16000) for _ in range(10)]
    for file in recorder.parts(CALL):
        with wave.open(str(file), "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            for piece in sounds(second, 60 * minutes):
                out.writeframesraw(piece)


def sounds(second: list[bytes], seconds: int) -> Iterator[bytes]:
    for number in range(seconds):
        yield second[number % len(second)]


async def measured(recorder: Recorder) -> tuple[float, float]:
    """CPU seconds of saving, and the longest time that the event loop did not come round meanwhile."""
    before, worst = time.process_time(), 0.0
    saving = asyncio.ensure_future(recorder.save(CALL, AT))
    last = time.perf_counter()
    while not saving.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        worst, last = max(worst, now - last), now
    await saving
    return time.process_time() - before, worst
