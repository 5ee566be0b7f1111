"""Many callers at once: one SIPp places the calls, each with a media endpoint of its own that listens and presses keys."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Literal

from rig.agent import Seconds, draw
from rig.leg import CallEndedError, How, Leg
from rig.media import MediaPeer, bound_socket
from rig.ports import LOOPBACK, free_rtp_port
from rig.sipp import Sipp
from rig.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

MOST_ROWS = 600  # media ports in use; call number n takes port number n modulo this


@dataclass(frozen=True)
class Press:
    """Keys a caller presses, `after` seconds from the answer, the first sound, or the end of what was said."""

    keys: str
    after: Seconds = 0.2
    when: Literal["answer", "sound", "prompt_end"] = "sound"


@dataclass(frozen=True)
class CallResult:
    """One call of a load. Times are monotonic; `how` is None when SIPp never placed it or it never ended."""

    number: str
    call_id: str
    invited_at: float
    ringing_at: float | None
    answered_at: float | None
    first_sound_at: float | None
    ended_at: float | None
    how: How | None
    code: int | None
    cause: int | None
    gave_up: bool

    @property
    def answered(self) -> bool:
        return self.answered_at is not None


class _Load:
    def __init__(
        self, wire: Wire, presses: Sequence[Press], hang_up_after: Seconds | None, give_up_after: float
    ) -> None:
        self.wire = wire
        self.presses = presses
        self.hang_up_after = hang_up_after
        self.give_up_after = give_up_after
        self.script: Callable[[Leg], Awaitable[None]] | None = None
        self.sockets: dict[int, socket.socket] = {}  # bound, not yet taken by a call
        self.with_media = True
        self.results: list[CallResult] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def take(self, leg: Leg) -> None:
        task = asyncio.create_task(self.live(leg))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def live(self, leg: Leg) -> None:
        try:
            async with asyncio.timeout(self.give_up_after):
                await self._open_media(leg)
                await leg.wait_answered(self.give_up_after)
                await self._talk(leg)
                await leg.wait_ended(self.give_up_after)
        except TimeoutError:
            leg.gave_up = True
            with contextlib.suppress(TimeoutError):
                await leg.hang_up(5.0)
        except CallEndedError:
            with contextlib.suppress(TimeoutError):
                await leg.wait_ended(2.0)
        finally:
            if leg.media is not None:
                leg.media.close()
            self.results.append(_result(leg))

    async def _open_media(self, leg: Leg) -> None:
        address = leg.invite.media_address
        if self.with_media and address is not None:
            own = self.sockets.pop(address[1], None) or bound_socket(*address)
            leg.media = await MediaPeer.open(own=own, keep_seconds=2.0)

    async def _talk(self, leg: Leg) -> None:
        """Press and script until the call ends or has lasted long enough."""
        work = asyncio.create_task(self._act(leg))
        ended = asyncio.create_task(leg.wait_ended(self.give_up_after))
        try:
            await asyncio.wait({work, ended}, return_when=asyncio.FIRST_COMPLETED)
            if work.done() and not work.cancelled() and (problem := work.exception()):
                raise problem
        finally:
            for task in (work, ended):
                task.cancel()
            await asyncio.gather(work, ended, return_exceptions=True)

    async def _act(self, leg: Leg) -> None:
        for press in self.presses:
            if leg.media is None:
                break
            if press.when == "sound":
                await leg.media.wait_for_audio(self.give_up_after)
            elif press.when == "prompt_end":
                await leg.media.wait_silence_after_speech(self.give_up_after)
            await asyncio.sleep(draw(press.after))
            await leg.media.press(press.keys)
        if self.script is not None:
            await self.script(leg)
        if self.hang_up_after is not None:
            await asyncio.sleep(draw(self.hang_up_after))
            await leg.hang_up()

    async def close(self) -> None:
        for task in tuple(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for own in self.sockets.values():
            own.close()


def _result(leg: Leg) -> CallResult:
    end = leg.ending
    caller = (leg.invite.header("From") or "").partition("sip:")[2].partition("@")[0]
    return CallResult(
        caller,
        leg.call_id,
        leg.invited_at,
        leg.ringing_at,
        leg.answered_at,
        leg.media.first_audible_at if leg.media else None,
        leg.ended_at,
        end.how if end else None,
        end.code if end else None,
        end.cause if end else None,
        leg.gave_up,
    )


async def load_callers(
    host: str,
    sip_port: int,
    trunk_user: str,
    trunk_password: str,
    *,
    hotline: str,
    numbers: Sequence[str],
    calls: int,
    rate: float,
    presses: Sequence[Press] = (),
    hang_up_after: Seconds | None = None,
    give_up_after: float = 60.0,
    media: bool = True,
    script: Callable[[Leg], Awaitable[None]] | None = None,
    on_change: Callable[[Leg], None] | None = None,
) -> list[CallResult]:
    """Places `calls` calls, `rate` a second, with the numbers one after another; returns when all are over.

    An answered call presses its keys, runs `script`, and then hangs up `hang_up_after` seconds later or waits for the
    other side. Nobody waits longer than `give_up_after` from the INVITE: such a call is hung up and says `gave_up`.
    Without `media` the sound goes to a socket nobody reads: the cheapest load. `on_change` sees each call after each
    of its messages. The whole returns after `calls / rate + give_up_after + 20` seconds at the latest.
    """
    wire = await Wire.open((host, sip_port))
    load = _Load(wire, presses, hang_up_after, give_up_after)
    load.script, load.with_media = script, media
    wire.on_leg = load.take
    if on_change is not None:
        wire.on_change = on_change
    sipp = Sipp(wire, "caller")
    try:
        for _ in range(min(calls, MOST_ROWS) if media else 1):
            port = free_rtp_port(LOOPBACK)
            load.sockets[port] = bound_socket(LOOPBACK, port)
        pairs = zip(cycle(numbers), cycle(tuple(load.sockets)), strict=False)
        rows = [(f"<sip:{number}@{host}>", str(port)) for number, port in islice(pairs, calls)]
        login = (trunk_user, trunk_password)
        await sipp.start(rows=rows, calls=calls, rate=rate, login=login, keywords=[("hotline", hotline)])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(calls / rate + give_up_after + 15):
                await _until_done(load, sipp, calls)
        return sorted(load.results, key=lambda one: one.invited_at)
    finally:
        try:
            await load.close()
        finally:
            await sipp.stop()
            await wire.close()


async def _until_done(load: _Load, sipp: Sipp, calls: int) -> None:
    """All calls have a result, or SIPp is gone and the rest is broken."""
    while len(load.results) < calls:
        await asyncio.sleep(0.05)
        if sipp.child is not None and not sipp.child.running:
            await asyncio.sleep(0.5)
            for leg in load.wire.legs.values():
                leg.broke(time.monotonic())
            await asyncio.gather(*load.tasks, return_exceptions=True)
            return
