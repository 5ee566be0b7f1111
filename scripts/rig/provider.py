"""A provider: lets sites register with a password, takes their calls, and echoes what it hears, if need be with losses."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import struct
import time
from typing import TYPE_CHECKING, Any

from rig import sip
from rig.agent import SippAgentPool
from rig.media import Address, MediaPeer
from rig.ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from rig.sip import SipMessage

REALM = "provider"
SENDER_REPORT, RECEIVER_REPORT = 200, 201


class EchoPeer(MediaPeer):
    """Sends every voice packet back as it came but for its source, leaving out each `drop`-th, every second one `late` seconds
    later; 0: none.
    """

    drop = 0
    late = 0.0

    @property
    def source(self) -> int:
        """The SSRC of what it sends."""
        return self._ssrc

    def datagram_received(self, data: bytes, addr: Address) -> None:
        super().datagram_received(data, addr)
        if len(data) < 12:
            return
        self._sequence += 1
        if self.drop and self._sequence % self.drop == 0:
            return
        echo = (
            data[:2]
            + struct.pack("!H", self._sequence & 0xFFFF)
            + data[4:8]
            + struct.pack("!I", self._ssrc)
            + data[12:]
        )
        if self.late and self._sequence % 2:
            asyncio.get_running_loop().call_later(self.late, self._give_back, echo)
        else:
            self._give_back(echo)

    def _give_back(self, echo: bytes) -> None:
        if self._transport is not None and self.remote is not None:
            self._transport.sendto(echo, self.remote)
            self.sent += 1


class Reporter(asyncio.DatagramProtocol):
    """The RTCP side of a peer: answers each sender report after `delay` seconds of travel (RFC 3550, 6.4.1)."""

    def __init__(self, ssrc: int, delay: float) -> None:
        self._ssrc, self._delay = ssrc, delay
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if len(data) >= 28 and data[1] == SENDER_REPORT:
            theirs = data[4:8]
            last = data[10:14]
            block = theirs + struct.pack("!I", 0) + struct.pack("!II", 0, 0) + last + struct.pack("!I", 0)
            report = struct.pack("!BBHI", 0x81, RECEIVER_REPORT, 7, self._ssrc) + block
            asyncio.get_running_loop().call_later(self._delay, self._send, report, addr)

    def _send(self, report: bytes, addr: Address) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(report, addr)


class Provider(SippAgentPool):
    """At an address of its own. `registered`: the contacts of accounts that are; `refused`: how often a password was wrong.

    accounts: `{user: password}` that may register. drop: leaves out each so-many-th packet of the echo; late: so many seconds
    every second packet comes later. round_trip: seconds that its RTCP reports take. More is as of SippAgentPool.
    """

    def __init__(
        self,
        own: str,
        sip_port: int,
        accounts: dict[str, str] | None = None,
        *,
        drop: int = 0,
        late: float = 0.0,
        round_trip: float = 0.0,
        **more: Any,
    ) -> None:
        super().__init__({}, LOOPBACK, sip_port, own=own, port=free_port("udp", own), media=True, **more)
        self.accounts = accounts or {}
        self.drop, self.late, self.round_trip = drop, late, round_trip
        self.registered: dict[str, str] = {}
        self.refused = 0
        self._reporters: list[asyncio.DatagramTransport] = []

    async def start(self) -> None:
        await super().start()
        assert self._wire is not None  # noqa: S101
        self._wire.on_register = self._register_answer

    async def open_media(self) -> MediaPeer:
        peer = await EchoPeer.open(self.own)
        peer.drop, peer.late = self.drop, self.late
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Reporter(peer.source, self.round_trip),
            local_addr=(self.own, peer.port + 1),
        )
        self._reporters.append(transport)
        return peer

    async def close(self) -> None:
        for one in self._reporters:
            one.close()
        await super().close()

    async def wait_registered(self, user: str, timeout: float = 10.0) -> str:
        """The contact of an account, once it is registered."""
        end = time.monotonic() + timeout
        while user not in self.registered:
            if time.monotonic() > end:
                raise TimeoutError(f"{user} did not register in {timeout} s; refused: {self.refused}")
            await asyncio.sleep(0.02)
        return self.registered[user]

    def _register_answer(self, message: SipMessage) -> bytes:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', message.header("Authorization") or ""))
        password = self.accounts.get(given.get("username", ""))
        if not given or password is None or given.get("response") != _digest(given, password):
            self.refused += bool(given)
            challenge = f'WWW-Authenticate: Digest realm="{REALM}", nonce="{secrets.token_hex(8)}", algorithm=MD5'
            return sip.reply(message, 401, "Unauthorized", more=challenge.encode())
        contact = message.header("Contact") or ""
        expires = message.header("Expires") or "300"
        if expires == "0":
            self.registered.pop(given["username"], None)
        else:
            self.registered[given["username"]] = contact
        return sip.reply(message, 200, "OK", more=f"Contact: {contact};expires={expires}".encode())


def _digest(given: dict[str, str], password: str) -> str:
    """RFC 2617 without qop, which the challenge does not offer."""
    account = _md5(f"{given['username']}:{REALM}:{password}")
    return _md5(f"{account}:{given['nonce']}:{_md5('REGISTER:' + given['uri'])}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
