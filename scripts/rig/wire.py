"""A UDP relay between SIPp and the server: the rig's eyes, and its hand on a running scenario.

SIPp's own message trace is a file to be polled, and a running SIPp can't be told anything. So SIPp talks to this
relay, the relay to the server, and everybody's Via and Contact name the relay's port. That gives exact times and raw
bytes of every message, in order, and lets the rig

- command a call: an invented request (HANGUP, ANSWER, REJECT, HANDOVER) with the call's Call-ID is slipped to SIPp, whose
  scenario has an optional <recv> for it and branches to BYE, CANCEL, 200 or a refusal;
- keep SIPp's scenarios short: retransmissions, answers to CANCEL, OPTIONS and other requests that a phone answers
  without thinking are dealt with here, and every refusal of an INVITE or REFER is shown to SIPp as one code (600);
- send headers that no scenario file can hold (`replace`), such as raw control characters.

`messages` always holds what really went over the wire to and from the server.
"""

from __future__ import annotations

import asyncio
import re
import socket
from typing import TYPE_CHECKING, Self, cast

from rig import sip
from rig.leg import Leg
from rig.ports import LOOPBACK, free_port
from rig.sip import SipMessage

if TYPE_CHECKING:
    from collections.abc import Callable

Address = tuple[str, int]

REFUSED = b"SIP/2.0 600 Refused"
BUSY = b"SIP/2.0 486 Busy Here"
_IN_SCENARIO = {"INVITE", "ACK", "BYE"}  # requests of the server that a scenario handles; CANCEL while it rings


