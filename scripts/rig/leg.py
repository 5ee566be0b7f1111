"""One SIP call as seen on the wire: its milestones, how it ended, its messages, its media."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rig.media import MediaPeer
    from rig.sip import SipMessage
    from rig.wire import Wire

How = Literal["remote_bye", "own_bye", "cancelled", "refused", "broken"]


_URI_USER = "-_.!~*'()&=+$,;?/"  # what stands in the user part of a SIP URI as it is (RFC 3261, 25.1)
COMMAND_SECONDS = 2.0  # a command without any effect is given once more after that time


class CallEndedError(RuntimeError):
    """What was waited for can't happen any more: the call is over."""


class TransferRefusedError(RuntimeError):
    """The server did not take the caller over; the conversation goes on. `code` is its SIP status."""

    def __init__(self, code: int, leg: Leg) -> None:
        self.code = code
        super().__init__(f"the transfer was refused with {code}\n{leg}")


@dataclass(frozen=True)
class Ending:
    """How a call ended. `code` is the final response (200 for an answered call, else what refused or ended it).

    `remote_bye`, `own_bye`: an answered call, and who hung up. `cancelled`: given up by its caller while ringing.
    `refused`: a final response of 300 and above, `code` says which. `broken`: SIPp died or nobody ended the call.
    """

    how: How
    code: int | None
    at: float
    cause: int | None = None  # Q.850, from a Reason header

    def __str__(self) -> str:
        return f"{self.how} ({self.code}, cause {self.cause})"


