"""What goes wrong in a soak, at moments drawn by a seed: controller killed or frozen, AMI cut or silent, SQLite locked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rig.ami_relay import AmiRelay
    from rig.center import Center

PAUSE = (8.0, 20.0)  # s between one and the next
FROZEN = (1.0, 8.0)  # s; after ten `up` would kill it
SILENT = (2.0, 12.0)
LOCKED = (1.0, 8.0)


class Chaos:
    """done: what was done, and how often. log: told each as it happens."""

    def __init__(
        self,
        center: Center,
        relay: AmiRelay,
        seed: int,
        log: Callable[[str], None],
        asterisk_killed: Callable[[], None] | None,
    ) -> None:
        """asterisk_killed: told when Asterisk was killed; None: it never is."""
        self._center, self._relay, self._rng, self._log = center, relay, random.Random(seed), log
        self.done: Counter[str] = Counter()
        self.absent: list[tuple[float, float]] = []
        """From when to when (monotonic) a controller could not answer: frozen, or killed and the next one on its way."""
        self._kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "controller killed": self._kill,
            "controller frozen": self._freeze,
            "AMI cut": self._cut,
            "AMI silent": self._silence,
            "SQLite locked": self._lock,
        }
        self._asterisk_killed = asterisk_killed
        if asterisk_killed is not None:
            self._kinds["Asterisk killed"] = self._kill_asterisk

    async def run(self) -> None:
        """Until cancelled; what is under way then is put right."""
        while True:
            await asyncio.sleep(self._rng.uniform(*PAUSE))
            what = self._rng.choice([*self._kinds])
            self.done[what] += 1
            self._log(what)
            await self._kinds[what]()

    async def _kill(self) -> None:
        with contextlib.suppress(ValueError, ProcessLookupError):
            began, killed = time.monotonic(), await self._center.kill_controller()
            with contextlib.suppress(TimeoutError):
                await self._center.wait_another_controller(killed)
            self.absent.append((began, time.monotonic()))

    async def _freeze(self) -> None:
        with contextlib.suppress(ValueError, ProcessLookupError):
            process = int((self._center.folder / "run" / "serve.pid").read_text())
            os.kill(process, signal.SIGSTOP)
            began = time.monotonic()
            try:
                await asyncio.sleep(self._rng.uniform(*FROZEN))
            finally:
                os.kill(process, signal.SIGCONT)
                self.absent.append((began, time.monotonic()))

    async def _cut(self) -> None:
        self._relay.cut()

    async def _silence(self) -> None:
        self._relay.hold()
        try:
            await asyncio.sleep(self._rng.uniform(*SILENT))
        finally:
            self._relay.flow()

    async def _lock(self) -> None:
        """Another program writes, and takes its time."""
        database = sqlite3.connect(self._center.folder / "data" / "contactcenter.db", timeout=10, isolation_level=None)
        with contextlib.closing(database), contextlib.suppress(sqlite3.OperationalError):
            database.execute("begin exclusive")
            try:
                await asyncio.sleep(self._rng.uniform(*LOCKED))
            finally:
                database.execute("rollback")

    async def _kill_asterisk(self) -> None:
        with contextlib.suppress(ValueError, OSError):
            self._center.kill_asterisk()
        assert self._asterisk_killed is not None  # noqa: S101
        self._asterisk_killed()
