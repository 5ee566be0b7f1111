"""The ear and the voice of one call: an RTP endpoint on loopback.

SIPp can send recorded RTP only as root (raw sockets of `play_pcap`), so here SIPp does the signalling alone, announces
this endpoint's port in its SDP, and the sound is ours: any tone at any time, keys as RFC 4733 events, and what was
heard as a numpy array to be judged.

A peer that was told nothing sends nothing, and costs nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Self, cast

import numpy as np

from rig import rtp, sound
from rig.ports import LOOPBACK, free_rtp_port

if TYPE_CHECKING:
    from collections.abc import Iterator

Address = tuple[str, int]

POLL = 0.04  # how often a waiting test looks; what is found carries the packets' own times
HEARD_SECONDS = 600
_AUDIBLE_SAMPLES = 16  # of 160: a packet with fewer loud samples is silence


def bound_socket(host: str, port: int) -> socket.socket:
    """A UDP socket for a media peer. One that is never read costs nothing: the kernel drops what is too much."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        own.setblocking(False)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        own.bind((host, port))
    except BaseException:
        own.close()
        raise
    return own


class Packet(NamedTuple):
    """One received voice packet: its place in the stream, when it came (monotonic), mu-law, and whether it is loud."""

    place: int
    at: float
    payload: bytes
    audible: bool


@dataclass
class _Key:
    key: str
    done: asyncio.Future[None]
    step: int = 0
    timestamp: int = 0