class Leg:
    """A call between the rig and the server. Times are `time.monotonic()`; `messages[i].wall` has wall times."""

    def __init__(self, wire: Wire, first: SipMessage) -> None:
        self.wire = wire
        self.call_id = first.call_id
        self.incoming = not first.sent
        self.invite = first
        self.number = first.uri_user  # the dialed hotline, or whoever the server calls: an agent, a number outside
        self.caller = first.user_in("From")  # the number shown to the called side
        self.messages: list[SipMessage] = []
        self._media: MediaPeer | None = None
        self._media_address: tuple[str, int] | None = None
        self.invited_at = first.at
        self.trying_at: float | None = None
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.acked_at: float | None = None
        self.cancelled_at: float | None = None
        self.held = False
        self.refuse_with = "486 Busy Here"  # status line of a REJECT
        self.ending: Ending | None = None
        self.gave_up = False  # set by whoever hung up because it took too long
        self._over = False  # nothing more is expected on the wire
        self._bye: SipMessage | None = None
        self._renegotiating = False
        self._commanded = ("", 0.0)
        self._changed = asyncio.Event()

    @property
    def media(self) -> MediaPeer | None:
        """Our end of the sound, pointed at the address in the server's newest SDP."""
        return self._media

    @media.setter
    def media(self, peer: MediaPeer | None) -> None:
        self._media = peer
        if peer is not None:
            peer.remote = self._media_address or peer.remote

    @property
    def media_address(self) -> tuple[str, int] | None:
        """Where the server wants our sound, by its newest SDP."""
        return self._media_address

    @property
    def ended_at(self) -> float | None:
        return self.ending.at if self.ending else None

    @property
    def answered(self) -> bool:
        return self.answered_at is not None

    @property
    def over(self) -> bool:
        return self._over

    def find(self, what: str | int, *, sent: bool | None = None) -> list[SipMessage]:
        """Messages by method ("BYE") or status (486), optionally only one direction."""
        return [
            one
            for one in self.messages
            if (one.method == what if isinstance(what, str) else one.status == what) and sent in (None, one.sent)
        ]

    def __str__(self) -> str:
        return "\n".join(str(one) for one in self.messages)

    # -- waiting ------------------------------------------------------------------------------------------------------

    async def wait_ringing(self, timeout: float = 5.0) -> float:
        return await self._wait("ringing_at", timeout)

    async def wait_answered(self, timeout: float = 10.0) -> float:
        """Until the call is answered and acknowledged, so that it may be spoken in or hung up."""
        await self._wait("answered_at", timeout)
        return await self._wait("acked_at", timeout)

    async def wait_sent_answer(self, timeout: float = 5.0) -> float:
        """Until the answer has gone out, whether or not it came in time."""
        return await self._wait("answered_at", timeout)

    async def wait_cancelled(self, timeout: float = 5.0) -> float:
        return await self._wait("cancelled_at", timeout)

    async def wait_ended(self, timeout: float = 10.0) -> Ending:
        """Until the call is over on the wire too: the last response has gone or come."""
        async with asyncio.timeout(timeout):
            while not (self._over and self.ending):
                await self._next_change()
        return self.ending

    async def _wait(self, milestone: str, timeout: float) -> float:
        try:
            async with asyncio.timeout(timeout):
                while getattr(self, milestone) is None:
                    if self._over:
                        raise CallEndedError(f"{milestone} can't come, the call ended: {self.ending}\n{self}")
                    await self._next_change()
        except TimeoutError:
            raise TimeoutError(f"no {milestone} in {timeout} s\n{self}") from None
        return float(getattr(self, milestone))

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    # -- acting -------------------------------------------------------------------------------------------------------

    async def hang_up(self, timeout: float = 5.0) -> Ending:
        """End the call whatever its state: BYE when answered, CANCEL or a refusal while it rings."""
        async with asyncio.timeout(timeout):
            while not self._over:
                if self._may_hang_up():
                    self.command("REJECT" if self.incoming and not self.answered else "HANGUP")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.5):
                        await self._next_change()
        return await self.wait_ended(timeout)

    async def transfer(self, to: str, timeout: float = 5.0) -> Ending:
        """Hand the other side over to a number (REFER), and hang up once it is told to be done, as phones do (RFC 5589, 6.1).

        Raises TransferRefusedError: the phone stays in the conversation, and may try another number.
        """
        await self.wait_answered(timeout)
        before = len(self.messages)
        self.command("HANDOVER", target=quote(to, safe=_URI_USER))
        try:
            async with asyncio.timeout(timeout):
                while (code := _transfer_result(self.messages[before:])) is None and not self._over:
                    await self._next_change()
        except TimeoutError:
            raise TimeoutError(f"nothing said within {timeout} s what became of the transfer\n{self}") from None
        if code is not None and code >= 300:
            raise TransferRefusedError(code, self)
        return await self.hang_up(timeout)

    def command(self, name: str, *, media_port: int = 0, target: str = "") -> None:
        """Tell SIPp what to do next with this call; see `Wire.command`."""
        self._commanded = (name, time.monotonic())
        self.wire.command(self, name, media_port, target)

    @property
    def busy_answering(self) -> bool:
        """ANSWER or REJECT is on its way to SIPp, but its effect was not seen yet."""
        return self._commanded[0] in {"ANSWER", "REJECT"} and not self.answered and self.ending is None

    def _may_hang_up(self) -> bool:
        """Not before a provisional response (RFC 3261, 9.1), nor before an ACK, nor while the last command runs."""
        if self.ending or self._renegotiating or (self.cancelled_at and not self.answered):
            return False
        name, since = self._commanded
        if name in {"HANGUP", "REJECT"} and time.monotonic() - since < COMMAND_SECONDS:
            return False
        if self.answered:
            return self.acked_at is not None
        return not self.busy_answering if self.incoming else self.trying_at is not None

    # -- what the wire tells ------------------------------------------------------------------------------------------

    def feed(self, message: SipMessage) -> None:
        """Take one message in either direction, in the order of the wire."""
        self.messages.append(message)
        method = message.cseq[1]
        if method == "INVITE":
            self._on_invite(message)
        elif method == "CANCEL" and message.method:
            self._on_cancel(message)
        elif method == "BYE":
            self._on_bye(message)
        elif method == "ACK" and message.sent != self.incoming:
            self._on_ack(message)
        self._changed.set()

    def broke(self, at: float) -> None:
        """SIPp is gone; nothing will be answered any more."""
        if not self._over:
            self.ending = self.ending or Ending("broken", None, at)
            self._over = True
            self._changed.set()

    def _on_invite(self, message: SipMessage) -> None:
        if self.answered:
            if message.method:
                self._renegotiating, self.held = True, message.on_hold
                self._point_media(message)
            return
        self._point_media(message)
        if message.method:
            self.trying_at = None
            self.invite = message
            return
        status = message.status or 0
        if status < 200:
            self.trying_at = self.trying_at or message.at
        if status in (180, 183):
            self.ringing_at = self.ringing_at or message.at
        if 200 <= status < 300:
            self.answered_at = message.at
            if self.cancelled_at:
                self._answer_was_faster()
        elif status >= 300 and not self._is_challenge(status):
            how: How = "cancelled" if self.cancelled_at else "refused"
            self.ending = Ending(how, status, self.cancelled_at or message.at, message.hangup_cause)

    def _on_cancel(self, message: SipMessage) -> None:
        if self.answered:
            self._answer_was_faster()
        else:
            self.cancelled_at = self.cancelled_at or message.at

    def _answer_was_faster(self) -> None:
        """CANCEL and 200 have crossed: the call is up, and whoever wants it to end says BYE."""
        self.cancelled_at = None
        self._commanded = ("", 0.0)

    def _is_challenge(self, status: int) -> bool:
        return status in (401, 407) and not (
            self.invite.header("Authorization") or self.invite.header("Proxy-Authorization")
        )

    def _point_media(self, message: SipMessage) -> None:
        if not message.sent and message.media_address:
            self._media_address = message.media_address
            if self._media is not None:
                self._media.remote = self._media_address

    def _on_ack(self, message: SipMessage) -> None:
        self._renegotiating = False
        if self.ending:
            self._over = True
        elif self.answered:
            self.acked_at = self.acked_at or message.at

    def _on_bye(self, message: SipMessage) -> None:
        if message.method:
            if self._bye is None:
                self._bye = message
                self.ending = Ending("own_bye" if message.sent else "remote_bye", 200, message.at, message.hangup_cause)
        elif (message.status or 0) >= 200:
            self._over = True


def _transfer_result(messages: Iterable[SipMessage]) -> int | None:
    """The final status of a REFER: its own refusal, or what the last NOTIFY tells of the new call (RFC 3515, 2.4.5)."""
    for message in messages:
        if message.cseq[1] == "REFER" and (message.status or 0) >= 300:
            return message.status
        if message.method == "NOTIFY" and (message.header("Subscription-State") or "").startswith("terminated"):
            told = re.match(r"SIP/2\.0 (\d{3})", message.body)
            return int(told[1]) if told else 200
    return None
