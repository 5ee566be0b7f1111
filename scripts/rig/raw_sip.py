"""A SIP peer that keeps to no rules: sends any bytes from any loopback address over UDP or TLS, and signs in if it wants to.

For stories about attackers and broken devices, where SIPp would be too well-behaved.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import secrets
import ssl
from typing import TYPE_CHECKING, Self, cast

from rig.ports import LOOPBACK
from rig.sip import SipMessage, reply

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = tuple[str, int]

SDP = (
    "v=0\r\no=- 1 1 IN IP4 {own}\r\ns=-\r\nc=IN IP4 {own}\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)


class RawSip(asyncio.DatagramProtocol):
    """One socket. `heard` has every message that came, in order."""

    def __init__(self, server: Address) -> None:
        self.server = server
        self.own = ("", 0)
        self.heard: list[SipMessage] = []
        self._changed = asyncio.Event()
        self._udp: asyncio.DatagramTransport | None = None
        self._tls: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, server: Address, own: str = LOOPBACK, *, tls: bool = False) -> Self:
        peer = cls(server)
        if not tls:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(lambda: peer, local_addr=(own, 0))
            peer._udp = cast("asyncio.DatagramTransport", transport)
            peer.own = transport.get_extra_info("sockname")
            return peer
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reader, peer._tls = await asyncio.open_connection(*server, ssl=context, local_addr=(own, 0))
        peer.own = peer._tls.get_extra_info("sockname")
        peer._reading = asyncio.create_task(peer._read(reader))
        return peer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._reading is not None:
            self._reading.cancel()
        if self._tls is not None:
            self._tls.transport.abort()

    def send(self, data: bytes | str) -> None:
        raw = data if isinstance(data, bytes) else data.encode()
        if self._udp is not None:
            self._udp.sendto(raw, self.server)
        if self._tls is not None:
            self._tls.write(raw)

    def datagram_received(self, data: bytes, addr: Address) -> None:  # noqa: ARG002 (asyncio's)
        self._hear(data)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there any more: whoever waits will notice."""

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?im)^(?:Content-Length|l)\s*:\s*(\d+)", head)
                self._hear(head.lstrip(b"\r\n") + await reader.readexactly(int(length[1]) if length else 0))

    def _hear(self, data: bytes) -> None:
        if len(data) > 20:
            self.heard.append(SipMessage(data, sent=False))
            self._changed.set()

    async def wait(
        self, *, call_id: str = "", method: str | None = None, cseq: int = 0, timeout: float = 2.0
    ) -> SipMessage:
        """The first message of that call: a final answer to that CSeq, or a request with that method."""
        async with asyncio.timeout(timeout):
            while True:
                for one in self.heard:
                    wanted = one.method == method if method else (one.status or 0) >= 200 and one.cseq[0] == cseq
                    if wanted and call_id in {"", one.call_id}:
                        return one
                self._changed.clear()
                await self._changed.wait()

    def request(
        self, method: str, to: str, user: str, call_id: str, cseq: int = 1, *, more: Iterable[str] = (), body: str = "",
        to_tag: str = "", display: str = "",
    ) -> str:  # fmt: skip
        """A well-formed request but for what the arguments put into it, as they are."""
        host, port = self.own
        way = "TLS" if self._tls else "UDP"
        uri = f"sip:{self.server[0]}" if method == "REGISTER" else f"sip:{to}@{self.server[0]}:{self.server[1]}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{way} {host}:{port};rport;branch=z9hG4bK{secrets.token_hex(6)}",
            f"From: {display}<sip:{user}@{self.server[0]}>;tag=raw",
            f"To: <sip:{to}@{self.server[0]}>{f';tag={to_tag}' if to_tag else ''}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:{user}@{host}:{port}{';transport=tls' if self._tls else ''}>",
            "Max-Forwards: 70",
            *more,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body.encode())}",
        ]
        return "\r\n".join(lines) + "\r\n\r\n" + body

    async def ask(
        self, method: str, to: str, login: tuple[str, str], *, number: str = "", more: Iterable[str] = (), body: str = "",
        call_id: str = "", cseq: int = 1, to_tag: str = "", display: str = "",
    ) -> SipMessage:  # fmt: skip
        """The final answer to a request that is sent again with the digest when the server wants that. number: shown in From."""
        user, call_id = number or login[0], call_id or secrets.token_hex(8)
        fields = {"body": body, "to_tag": to_tag, "display": display}
        self.send(self.request(method, to, user, call_id, cseq, more=more, **fields))
        answer = await self.wait(call_id=call_id, cseq=cseq)
        challenge = answer.header("WWW-Authenticate")
        if answer.status != 401 or challenge is None:
            return answer
        if method == "INVITE":
            self._acknowledge(answer, to, user, call_id, cseq)
        proof = _digest(challenge, login, method, f"sip:{self.server[0]}")
        self.send(self.request(method, to, user, call_id, cseq + 1, more=[*more, proof], **fields))
        return await self.wait(call_id=call_id, cseq=cseq + 1, timeout=10)

    async def register(self, user: str, password: str) -> int:
        """The status of the last answer."""
        answer = await self.ask("REGISTER", user, (user, password), more=["Expires: 60"])
        return answer.status or 0

    async def invite(
        self, to: str, login: tuple[str, str], *, number: str = "", more: Iterable[str] = (), display: str = ""
    ) -> SipMessage:
        """The final answer, acknowledged; a call that is answered has to be ended by `bye`."""
        body = SDP.format(own=self.own[0], port=9)
        answer = await self.ask("INVITE", to, login, number=number, more=more, body=body, display=display)
        self._acknowledge(answer, to, number or login[0], answer.call_id, answer.cseq[0])
        return answer

    async def bye(self, answer: SipMessage, to: str, login: tuple[str, str], number: str = "") -> None:
        """Ends a call that was answered."""
        await self.ask(
            "BYE", to, login, number=number, call_id=answer.call_id, cseq=answer.cseq[0] + 1, to_tag=tag_of(answer)
        )

    def answer(self, request: SipMessage, status: int, phrase: str, *, more: str = "") -> None:
        self.send(reply(request, status, phrase, more=more.encode()))

    def _acknowledge(self, answer: SipMessage, to: str, user: str, call_id: str, cseq: int) -> None:
        ack = self.request("ACK", to, user, call_id, cseq, to_tag=tag_of(answer))
        self.send(ack.replace(f"CSeq: {cseq} INVITE", f"CSeq: {cseq} ACK"))


def tag_of(answer: SipMessage) -> str:
    found = re.search(r";tag=([^;\s]+)", answer.header("To") or "")
    return found[1] if found else ""


def _digest(challenge: str, login: tuple[str, str], method: str, uri: str) -> str:
    """RFC 2617 with qop=auth and MD5, as Asterisk asks for it."""
    values = dict(re.findall(r'(\w+)="?([^",]+)', challenge))
    realm, nonce, user = values["realm"], values["nonce"], login[0]
    secret, what = _md5(f"{user}:{realm}:{login[1]}"), _md5(f"{method}:{uri}")
    response = _md5(f"{secret}:{nonce}:00000001:rig:auth:{what}")
    opaque = f', opaque="{values["opaque"]}"' if "opaque" in values else ""
    return (
        f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="rig"{opaque}'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
