"""What Asterisk knows of calls that no controller watched: its channels, and its call detail records."""

import asyncio
import csv
import io
from datetime import UTC, datetime
from pathlib import Path

from contactcenter.asterisk import causes
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AmiRefused
from contactcenter.asterisk.switchboard import promise_of
from contactcenter.ids import CallId
from contactcenter.recovery import Channel, Ended

FALLBACK = "fallback"
"""The context of asterisk-conf/extensions.conf where calls go that no controller answers."""
NEWEST_BYTES = 4_000_000
"""Of the call detail records, that are looked at: the last 10,000 calls or so."""
CONTEXT, END, UNIQUE_ID = 3, 11, 16
"""Columns of cdr_csv (doc: Asterisk CDR specification)."""


class AsteriskWitness:
    """The Witness port."""

    def __init__(self, ami: AmiClient, records: Path) -> None:
        """records: Master.csv of cdr_csv, in UTC."""
        self._ami, self._records = ami, records

    async def channels(self) -> dict[CallId, Channel]:
        found: dict[CallId, Channel] = {}
        for one in await self._ami.action_list("CoreShowChannels"):
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

    async def ended(self, call: CallId) -> Ended | None:
        return await asyncio.to_thread(self._read, call)

    def _read(self, call: CallId) -> Ended | None:
        """A call has a record for each bridge it was in; the newest one tells its end."""
        try:
            with self._records.open("rb") as file:
                file.seek(max(0, file.seek(0, io.SEEK_END) - NEWEST_BYTES))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return None
        rows = [row for row in csv.reader(text.splitlines()) if len(row) > UNIQUE_ID and row[UNIQUE_ID] == call]
        rows = [row for row in rows if row[END]]
        if not rows:
            return None
        last = max(rows, key=lambda row: row[END])
        return Ended(datetime.fromisoformat(last[END]).replace(tzinfo=UTC), last[CONTEXT] == FALLBACK)
