"""A bar for what takes long."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

SHOWN_AFTER = 2.0
"""Seconds."""


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Hands out what is to be told (done, of how many). On a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal, refresh_per_second=4)
    task = bar.add_task(what)
    started = time.monotonic()
    shown = False

    def tick(done: int, total: int) -> None:
        nonlocal shown
        bar.update(task, completed=done, total=total)
        if not shown and time.monotonic() - started > SHOWN_AFTER:
            shown = True
            bar.start()

    try:
        yield tick
    finally:
        bar.stop()
