"""SIP messages as they went over the wire, with their times, for control and for assertions."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from functools import cached_property

from rig.rtp import wall_time

_COMPACT = {
    "i": "call-id",
    "f": "from",
    "t": "to",
    "v": "via",
    "m": "contact",
    "c": "content-type",
    "l": "content-length",
}
_STATUS_LINE = re.compile(rb"SIP/2\.0 (\d{3})")


@dataclass(frozen=True)
class SipMessage:
    """`sent` is True for what the rig sent; `at` is monotonic, `wall` seconds since 1970. Headers decode as UTF-8."""

    raw: bytes
    sent: bool
    at: float = field(default_factory=time.monotonic)

    @property
    def wall(self) -> float:
        return wall_time(self.at)

    @cached_property
    def start_line(self) -> str:
        return self.raw.split(b"\r\n", 1)[0].decode(errors="replace")

    @cached_property
    def status(self) -> int | None:
        found = _STATUS_LINE.match(self.raw)
        return int(found[1]) if found else None

    @cached_property
    def method(self) -> str | None:
        """The method of a request, None for a response."""
        return None if self.status is not None else self.start_line.split(" ", 1)[0]

    @cached_property
    def uri_user(self) -> str:
        """The user part of a request's URI."""
        found = re.match(r"\S+ sips?:([^@;> ]+)@", self.start_line)
        return found[1] if found else ""

    @cached_property
    def header_list(self) -> list[tuple[str, str]]:
        """(lower-case name, value) in order, compact names written out, folded lines joined."""
        head = self.raw.split(b"\r\n\r\n", 1)[0].decode(errors="replace")
        lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")[1:]
        found = []
        for line in lines:
            name, colon, value = line.partition(":")
            if colon:
                key = name.strip().lower()
                found.append((_COMPACT.get(key, key), value.strip()))
        return found

    def header(self, name: str) -> str | None:
        """The first header of that name, or None."""
        return next((value for key, value in self.header_list if key == name.lower()), None)

    def user_in(self, name: str) -> str:
        """The user part of the SIP URI in a header such as From; "" without one."""
        found = re.search(r"sips?:([^@;>]+)@", self.header(name) or "")
        return found[1] if found else ""

    @cached_property
    def call_id(self) -> str:
        return self.header("Call-ID") or ""

    @cached_property
    def cseq(self) -> tuple[int, str]:
        """Number and method; (0, "") when the header is missing or broken."""
        number, _, method = (self.header("CSeq") or "").partition(" ")
        return (int(number), method.strip()) if number.isdigit() else (0, "")

    @property
    def body(self) -> str:
        return self.raw.partition(b"\r\n\r\n")[2].decode(errors="replace")

    @cached_property
    def media_address(self) -> tuple[str, int] | None:
        """Where the SDP wants the audio, or None without SDP or with the audio refused."""
        if not (media := re.search(r"^m=audio (\d+) ", self.body, re.MULTILINE)):
            return None
        before, after = self.body[: media.start()], self.body[media.end() :]
        own = re.search(r"^c=IN IP4 (\S+)", after.split("\nm=")[0], re.MULTILINE)
        address = own or re.search(r"^c=IN IP4 (\S+)", before, re.MULTILINE)
        return (address[1], int(media[1])) if address and int(media[1]) else None

    @property
    def on_hold(self) -> bool:
        """Whether the SDP asks to hear nothing, or the address is the old sign for hold."""
        return bool(re.search(r"^(a=(sendonly|inactive)|c=IN IP4 0\.0\.0\.0)", self.body, re.MULTILINE))

    @property
    def hangup_cause(self) -> int | None:
        """Q.850 cause of a Reason header."""
        found = re.search(r"Q\.850\s*;\s*cause=(\d+)", self.header("Reason") or "", re.IGNORECASE)
        return int(found[1]) if found else None

    def __str__(self) -> str:
        return f"{self.at:.3f} {'>' if self.sent else '<'} {self.start_line} [{self.header('CSeq')}]"


def reply(request: SipMessage, status: int, phrase: str, *, more: bytes = b"") -> bytes:
    """A bodiless response to a request, for what is answered without SIPp."""
    kept = [b"SIP/2.0 %d %s" % (status, phrase.encode())]
    for line in request.raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")[1:]:
        name = line.split(b":", 1)[0].strip().lower()
        if name == b"to" and b"tag=" not in line:
            line += b";tag=rig"  # noqa: PLW2901
        if name in {b"via", b"v", b"from", b"f", b"to", b"t", b"call-id", b"i", b"cseq", b"record-route"}:
            kept.append(line)
    return b"\r\n".join([*kept, *([more] if more else []), b"Content-Length: 0", b"", b""])
