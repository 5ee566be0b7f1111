"""Lines that we place, and lines that come back: customers who are called, callers whom an agent handed over."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from uuid import uuid4

from contactcenter.asterisk import causes
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AmiProblem
from contactcenter.asterisk.phone import AsteriskPhone
from contactcenter.asterisk.translate import AmiEvents
from contactcenter.ids import AgentNumber, CallId
from contactcenter.outbound import OutboundCalls

PREFIX = "callback"
"""Begins the ids of these channels; the filters in asterisk-conf/manager.conf know it."""
SETUP_SECONDS = 5.0
"""From the customer's answer to the FastAGI session."""
HANGUP_SECONDS = 0.5
"""In which Hangup follows a failed Originate, if there was a channel at all; it does so at once."""


class Missed(Enum):
    """Why there is no line: a reason to try another trunk, or none."""

    BY_TRUNK = "trunk"
    BY_CUSTOMER = "customer"


Outcome = AsteriskPhone | Missed | None


class AsteriskSwitchboard:
    """The Switchboard port: a FastAGI session that somebody waits for is theirs, by the id of its channel."""

    def __init__(
        self, ami: AmiClient, events: AmiEvents, addresses: Callable[[str], Sequence[str]], outbound: OutboundCalls
    ) -> None:
        """addresses: where a number is found, see translate.addresses_of; outbound: holds calls outside to the rule."""
        self._ami, self._addresses, self._outbound = ami, addresses, outbound
        self._awaited: dict[str, asyncio.Future[Outcome]] = {}
        events.channels[PREFIX] = self._take_event

    async def call(
        self, call: CallId, number: str, hotline: str, seconds: float, agent: AgentNumber
    ) -> AsteriskPhone | None:
        """A trunk that can't take the call leaves it to the next one; never do two ring at once."""
        over = self._outbound.begin(number, agent=agent, called_back=True)
        with contextlib.ExitStack() as stack:
            stack.callback(over)
            for address in self._addresses(number):
                line = await self._call(call, address, hotline, seconds)
                if isinstance(line, AsteriskPhone):
                    stack.pop_all()
                    line.on_release = over
                    return line
                if line is not Missed.BY_TRUNK:
                    break
        return None

    async def _call(self, call: CallId, address: str, hotline: str, seconds: float) -> Outcome:
        """Originates; the answered channel enters [callback] of asterisk-conf/extensions.conf."""
        channel = f"{PREFIX}-{call}-{uuid4().hex}"
        waiting = self._wait_for(channel)
        try:
            await self._ami.action(
                "Originate",
                Channel=address,
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
            line = await _within(seconds + SETUP_SECONDS, waiting)
        except AmiProblem:
            line = None
        finally:
            self._awaited.pop(channel, None)
        if line is None:
            await self._stop(channel)
        return line

    async def transferred(self, call: CallId, seconds: float) -> AsteriskPhone | None:
        waiting = self._wait_for(call)
        try:
            line = await _within(seconds, waiting)
            return line if isinstance(line, AsteriskPhone) else None
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
        """OriginateResponse comes only when it failed: nobody answered, or there was no way. Hangup says why."""
        match event["Event"]:
            case "OriginateResponse" if (waiting := self._awaited.get(event.get("ActionID", ""))) is not None:
                asyncio.get_running_loop().call_later(HANGUP_SECONDS, _resolve, waiting, Missed.BY_TRUNK)
            case "Hangup" if (waiting := self._awaited.get(event["Uniqueid"])) is not None:
                failed = causes.trunk_failed(event["Cause"], causes.sip_status(event.get("TechCause", "")))
                _resolve(waiting, Missed.BY_TRUNK if failed else Missed.BY_CUSTOMER)
            case _:
                pass

    def _wait_for(self, key: str) -> "asyncio.Future[Outcome]":
        waiting: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._awaited[key] = waiting
        return waiting

    async def _stop(self, channel: str) -> None:
        """A phone that still rings, or a channel that did not find its way to us."""
        try:
            await self._ami.action("Hangup", Channel=channel, Cause="16")
        except AmiProblem:
            return


def promise_of(channel: str) -> CallId | None:
    """The call that a customer is called back for, by the id of the customer's channel; None for other channels."""
    prefix, _, rest = channel.partition("-")
    call = rest.rpartition("-")[0]
    return CallId(call) if prefix == PREFIX and call else None


def _resolve(waiting: "asyncio.Future[Outcome]", outcome: Outcome) -> None:
    if not waiting.done():
        waiting.set_result(outcome)


async def _within(seconds: float, waiting: "asyncio.Future[Outcome]") -> Outcome:
    """None when it did not come in time. One that comes in the very instant is not lost, as it would be with a time-out."""
    await asyncio.wait([waiting], timeout=seconds)
    return waiting.result() if waiting.done() else None
