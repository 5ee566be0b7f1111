"""The AgentLines port: each offer is a line of its own, originated to the agent's phone over AMI.

A line's channel has an id of our choice, `offer-<call>-<agent>-<attempt>-<token>`, by which all its events are known. The
phone rings (DialState), is answered (DialEnd) and then waits in silence for the caller's Bridge (BridgeEnter), see phone.py.
Whatever happens, the line ends with Hangup, or, when there never was a channel, with OriginateResponse.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial

from contactcenter.acd.inputs import Input, Offer, OfferAnswered, OfferFailed, OfferRinging
from contactcenter.acd.ports import Shown
from contactcenter.asterisk import causes
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AmiNotConnected, AmiProblem, AmiRefused
from contactcenter.asterisk.translate import TECHNOLOGY, AmiEvents, plain_text
from contactcenter.events import MissReason, WithdrawReason
from contactcenter.ids import AgentNumber, CallId
from contactcenter.logs import AGENT, CALL

log = logging.getLogger(__name__)

PREFIX = "offer"
"""Begins the ids of these channels; the filters in asterisk-conf/manager.conf know it."""
WAIT_SECONDS = 10
"""How long a line that was answered waits to be connected; then it is hung up."""

Key = tuple[CallId, AgentNumber, int]


@dataclass(eq=False, slots=True)
class Line:
    """One agent's phone, rung for one offer. channel: its name in Asterisk, "" before the answer."""

    call: CallId
    agent: AgentNumber
    attempt: int
    id: str
    channel: str = ""
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    sent: bool = False
    """Asterisk was asked to ring the phone."""
    asked: bool = False
    """Asterisk has said that it will, or may have heard of it: there is a channel, or never will be."""
    exists: bool = False
    """There is a channel."""
    ringing_told: bool = False
    stop_cause: str = ""
    """The hang-up cause, once somebody wants it stopped."""

    @property
    def key(self) -> Key:
        return self.call, self.agent, self.attempt


