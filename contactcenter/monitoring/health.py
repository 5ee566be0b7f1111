"""Whether calls can be taken, and what is worse than it should be.

Ready means: a caller who dials now reaches the flow. That needs Asterisk's manager interface and our FastAGI. Without the database,
or with a full disk, calls are still taken, with what is known in memory, and facts wait: the controller is ready, and degraded.
Sending callers elsewhere, or starting it again, would make it worse.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contactcenter.clock import Clock
from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, Fact
from contactcenter.monitoring.ports import Connection, Database, Facts
from contactcenter.recording.recorder import Recorder

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
DATABASE_SECONDS = 2.0
"""In which a write has to be done."""
MOST_WAITING = 20_000
"""Facts; those of about a thousand calls."""
PATIENCE = timedelta(seconds=10)
"""How long a part may be bad before somebody is told: Asterisk takes a moment to start."""


@dataclass(frozen=True, slots=True)
class Part:
    """why: what is wrong with it, "" when nothing is. alarm: "" where somebody wants it so. needed: no call is taken then."""

    name: str
    alarm: str
    why: str
    needed: bool = False


class Health:
    """publish: hears of an alarm when a part is bad for longer than PATIENCE, once until it is well again."""

    def __init__(
        self,
        ami: Connection,
        *,
        listening: Callable[[], bool],
        draining: Callable[[], bool],
        facts: Facts,
        database: Database,
        recorder: Recorder,
        clock: Clock,
        publish: Callable[[Fact], None],
    ) -> None:
        self._ami, self._facts, self._database = ami, facts, database
        self._listening, self._draining = listening, draining
        self._recorder, self._clock, self._publish = recorder, clock, publish
        self._database_why, self.seconds = "", 0.0
        """seconds: that the last check of the database took."""
        self._disk_why, self.free_bytes = "", 0
        self._bad: dict[str, datetime] = {}
        self._told: set[str] = set()

    def parts(self) -> tuple[Part, ...]:
        asterisk = "" if self._ami.connected else "its manager interface does not answer"
        fastagi = "" if self._listening() else "the controller does not listen"
        waiting, failing = self._facts.waiting, self._facts.failing
        facts = f"{waiting} facts wait to be written" if failing or waiting > MOST_WAITING else ""
        facts += f": {failing}" if failing else ""
        return (
            Part("asterisk", "asterisk_away", asterisk, needed=True),
            Part("fastagi", "fastagi_away", fastagi, needed=True),
            Part("draining", "", "no more calls are taken" if self._draining() else "", needed=True),
            Part("database", "database_away", self._database_why),
            Part("facts", "facts_waiting", facts),
            Part("disk", "disk_low", self._disk_why),
        )

    @property
    def ready(self) -> bool:
        return not any(part.needed and part.why for part in self.parts())

    def report(self) -> dict[str, Any]:
        """ready; missing: the parts without which no call is taken; degraded: the others that are bad; why: of each."""
        bad = [part for part in self.parts() if part.why]
        return {
            "ready": not any(part.needed for part in bad),
            "missing": [part.name for part in bad if part.needed],
            "degraded": [part.name for part in bad if not part.needed],
            "why": {part.name: part.why for part in bad},
        }

    async def run(self) -> None:
        """Looks again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        try:
            self._disk_why, self.free_bytes = self._recorder.low_on_space(), self._recorder.free_bytes()
        except OSError as error:
            self._disk_why, self.free_bytes = f"{self._recorder.folder}: {error.strerror}", 0
        began = time.monotonic()
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                await self._database.check_writable()
            self._database_why = ""
        except StoreError as error:
            self._database_why = str(error)
        except TimeoutError:
            self._database_why = f"nothing could be written in {DATABASE_SECONDS:g} s"
        self.seconds = time.monotonic() - began
        self._tell()

    def _tell(self) -> None:
        now = self._clock.now()
        for part in self.parts():
            if not part.why:
                self._bad.pop(part.name, None)
                if part.name in self._told:
                    self._told.discard(part.name)
                    log.info("%s is well again", part.name)
            elif now - self._bad.setdefault(part.name, now) >= PATIENCE and part.name not in self._told:
                self._told.add(part.name)
                if not part.alarm:
                    continue
                self._publish(AlarmRaised(at=now, name=part.alarm, detail=f"{part.name}: {part.why}"))
