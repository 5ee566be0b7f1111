"""Lines that we place, and lines that come back: customers who are called, callers whom an agent handed over."""

import asyncio
from collections.abc import Callable, Mapping
from uuid import uuid4

from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AmiProblem
from contactcenter.asterisk.phone import AsteriskPhone
from contactcenter.asterisk.translate import AmiEvents
from contactcenter.ids import CallId

PREFIX = "callback"
"""Begins the ids of these channels; the filters in asterisk-conf/manager.conf know it."""
SETUP_SECONDS = 5.0
"""From the customer's answer to the FastAGI session."""


class AsteriskSwitchboard:
    """The Switchboard port: a FastAGI session that somebody waits for is theirs, by the id of its channel."""

    def __init__(self, ami: AmiClient, events: AmiEvents, address: Callable[[str], str]) -> None:
        """address: where a number is found, see translate.address_of."""
        self._ami, self._address = ami, address
        self._awaited: dict[str, asyncio.Future[AsteriskPhone | None]] = {}
        events.channels[PREFIX] = self._take_event

    async def call(self, number: str, hotline: str, seconds: float) -> AsteriskPhone | None:
        """Originates to the trunk; the answered channel enters [callback] of asterisk-conf/extensions.conf."""
        channel = f"{PREFIX}-{uuid4().hex}"
        waiting = self._wait_for(channel)
        try:
            await self._ami.action(
                "Originate",
                Channel=self._address(number),
                ActionID=channel,
                ChannelId=channel,
                Context="callback",
                Exten="s",
                Priority="1",
                Timeout=str(round(seconds * 1000)),
                CallerID=f'"{hotline}" <{hotline}>',
                Async="true",
                Variable=f"CC_HOTLINE={hotline}",
            )
            phone = await _within(seconds + SETUP_SECONDS, waiting)
        except AmiProblem:
            phone = None
        finally:
            self._awaited.pop(channel, None)
        if phone is None:
            await self._stop(channel)
        return phone

    async def transferred(self, call: CallId, seconds: float) -> AsteriskPhone | None:
        waiting = self._wait_for(call)
        try:
            return await _within(seconds, waiting)
        finally:
            self._awaited.pop(call, None)

    def take(self, phone: AsteriskPhone) -> bool:
        """Hands a new session to whoever waits for its channel; False when nobody does."""
        waiting = self._awaited.get(phone.call)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(phone)
        return True

    def _take_event(self, event: Mapping[str, str]) -> None:
        """OriginateResponse comes only when it failed: nobody answered."""
        if event["Event"] != "OriginateResponse":
            return
        waiting = self._awaited.get(event.get("ActionID", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _wait_for(self, key: str) -> "asyncio.Future[AsteriskPhone | None]":
        waiting: asyncio.Future[AsteriskPhone | None] = asyncio.get_running_loop().create_future()
        self._awaited[key] = waiting
        return waiting

    async def _stop(self, channel: str) -> None:
        """A phone that still rings, or a channel that did not find its way to us."""
        try:
            await self._ami.action("Hangup", Channel=channel, Cause="16")
        except AmiProblem:
            return


async def _within(seconds: float, waiting: "asyncio.Future[AsteriskPhone | None]") -> AsteriskPhone | None:
    """None when it did not come in time. One that comes in the very instant is not lost, as it would be with a time-out."""
    await asyncio.wait([waiting], timeout=seconds)
    return waiting.result() if waiting.done() else None
