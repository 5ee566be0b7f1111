"""Two media peers on loopback: sound and keys arrive, and nothing is sent unasked."""

import asyncio
import time

import numpy as np
import pytest

from rig import rtp, sound
from rig.media import MediaPeer
from rig.ports import free_port, free_rtp_port, is_free


@pytest.fixture
async def pair():
    async with await MediaPeer.open() as one, await MediaPeer.open() as other:
        one.remote = (other.host, other.port)
        yield one, other


async def test_a_tone_is_heard_and_the_address_learned(pair):
    one, other = pair
    one.start_tone(700)
    await other.wait_hears(700, 2, at_least_seconds=0.3)
    assert other.remote == (one.host, one.port)
    assert not sound.hears(other.heard, 900, 0.3)
    assert other.longest_gap() < 0.5


async def test_keys_arrive_in_order_between_the_voice(pair):
    one, other = pair
    one.start_tone(440)
    started = time.monotonic()
    await one.press("1*#0")
    assert 0.75 < time.monotonic() - started < 1.1
    await asyncio.sleep(0.02)
    assert other.keys_heard == "1*#0"


async def test_a_silent_peer_sends_nothing(pair):
    one, other = pair
    one.start_tone(440)
    await other.wait_for_audio(1)
    one.stop()
    before = one.sent
    await asyncio.sleep(0.1)
    assert one.sent == before
    assert other.sent == 0


async def test_the_end_of_a_prompt_is_found(pair):
    one, other = pair
    one.play(sound.tone(500, 0.3), loop=False)
    ended = await other.wait_silence_after_speech(2, silence_seconds=0.2)
    assert ended - other.first_audible_at == pytest.approx(0.28, abs=0.08)
    assert len(other.heard) == 2400


async def test_what_was_not_heard_is_told(pair):
    one, other = pair
    one.start_tone(440)
    with pytest.raises(TimeoutError, match=r"900 Hz was not heard.*\[440"):
        await other.wait_hears(900, 0.4)


async def test_a_missing_key_is_refused(pair):
    with pytest.raises(ValueError, match="no telephone keys"):
        await pair[0].press("1x")


def frame(sequence, value, ssrc=7, kind=rtp.PCMU):
    return rtp.packet(kind, sequence, sequence * 160, ssrc, bytes([value]) * 160)


def test_packets_are_put_in_order_over_the_wrap_and_told_once():
    peer = MediaPeer()
    for sequence, value in ((65534, 1), (0, 3), (65535, 2), (0, 3), (1, 4)):
        peer.datagram_received(frame(sequence, value), ("127.0.0.1", 9))
    expected = np.repeat(sound.ulaw_decode(bytes([1, 2, 3, 4])), 160)
    assert np.array_equal(peer.heard, expected)


def test_a_new_source_continues_the_stream():
    peer = MediaPeer()
    for sequence, value, ssrc in ((50, 1, 7), (51, 2, 7), (9, 3, 8), (10, 4, 8)):
        peer.datagram_received(frame(sequence, value, ssrc), ("127.0.0.1", 9))
    assert np.array_equal(peer.heard, np.repeat(sound.ulaw_decode(bytes([1, 2, 3, 4])), 160))
    assert peer.streams == 2


def test_strangers_are_ignored():
    peer = MediaPeer()
    for data in (b"", b"hello", b"\x00" * 40, frame(1, 1, kind=8), b"\x81\xc8" + b"\x00" * 26):
        peer.datagram_received(data, ("127.0.0.1", 9))
    assert peer.ignored == 5
    assert len(peer.heard) == 0
    assert peer.remote is None


def test_memory_is_bounded():
    peer = MediaPeer(keep_seconds=1)
    for sequence in range(200):
        peer.datagram_received(frame(sequence, 1), ("127.0.0.1", 9))
    assert len(peer.heard) == 8000
    assert peer.received == 200


def test_ports_are_free_and_not_given_twice():
    ports = [free_port() for _ in range(20)] + [free_rtp_port() for _ in range(20)]
    assert len(set(ports)) == 40
    assert all(is_free(port) for port in ports)
    assert all(port % 2 == 0 for port in ports[20:])
