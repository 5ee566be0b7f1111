"""A crowd of callers behind one port and one SIPp, each with a mind of its own.

All their sound goes to one socket that nobody reads, which is the cheapest; keys are pressed from it, as RFC 4733 events.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from typing import TYPE_CHECKING, Self

from rig import rtp
from rig.leg import CallEndedError, Leg
from rig.media import bound_socket
from rig.ports import LOOPBACK, free_rtp_port
from rig.sipp import Sipp
from rig.wire import Wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Sequence

    from rig.center import Center

KEY_SECONDS = 0.1
HANG_UP_SECONDS = 5.0


class Crowd:
    """live: what a caller does once the INVITE is out; when it returns, the caller hangs up. CallEndedError in it is the end of the call."""

    def __init__(self, center: Center, live: Callable[[Leg], Awaitable[None]], hotline: str = "4001234567") -> None:
        self._center, self._live, self._hotline = center, live, hotline
        self.legs: list[Leg] = []
        self._lives: set[asyncio.Task[None]] = set()
        self._sound: socket.socket | None = None
        self._wire: Wire | None = None
        self._sipp: Sipp | None = None

    async def __aenter__(self) -> Self:
        self._wire = await Wire.open((LOOPBACK, self._center.sip_port))
        self._wire.on_leg = self._take
        self._sound = bound_socket(LOOPBACK, free_rtp_port(LOOPBACK))
        return self

    async def __aexit__(self, *_: object) -> None:
        for life in tuple(self._lives):
            life.cancel()
        try:
            await asyncio.gather(*self._lives, return_exceptions=True)
            async with asyncio.timeout(HANG_UP_SECONDS):
                await asyncio.gather(*(_hang_up(leg) for leg in self.legs if not leg.over))
        except TimeoutError:
            pass
        finally:
            if self._sipp is not None:
                await self._sipp.stop()
            if self._wire is not None:
                await self._wire.close()
            if self._sound is not None:
                self._sound.close()

    async def place(self, numbers: Sequence[str], rate: float) -> None:
        """Starts to call, once: from these numbers in turn, so many a second."""
        assert self._wire is not None  # noqa: S101
        assert self._sound is not None  # noqa: S101
        port = str(self._sound.getsockname()[1])
        rows = [(f"<sip:{number}@{LOOPBACK}>", port) for number in numbers]
        self._sipp = Sipp(self._wire, "caller")
        login = ("trunk", self._center.trunk_password)
        await self._sipp.start(
            rows=rows, calls=len(rows), rate=rate, login=login, keywords=[("hotline", self._hotline)]
        )

    @property
    def alive(self) -> bool:
        """Whether SIPp still has calls to place or to end."""
        return self._sipp is not None and self._sipp.child is not None and self._sipp.child.running

    def complaints(self) -> str:
        """What SIPp had to say."""
        return self._sipp.errors() if self._sipp is not None else ""

    async def press(self, leg: Leg, key: str) -> None:
        """A key of a caller, held for a tenth of a second."""
        if (remote := leg.media_address) is None or self._sound is None:
            return
        ssrc, sequence, at = random.getrandbits(32), random.getrandbits(15), random.getrandbits(31)
        for step in range(1, rtp.KEY_TICKS + 1):
            end = step == rtp.KEY_TICKS
            payload = rtp.key_payload(key, step * rtp.TICK_SAMPLES, end=end)
            for _ in range(3 if end else 1):
                packet = rtp.packet(rtp.EVENT, sequence, at, ssrc, payload, marker=step == 1)
                self._sound.sendto(packet, remote)
                sequence += 1
            await asyncio.sleep(KEY_SECONDS / rtp.KEY_TICKS)

    def say(self, leg: Leg, payload: bytes, tick: int) -> None:
        """20 ms of sound (mu-law), the tick-th piece of what is said."""
        if (remote := leg.media_address) is not None and self._sound is not None:
            source = hash(leg.call_id) & 0xFFFFFFFF
            self._sound.sendto(rtp.packet(rtp.PCMU, tick, tick * rtp.TICK_SAMPLES, source, payload), remote)

    def _take(self, leg: Leg) -> None:
        self.legs.append(leg)
        life = asyncio.create_task(self._lead(leg))
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)

    async def _lead(self, leg: Leg) -> None:
        with contextlib.suppress(CallEndedError, TimeoutError):
            await self._live(leg)
        await _hang_up(leg)


async def _hang_up(leg: Leg) -> None:
    """One whose server is gone gets no answer: it is over then."""
    with contextlib.suppress(TimeoutError, CallEndedError):
        await leg.hang_up(HANG_UP_SECONDS)
    if not leg.over:
        leg.gave_up = True
        leg.broke(time.monotonic())
