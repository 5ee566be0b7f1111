"""What Asterisk knows of calls that no controller watched: its channels, and its call detail records."""

import asyncio
import csv
import io
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from contactcenter.asterisk import causes
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AmiRefused
from contactcenter.asterisk.fallback_log import CALL, FallbackLog
from contactcenter.asterisk.lines import PREFIX
from contactcenter.asterisk.switchboard import promise_of
from contactcenter.calls.ports import Channel, Meanwhile
from contactcenter.ids import CallId

FALLBACK = "fallback"
"""The context of asterisk-conf/extensions.conf where calls go that no controller answers."""
NEWEST_BYTES = 4_000_000
"""Of the call detail records, that are looked at: the last 10,000 calls or so."""
END, UNIQUE_ID = 11, 16
"""Columns of cdr_csv (doc: Asterisk CDR specification)."""


class AsteriskWitness:
    """The Witness port."""

    def __init__(self, ami: AmiClient, records: Path, log: FallbackLog) -> None:
        """records: Master.csv of cdr_csv, in UTC."""
        self._ami, self._records, self._log = ami, records, log
        self._ends: dict[CallId, datetime] = {}
        self._read_to = -1

    async def channels(self) -> dict[CallId, Channel]:
        found: dict[CallId, Channel] = {}
        for one in await self._ami.action_list("CoreShowChannels"):
            if not _is_a_callers(one["Uniqueid"], one["Linkedid"]):
                continue
            promise = promise_of(one["Uniqueid"])
            call = promise or CallId(one["Uniqueid"])
            answered = one["ChannelStateDesc"] == "Up"
            channel = Channel(one["Uniqueid"], bool(one["BridgeId"]), answered, one["Context"] == FALLBACK)
            if promise or call not in found:
                found[call] = channel
        return found

    async def stop(self, channel: str) -> None:
        try:
            await self._ami.action("Hangup", Channel=channel, Cause=causes.NORMAL)
        except AmiRefused:
            return  # it is gone already

    async def meanwhile(self, after: Mapping[CallId, datetime], only: CallId | None = None) -> dict[CallId, Meanwhile]:
        return await asyncio.to_thread(self._log.read, after, only)

    async def done_but(self, calls: Collection[CallId]) -> None:
        await asyncio.to_thread(self._log.done_but, calls)

    async def ended(self, call: CallId) -> datetime | None:
        await asyncio.to_thread(self._read)
        return self._ends.get(call)

    def _read(self) -> None:
        """A call has a record for each bridge it was in; the newest one tells its end."""
        try:
            with self._records.open("rb") as file:
                size = file.seek(0, io.SEEK_END)
                if size == self._read_to:
                    return
                file.seek(max(0, size - NEWEST_BYTES))
                text = file.read(size).decode("utf-8", "replace")
        except OSError:
            return
        ends: dict[CallId, datetime] = {}
        for row in csv.reader(text.splitlines()):
            if len(row) > UNIQUE_ID and row[END]:
                call, at = CallId(row[UNIQUE_ID]), datetime.fromisoformat(row[END]).replace(tzinfo=UTC)
                ends[call] = max(at, ends.get(call, at))
        self._ends, self._read_to = ends, size


def _is_a_callers(channel: str, linked: str) -> bool:
    """Not the phone of an agent: one that we ring, or one that Asterisk's own queues ring for a call that was there before."""
    if channel.startswith(f"{PREFIX}-"):
        return False
    return channel == linked or not (CALL.fullmatch(channel) and CALL.fullmatch(linked))
