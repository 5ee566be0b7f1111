"""Deletes recordings whose time is over, once an hour, one after the other, each with its fact."""

import asyncio
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contactcenter.clock import Clock
from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, Fact, RecordingDeleted
from contactcenter.ids import CallId
from contactcenter.recording.deleting import PARTS, delete_file
from contactcenter.recording.errors import RecordingError
from contactcenter.recording.ports import Kept, RecordingBook

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
AT_ONCE = 100
PART = re.compile(r"(.+)-(caller|agent|message)\.wav")


class Retention:
    """keep_days: 0 keeps everything."""

    def __init__(
        self, folder: Path, book: RecordingBook, keep_days: int, clock: Clock, publish: Callable[[Fact], None]
    ) -> None:
        self._folder, self._book, self._days = folder, book, keep_days
        self._clock, self._publish = clock, publish

    async def run(self) -> None:
        """Until cancelled; at once done when everything is kept."""
        while self._days:
            try:
                await self.sweep()
            except StoreError as error:
                log.warning("recordings that are over are deleted in an hour: %s", error)
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self) -> int:
        """Deletes what is over now; how many. What can't be deleted raises one alarm, and is tried again next time."""
        end = self._clock.now() - timedelta(days=self._days)
        deleted, failed, last = 0, "", None
        while batch := await self._book.saved_before(end, last, AT_ONCE):
            for kept in batch:
                try:
                    await self._delete(kept)
                    deleted += 1
                except RecordingError as error:
                    failed = str(error)
            last = batch[-1]
        for part in await asyncio.to_thread(self._parts_before, end):
            try:
                await self._delete(part)
                deleted += 1
            except RecordingError as error:
                failed = str(error)
        if failed:
            self._publish(AlarmRaised(at=self._clock.now(), name="recording_not_deleted", detail=failed))
        return deleted

    async def _delete(self, kept: Kept) -> None:
        sha256 = await asyncio.to_thread(delete_file, self._folder, kept.path)
        now = self._clock.now()
        self._publish(RecordingDeleted(at=now, call=kept.call, path=kept.path, why="retention", sha256=sha256))

    def _parts_before(self, end: datetime) -> list[Kept]:
        """Parts that were never joined."""
        found = []
        for file in sorted((self._folder / PARTS).glob("*.wav")):
            changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            if (named := PART.fullmatch(file.name)) and changed < end:
                found.append(Kept(f"{PARTS}/{file.name}", CallId(named[1]), changed, ""))
        return found