class MediaPeer(asyncio.DatagramProtocol):
    """PCMU both ways on one port. Use `async with await MediaPeer.open() as peer` or `close()` it yourself."""

    def __init__(self, keep_seconds: float = HEARD_SECONDS) -> None:
        self.host = LOOPBACK
        self.port = 0
        self.remote: Address | None = None
        self.packets: deque[Packet] = deque(maxlen=round(keep_seconds * 50))
        self.received = 0
        self.sent = 0
        self.ignored = 0
        self.streams = 0  # how many RTP sources (SSRC) were heard one after another
        self.first_packet_at: float | None = None
        self.first_audible_at: float | None = None
        self.last_packet_at: float | None = None
        self.last_audible_at: float | None = None
        self._keys_heard = rtp.KeyReader()
        self._source = -1
        self._last_sequence = 0
        self._last_place = -1
        self._transport: asyncio.DatagramTransport | None = None
        self._pacer: rtp.Pacer | None = None
        self._voice = b""
        self._voice_at = 0
        self._voice_loops = True
        self._keys_to_press: deque[_Key] = deque()
        self._ssrc = random.getrandbits(32)
        self._sequence = random.getrandbits(15)
        self._first_timestamp = random.getrandbits(31)
        self._first_tick: int | None = None
        self._marker = True

    # -- life -------------------------------------------------------------------------------------------------------

    @classmethod
    async def open(
        cls,
        host: str = LOOPBACK,
        port: int | None = None,
        keep_seconds: float = HEARD_SECONDS,
        own: socket.socket | None = None,
    ) -> Self:
        """Binds `port`, or a free even one, or takes the bound socket `own`.

        `keep_seconds` bounds the memory of what was heard.
        """
        peer = cls(keep_seconds)
        own = own or bound_socket(host, free_rtp_port(host) if port is None else port)
        try:
            peer.host, peer.port = own.getsockname()
            loop = asyncio.get_running_loop()
            peer._pacer = rtp.Pacer.of(loop)
            await loop.create_datagram_endpoint(lambda: peer, sock=own)
        except BaseException:
            own.close()
            raise
        return peer

    def close(self) -> None:
        """Silence, and the port is free again. What was heard stays."""
        self._voice = b""
        while self._keys_to_press:
            self._keys_to_press.popleft().done.cancel()
        if self._pacer is not None:
            self._pacer.remove(self)
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        await asyncio.sleep(0)  # the transport closes its socket in the loop's next turn

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # asyncio's own is no subclass of it

    def error_received(self, exc: Exception) -> None:
        """A port unreachable after a hang-up is nothing to report."""

    # -- hearing ----------------------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: Address) -> None:
        kind = data[1] & 0x7F if len(data) >= 12 and data[0] & 0xC0 == 0x80 else -1
        if kind not in (rtp.PCMU, rtp.EVENT):
            self.ignored += 1
            return
        if self.remote is None:
            self.remote = addr
        payload = data[12:] if data[0] == 0x80 else rtp.payload_of(data)
        source = int.from_bytes(data[8:12])
        place = self._place(source, int.from_bytes(data[2:4]))
        if kind == rtp.EVENT:
            self._keys_heard.feed(source, int.from_bytes(data[4:8]), payload)
            return
        now = time.monotonic()
        audible = payload.translate(sound.AUDIBLE).count(1) >= _AUDIBLE_SAMPLES
        self.received += 1
        self.last_packet_at = now
        if self.first_packet_at is None:
            self.first_packet_at = now
        if audible:
            self.last_audible_at = now
            if self.first_audible_at is None:
                self.first_audible_at = now
        self.packets.append(Packet(place, now, payload, audible))

    def _place(self, source: int, sequence: int) -> int:
        """The packet's number in one endless count, over wrap-arounds, new sources and restarts."""
        step = ((sequence - self._last_sequence + 0x8000) & 0xFFFF) - 0x8000
        if source != self._source or abs(step) > 3000:
            self.streams += source != self._source
            self._source, step = source, 1
        elif step <= 0:
            return self._last_place + step
        self._last_sequence = sequence
        self._last_place += step
        return self._last_place

    def _in_order(self, since: float | None, until: float | None = None) -> list[Packet]:
        chosen = [
            one for one in self.packets if (since is None or one.at >= since) and (until is None or one.at <= until)
        ]
        if any(later.place <= earlier.place for earlier, later in pairwise(chosen)):
            chosen = [one for _, one in sorted({one.place: one for one in chosen}.items())]
        return chosen

    @property
    def heard(self) -> sound.Pcm:
        """Everything kept, in order, pauses without packets left out."""
        return self.heard_between()

    def heard_between(self, since: float | None = None, until: float | None = None) -> sound.Pcm:
        """What came between two monotonic moments."""
        return sound.ulaw_decode(b"".join(one.payload for one in self._in_order(since, until)))

    @property
    def keys_heard(self) -> str:
        """The keys that came as RFC 4733 events."""
        return self._keys_heard.keys

    def longest_gap(self, since: float | None = None, until: float | None = None) -> float:
        """The longest time in seconds between two voice packets: 0.02 for an unbroken stream."""
        times = [
            one.at for one in self.packets if (since is None or one.at >= since) and (until is None or one.at <= until)
        ]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    async def wait_for_audio(self, timeout: float = 5.0, since: float | None = None) -> float:
        """Until something audible came (after `since`); returns when it did. TimeoutError otherwise."""
        with self._explained(f"no audible sound in {timeout} s"):
            async with asyncio.timeout(timeout):
                while True:
                    at = self.first_audible_at if since is None else self._audible_since(since)
                    if at is not None:
                        return at
                    await asyncio.sleep(POLL)

    def _audible_since(self, since: float) -> float | None:
        if self.last_audible_at is None or self.last_audible_at < since:
            return None
        return next((one.at for one in self.packets if one.audible and one.at >= since), self.last_audible_at)

    async def wait_hears(
        self, hz: float, timeout: float = 5.0, *, at_least_seconds: float = 0.5, since: float | None = None
    ) -> float:
        """Until the tone has sounded that long in one piece, anywhere in what was heard (after `since`).

        Returns about when the tone began: the arrival of the packet that completed it less its length.
        """
        begin = since
        with self._explained(f"{hz} Hz was not heard in {timeout} s", since):
            async with asyncio.timeout(timeout):
                while True:
                    now = time.monotonic()
                    if sound.hears(self.heard_between(begin, now), hz, at_least_seconds):
                        return (self.last_packet_at or now) - at_least_seconds
                    begin = max(begin or 0.0, now - at_least_seconds - 4 * POLL - 0.2)
                    await asyncio.sleep(2 * POLL)

    async def wait_silence_after_speech(
        self, timeout: float = 30.0, silence_seconds: float = 0.6, since: float | None = None
    ) -> float:
        """Until something was said (after `since`) and then nothing for a while; returns when the sound ended.

        Silence is a stream of quiet packets as well as no packets at all.
        """
        with self._explained(f"no end of speech in {timeout} s", since):
            async with asyncio.timeout(timeout):
                await self.wait_for_audio(timeout, since)
                while True:
                    ended = self.last_audible_at or 0.0
                    if time.monotonic() - ended >= silence_seconds:
                        return ended
                    await asyncio.sleep(POLL)

    @contextlib.contextmanager
    def _explained(self, problem: str, since: float | None = None) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            pcm = self.heard_between(since)
            raise TimeoutError(
                f"{problem}: {self.received} packets from {self.remote}, "
                f"{len(pcm) / sound.RATE:.1f} s kept, loudest at {sound.loudest(pcm)} Hz"
            ) from None

    # -- speaking ---------------------------------------------------------------------------------------------------

    def start_tone(self, hz: int, amplitude: int = 8000) -> None:
        """A tone until `stop()` or the next one, as soon as the other side's address is known."""
        self._speak(sound.tone_ulaw(hz, amplitude), loops=True)

    def play(self, pcm: sound.Pcm, *, loop: bool = True) -> None:
        """An array of samples at 8 kHz, again and again or once; padded with silence to whole packets."""
        self._speak(sound.ulaw_encode(np.pad(pcm, (0, -len(pcm) % sound.FRAME))), loops=loop)

    def stop(self) -> None:
        """Send nothing more (keys still being pressed are finished)."""
        self._voice = b""
        self._rest()

    @property
    def speaking(self) -> bool:
        return bool(self._voice)

    def _speak(self, voice: bytes, *, loops: bool) -> None:
        self._voice, self._voice_at, self._voice_loops, self._marker = voice, 0, loops, True
        if self._pacer is not None and self._transport is not None:
            self._pacer.add(self)

    async def press(self, keys: str, timeout: float = 5.0) -> None:
        """Press keys one after another, 100 ms each with 100 ms between; returns when the last one was let go.

        `timeout` bounds the wait for the other side's address, not the pressing.
        """
        if self._transport is None or self._pacer is None:
            raise RuntimeError("this media peer is closed")
        await self._wait_remote(timeout)
        loop = asyncio.get_running_loop()
        pressed = [_Key(key.upper(), loop.create_future()) for key in keys]
        if unknown := [one.key for one in pressed if one.key not in rtp.KEYS]:
            raise ValueError(f"no telephone keys: {unknown}")
        self._keys_to_press.extend(pressed)
        self._pacer.add(self)
        for one in pressed:
            await one.done

    async def _wait_remote(self, timeout: float) -> None:
        async with asyncio.timeout(timeout):
            while True:
                if self.remote is not None:
                    return
                await asyncio.sleep(POLL)

    def on_tick(self, tick: int) -> None:
        """Called by the pacer every 20 ms while there is something to send."""
        if self.remote is None or self._transport is None:
            return
        if self._first_tick is None:
            self._first_tick = tick
        timestamp = self._first_timestamp + (tick - self._first_tick) * rtp.TICK_SAMPLES
        if not (self._keys_to_press and self._tick_key(timestamp)):
            self._tick_voice(timestamp)

    def _tick_key(self, timestamp: int) -> bool:
        """One step of the key in hand; True while the key (not the gap after it) takes the voice's place."""
        now = self._keys_to_press[0]
        if now.step == 0:
            now.timestamp = timestamp
        held = now.step < rtp.KEY_TICKS
        if held:
            end = now.step == rtp.KEY_TICKS - 1
            payload = rtp.key_payload(now.key, (now.step + 1) * rtp.TICK_SAMPLES, end=end)
            for _ in range(3 if end else 1):
                self._send(rtp.EVENT, now.timestamp, payload, marker=now.step == 0)
        now.step += 1
        if now.step == rtp.KEY_TICKS + rtp.GAP_TICKS:
            self._keys_to_press.popleft()
            if not now.done.done():
                now.done.set_result(None)
            self._rest()
        return held

    def _tick_voice(self, timestamp: int) -> None:
        if not self._voice:
            return
        frame = self._voice[self._voice_at : self._voice_at + sound.FRAME]
        self._voice_at += sound.FRAME
        self._send(rtp.PCMU, timestamp, frame, marker=self._marker)
        self._marker = False
        if self._voice_at >= len(self._voice):
            self._voice_at = 0
            if not self._voice_loops:
                self.stop()

    def _send(self, kind: int, timestamp: int, payload: bytes, *, marker: bool) -> None:
        if self._transport is not None and self.remote is not None:
            data = rtp.packet(kind, self._sequence, timestamp, self._ssrc, payload, marker=marker)
            self._transport.sendto(data, self.remote)
            self._sequence += 1
            self.sent += 1

    def _rest(self) -> None:
        if not self._voice and not self._keys_to_press and self._pacer is not None:
            self._pacer.remove(self)