class Wire(asyncio.DatagramProtocol):
    """One port toward the server for any number of SIPp processes."""

    def __init__(self, server: Address) -> None:
        self.server = server
        self.host = LOOPBACK
        self.port = 0
        self.legs: dict[str, Leg] = {}
        self.other: list[SipMessage] = []  # what belongs to no call: REGISTER, OPTIONS
        self.uas: Address | None = None  # the SIPp that takes new calls
        self.replace: dict[bytes, bytes] = {}
        self.invite_headers = b""  # whole lines with CRLF, added to every INVITE sent
        self.on_leg: Callable[[Leg], None] = lambda _leg: None
        self.on_register: Callable[[SipMessage], bytes] | None = (
            None  # the answer of a provider that is registered with
        )
        self.on_change: Callable[[Leg], None] = lambda _leg: None
        self._children: set[Address] = set()
        self._child_of: dict[str, Address] = {}
        self._answers: dict[tuple[str, int, str], bytes] = {}
        self._seen: set[tuple[str, int]] = set()
        self._commands = 0
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, server: Address, host: str = LOOPBACK, port: int | None = None) -> Self:
        """`port`: toward the server; None for any."""
        wire = cls(server)
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            own.setblocking(False)
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            own.bind((host, port or free_port("udp", host)))
            wire.host, wire.port = own.getsockname()
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: wire, sock=own)
        except BaseException:
            own.close()
            raise
        return wire

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            await asyncio.sleep(0)

    def add_child(self, port: int, *, takes_calls: bool = False) -> None:
        """Say that a SIPp on that port is one of ours."""
        self._children.add((self.host, port))
        if takes_calls:
            self.uas = (self.host, port)

    def command(self, leg: Leg, name: str, media_port: int = 0, target: str = "") -> None:
        """Slip SIPp a request that its scenario waits for. It carries the INVITE's headers, so `[last_*]` holds."""
        child = self._child_of.get(leg.call_id)
        if child is None:
            return
        self._commands += 1
        lines = [f"{name} sip:rig@{self.host} SIP/2.0".encode()]
        kept = {b"via", b"from", b"to", b"call-id", b"cseq"}
        headers = leg.invite.raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")[1:]
        lines += [line for line in headers if line.split(b":", 1)[0].strip().lower() in kept]
        lines += [
            f"Rig-Media: {media_port}".encode(),
            f"Rig-Target: {target}".encode(),
            f"Rig-Command: {self._commands}".encode(),  # makes each one new: SIPp ignores repetitions
            b"Content-Length: 0",
        ]
        self._send(b"\r\n".join([*lines, b"", b""]), child)

    # -- the two directions -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def error_received(self, exc: Exception) -> None:
        """A child or server that went away; whoever waits will notice."""

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if len(data) < 20:
            return
        if addr in self._children:
            self._from_child(data, addr)
        else:
            self._from_server(SipMessage(data, sent=False))

    def _from_child(self, data: bytes, child: Address) -> None:
        for token, text in self.replace.items():
            data = data.replace(token, text)
        if self.invite_headers and data.startswith(b"INVITE "):
            head, line, rest = data.partition(b"\r\nContent-Type:")
            data = head + b"\r\n" + self.invite_headers.removesuffix(b"\r\n") + line + rest
        if data.startswith(BUSY):
            data = self._refusal(data)
        message = SipMessage(data, sent=True)
        self._child_of.setdefault(message.call_id, child)
        number, method = message.cseq
        if message.method in (None, "ACK"):
            self._answers[message.call_id, number, method] = data
        if message.method == "INVITE" and message.call_id not in self.legs:
            self._new_leg(message)
        self._send(data, self.server)
        self._record(message)

    def _refusal(self, data: bytes) -> bytes:
        """SIPp wants the status of a response written in its scenario; here the wanted one comes in."""
        leg = self.legs.get(SipMessage(data, sent=True).call_id)
        return data.replace(BUSY, f"SIP/2.0 {leg.refuse_with}".encode(), 1) if leg is not None else data

    def _from_server(self, message: SipMessage) -> None:
        if self._is_repeated(message):
            return
        leg = self.legs.get(message.call_id)
        if leg is None and message.method == "INVITE" and self.uas is not None:
            self._child_of[message.call_id] = self.uas
            leg = self._new_leg(message)
        cancel_in_time = message.method == "CANCEL" and leg is not None and self._may_cancel(leg)
        self._record(message)
        child = self._child_of.get(message.call_id)
        if message.status is not None:
            if child is not None and message.cseq[1] != "CANCEL":
                self._send(self._simplified(message, leg), child)
        elif child is not None and leg is not None and self._is_for_scenario(message, leg, cancel_in_time):
            self._send(message.raw, child)
        elif message.method != "ACK":
            self._answer(message, leg)

    def _may_cancel(self, leg: Leg) -> bool:
        return not (leg.answered or leg.ending or leg.busy_answering)

    def _is_for_scenario(self, message: SipMessage, leg: Leg, cancel_in_time: bool) -> bool:
        if message.method == "BYE":  # not when both sides hung up at once
            return leg.ending is not None and leg.ending.how == "remote_bye"
        return message.method in _IN_SCENARIO or cancel_in_time

    def _is_repeated(self, message: SipMessage) -> bool:
        """Whether the server sent exactly this before; what was answered then is sent again."""
        key = (message.call_id, hash(message.raw))
        if key not in self._seen:
            self._seen.add(key)
            return False
        number, method = message.cseq
        again = self._answers.get((message.call_id, number, method if message.method else "ACK"))
        child = self._child_of.get(message.call_id)
        if again is not None and message.method != "ACK":
            self._send(again, self.server)
        elif message.method == "INVITE" and child is not None:
            self._send(message.raw, child)  # SIPp missed it, or is slow; it knows repetitions itself
        return True

    def _simplified(self, message: SipMessage, leg: Leg | None) -> bytes:
        """Any refusal of an INVITE or a REFER as 600, but for the challenge that SIPp has to see."""
        match message.cseq[1]:
            case "INVITE":
                refused = leg is not None and leg.ending is not None
            case "REFER":
                refused = (message.status or 0) >= 300
            case _:
                refused = False
        return re.sub(rb"^SIP/2\.0 \d{3}[^\r]*", REFUSED, message.raw, count=1) if refused else message.raw

    def _answer(self, message: SipMessage, leg: Leg | None) -> None:
        """What a phone answers without thinking: OPTIONS, NOTIFY, UPDATE, a late CANCEL; 486 without a phone."""
        if message.method == "INVITE":
            status, phrase = 486, "Nobody Here"
        elif message.method == "BYE" and leg is None:
            status, phrase = 481, "No Such Call"
        else:
            status, phrase = 200, "OK"
        allow = b"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS" if message.method == "OPTIONS" else b""
        if message.method == "REGISTER" and self.on_register is not None:
            data = self.on_register(message)
        else:
            data = sip.reply(message, status, phrase, more=allow)
        number, method = message.cseq
        self._answers[message.call_id, number, method] = data
        self._send(data, self.server)
        self._record(SipMessage(data, sent=True))

    # -- bookkeeping --------------------------------------------------------------------------------------------------

    def _new_leg(self, first: SipMessage) -> Leg:
        leg = self.legs[first.call_id] = Leg(self, first)
        self.on_leg(leg)
        return leg

    def _record(self, message: SipMessage) -> None:
        leg = self.legs.get(message.call_id)
        if leg is None:
            self.other.append(message)
        else:
            leg.feed(message)
            self.on_change(leg)

    def _send(self, data: bytes, to: Address) -> None:
        if self._transport is not None:
            self._transport.sendto(data, to)
