"""RTP packets (RFC 3550), telephone keys as RTP events (RFC 4733), and the 20 ms clock that paces all senders."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    import asyncio

PCMU = 0
EVENT = 101
TICK = 0.02
TICK_SAMPLES = 160
KEYS = "0123456789*#ABCD"
KEY_TICKS = 5  # a key is held for 100 ms
GAP_TICKS = 5  # and followed by 100 ms without one
MOST_CAUGHT_UP = 5  # ticks sent at once after a stall; older ones are lost, as a stalled phone loses them

_HEADER = struct.Struct("!BBHII")


def packet(
    payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, *, marker: bool = False
) -> bytes:
    second = payload_type | (0x80 if marker else 0)
    return _HEADER.pack(0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def key_payload(key: str, samples: int, *, end: bool, volume: int = 10) -> bytes:
    return struct.pack("!BBH", KEYS.index(key), (0x80 if end else 0) | volume, samples)


def payload_of(data: bytes) -> bytes:
    """What follows the header, contributing sources and extension."""
    start = 12 + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = len(data) - data[-1] if data[0] & 0x20 else len(data)
    return data[start:end]


@dataclass
class KeyReader:
    """Collects the keys of a stream of event payloads: one per event timestamp, however many packets say it."""

    keys: str = ""
    _last: tuple[int, int] | None = None

    def feed(self, ssrc: int, timestamp: int, payload: bytes) -> None:
        if len(payload) >= 4 and payload[0] < len(KEYS) and self._last != (ssrc, timestamp):
            self._last = (ssrc, timestamp)
            self.keys += KEYS[payload[0]]


class Ticking(Protocol):
    def on_tick(self, tick: int) -> None: ...


class Pacer:
    """One clock for all senders of an event loop: a load of 50 calls wakes the loop 50 times a second, not 2500.

    Ticks are counted from a fixed start, so lateness never adds up. Without senders the clock stands still.
    """

    _of_loop: ClassVar[dict[asyncio.AbstractEventLoop, Pacer]] = {}

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._start = loop.time()
        self._tick = 0
        self._senders: dict[Ticking, None] = {}
        self._handle: asyncio.TimerHandle | None = None
        self.latest_seconds = 0.0  # the worst lateness of a tick: whether this machine keeps up

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> Pacer:
        if loop not in cls._of_loop:
            for closed in [one for one in cls._of_loop if one.is_closed()]:
                del cls._of_loop[closed]
            cls._of_loop[loop] = cls(loop)
        return cls._of_loop[loop]

    def add(self, sender: Ticking) -> None:
        self._senders[sender] = None
        if self._handle is None:
            self._tick = int((self._loop.time() - self._start) / TICK)
            self._schedule()

    def remove(self, sender: Ticking) -> None:
        self._senders.pop(sender, None)
        if not self._senders and self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _schedule(self) -> None:
        self._handle = self._loop.call_at(self._start + (self._tick + 1) * TICK, self._run)

    def _run(self) -> None:
        elapsed = self._loop.time() - self._start
        due = max(int(elapsed / TICK + 0.05), self._tick + 1)
        self.latest_seconds = max(self.latest_seconds, elapsed - (self._tick + 1) * TICK)
        for tick in range(max(self._tick + 1, due - MOST_CAUGHT_UP + 1), due + 1):
            for sender in tuple(self._senders):
                sender.on_tick(tick)
        self._tick = due
        self._handle = None
        if self._senders:
            self._schedule()


def wall_time(moment: float) -> float:
    """A `time.monotonic()` moment of this process as seconds since 1970."""
    return moment + _WALL_OFFSET


_WALL_OFFSET = time.time() - time.monotonic()