class AsteriskLines:
    """Rings and stops agents' phones while `run` runs; what becomes of them is told to `tell`. See AgentLines.

    A channel of this kind that nobody knows (its offer was given up, or made by a controller that is gone) is hung up.
    """

    def __init__(self, ami: AmiClient, events: AmiEvents, tell: Callable[[Input], None]) -> None:
        self._ami, self._tell = ami, tell
        self._lines: dict[str, Line] = {}
        self._by_offer: dict[Key, Line] = {}
        self._jobs: asyncio.Queue[Callable[[], Coroutine[None, None, None]]] = asyncio.Queue()
        events.channels[PREFIX] = self.take

    async def run(self) -> None:
        """Owns the actions under way, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                job = await self._jobs.get()
                group.create_task(job())

    def ring(self, offer: Offer, shown: Shown) -> None:
        """Begins to ring the phone, for offer.ring_seconds at most; as soon as AMI is there."""
        id_ = f"{PREFIX}-{offer.call}-{offer.agent}-{offer.attempt}-{secrets.token_hex(3)}"
        line = Line(offer.call, offer.agent, offer.attempt, id_)
        self._lines[id_] = self._by_offer[line.key] = line
        self._jobs.put_nowait(partial(self._originate, line, offer.ring_seconds, shown))

    def stop(self, call: CallId, agent: AgentNumber, attempt: int, why: WithdrawReason) -> None:
        """Stops the phone, ringing or answered. A line that is over already stays so."""
        if (line := self._by_offer.get((call, agent, attempt))) is None:
            return
        if not line.sent:
            self._over(line, "no_answer")
        else:
            line.stop_cause = causes.ANSWERED_ELSEWHERE if why == "answered_elsewhere" else causes.NORMAL
            self._jobs.put_nowait(partial(self._hang_up, line.id, line.stop_cause))

    def line_of(self, call: CallId, agent: AgentNumber, attempt: int) -> Line | None:
        """The line of an offer, from ring to hang-up; with a channel once it was answered."""
        return self._by_offer.get((call, agent, attempt))

    def take(self, event: Mapping[str, str]) -> None:
        """One AMI event about a channel of ours."""
        line = self._lines.get(event.get("DestUniqueid", event.get("Uniqueid", ""))) or self._lines.get(
            event.get("ActionID", "")
        )
        if line is None:
            if event["Event"] in {"DialBegin", "DialState", "DialEnd"}:
                self._jobs.put_nowait(partial(self._hang_up, event["DestUniqueid"], causes.NORMAL))
            return
        match event["Event"]:
            case "DialBegin":
                self._exists(line)
            case "DialState" if event["DialStatus"] == "RINGING":
                self._exists(line)
                self._rings(line)
            case "DialEnd" if event["DialStatus"] == "ANSWER":
                self._exists(line)
                self._is_answered(line, event["DestChannel"])
            case "BridgeEnter":
                line.connected.set()
            case "Hangup":
                self._over(line, self._miss(line, event["Cause"]))
            case "OriginateResponse" if event["Response"] == "Failure" and not line.exists:
                self._over(line, "no_answer" if line.stop_cause else "unreachable")
            case _:
                pass

    async def resynchronise(self) -> None:
        """Compares the lines with Asterisk's channels, after each connection to AMI. Raises AmiProblem."""
        lines = [line for line in self._lines.values() if line.asked]
        channels = {
            one["Uniqueid"]: one
            for one in await self._ami.action_list("CoreShowChannels")
            if one["Uniqueid"].startswith(f"{PREFIX}-")
        }
        for line in lines:
            if line.id not in self._lines:
                continue
            if (channel := channels.get(line.id)) is None:
                self._over(line, "failed")
            else:
                self._compare(line, channel)
        for id_ in channels.keys() - self._lines.keys():
            if not channels[id_]["BridgeId"]:  # nobody is cut off in the middle of a conversation
                await self._hang_up(id_, causes.NORMAL)

    # ---- what happens to a line

    def _compare(self, line: Line, channel: Mapping[str, str]) -> None:
        line.exists = line.exists and not line.stop_cause  # a hang-up that AMI's loss swallowed is done now
        self._exists(line)
        if channel["BridgeId"]:
            line.channel = channel["Channel"]
            line.connected.set()
        elif channel["ChannelStateDesc"] == "Up":
            self._is_answered(line, channel["Channel"])
        elif channel["ChannelStateDesc"] == "Ringing":
            self._rings(line)

    def _exists(self, line: Line) -> None:
        """A stop that came before there was anything to hang up is done now."""
        if line.stop_cause and not line.exists:
            self._jobs.put_nowait(partial(self._hang_up, line.id, line.stop_cause))
        line.exists = True

    def _rings(self, line: Line) -> None:
        if not (line.ringing_told or line.channel or line.stop_cause):
            line.ringing_told = True
            self._tell(OfferRinging(*line.key))

    def _is_answered(self, line: Line, channel: str) -> None:
        if not line.channel:
            line.channel = channel
            if not line.stop_cause:
                self._tell(OfferAnswered(*line.key))

    def _miss(self, line: Line, cause: str) -> MissReason:
        if line.channel:
            return "failed"  # answered, and gone before anybody was connected
        return causes.MISSES.get(cause, "failed")

    def _over(self, line: Line, reason: MissReason) -> None:
        del self._lines[line.id]
        if self._by_offer.get(line.key) is line:
            del self._by_offer[line.key]
        if not line.connected.is_set():
            self._tell(OfferFailed(*line.key, reason))

    # ---- actions

    async def _originate(self, line: Line, seconds: float, shown: Shown) -> None:
        CALL.set(line.call)
        AGENT.set(line.agent)
        await self._ami.wait_connected()
        if line.id not in self._lines:  # stopped before that
            return
        line.sent = True
        try:
            await self._ami.action(
                "Originate",
                ActionID=line.id,
                ChannelId=line.id,
                Channel=f"{TECHNOLOGY}{line.agent}",
                Timeout=str(round(seconds * 1000)),
                CallerID=caller_id(shown),
                Variable="__TRANSFER_CONTEXT=transfer",
                Async="true",
                **_destination(shown),
            )
        except AmiRefused as refusal:
            log.warning("agent %s can't be rung for call %s: %s", line.agent, line.call, refusal)
            if line.id in self._lines:
                self._over(line, "failed")
        except AmiProblem as problem:  # nobody knows whether the phone rings; the next connection tells
            log.warning("agent %s may not be rung for call %s: %s", line.agent, line.call, problem)
            line.asked = True
        else:
            line.asked = True

    async def _hang_up(self, id_: str, cause: str) -> None:
        """Refused when there is no such channel, yet or any more; without AMI, resynchronise sees to it."""
        try:
            await self._ami.action("Hangup", Channel=id_, Cause=cause)
        except (AmiRefused, AmiNotConnected) as problem:
            log.debug("line %s was not hung up: %s", id_, problem)
        except AmiProblem as problem:
            log.warning("line %s may still be up: %s", id_, problem)


def caller_id(shown: Shown) -> str:
    """The AMI value of a caller's name and number, read by Asterisk as the plain text it is."""
    name = plain_text(shown.name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{re.sub("[^0-9+]", "", shown.number)}>'


def _destination(shown: Shown) -> dict[str, str]:
    """Where the agent's phone is while it waits to be connected. Whoever waits for a customer to answer hears it ring."""
    if shown.callback:
        return {"Context": "callback-agent", "Exten": "s", "Priority": "1"}
    return {"Application": "Wait", "Data": str(WAIT_SECONDS)}
