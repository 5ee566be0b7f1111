"""What is not spoken: the music on hold, composed here, and the tone before a caller's message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.signal import butter, sosfilt

from prompt_audio import HIGH_PASS, RATE, level

if TYPE_CHECKING:
    Audio = np.ndarray[Any, np.dtype[np.float64]]

MUSIC_LOUDNESS = -26.0  # LUFS

# An original piece: twelve chords of six seconds (MIDI numbers), a soft pad under a slow arpeggio. The end flows into
# the beginning: every note that passes the end goes on at the start. The pad stays low and its partials beat; what is
# higher dies away within a second: nothing that a tone detector could take for a test tone.
CHORD_SECONDS = 6.0
STEP_SECONDS = 0.75
CHORDS = (
    (50, 57, 61, 66), (47, 54, 57, 62), (43, 55, 59, 66), (45, 57, 59, 64),
    (42, 54, 57, 61), (47, 54, 57, 62), (40, 52, 55, 62), (45, 55, 59, 64),
    (43, 55, 59, 62), (42, 54, 57, 64), (40, 52, 59, 62), (45, 57, 61, 64),
)  # fmt: skip
ORDERS = ((0, 2, 1, 3, 2, 3, 1, 2), (0, 1, 3, 2, 1, 2, 3, 1), (1, 2, 3, 2, 0, 2, 1, 3))


def hertz(note: float) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def pad_note(note: int) -> Audio:
    """Two partials beating in three slightly different tunings, with a slow swell and a tremolo."""
    time = np.arange(round((CHORD_SECONDS + 3.0) * RATE)) / RATE
    swell = np.sin(np.pi * np.clip(time / time[-1], 0, 1)) ** 1.5
    sound = np.zeros_like(time)
    for cents in (-6.0, 0.0, 7.0):
        pitch = hertz(note + cents / 100)
        for partial, strength in ((1, 1.0), (2, 0.28 if pitch < 180 else 0.05)):
            sound += strength * np.sin(2 * np.pi * pitch * partial * time + partial * cents)
    return swell * sound * (1 + 0.25 * np.sin(2 * np.pi * 3.1 * time + note))


def pluck_note(note: int) -> Audio:
    """A soft bell that dies away; the higher partials sooner."""
    time = np.arange(round(2.5 * RATE)) / RATE
    attack = 1 - np.exp(-time / 0.008)
    sound = np.zeros_like(time)
    for partial, strength, decay in ((1, 1.0, 0.42), (2, 0.35, 0.25), (3, 0.12, 0.15), (4, 0.06, 0.09)):
        sound += strength * np.exp(-time / decay) * np.sin(2 * np.pi * hertz(note) * partial * time)
    return attack * sound * np.clip((2.5 - time) / 0.5, 0, 1)


def compose() -> Audio:
    length = round(len(CHORDS) * CHORD_SECONDS * RATE)
    piece = np.zeros(length)

    def add(sound: Audio, at: float, gain: float) -> None:
        np.add.at(piece, (round(at * RATE) + np.arange(len(sound))) % length, gain * sound)

    for number, chord in enumerate(CHORDS):
        begin = number * CHORD_SECONDS
        for voice, note in enumerate(chord):
            add(pad_note(note), begin - 1.5, 0.30 if voice == 0 else 0.16)
        order = ORDERS[number % len(ORDERS)]
        for step, voice in enumerate(order):
            if (number + step) % 7 != 5:  # a rest now and then
                accent = 0.34 if step == 0 else 0.22 + 0.03 * ((step * 5 + number) % 3)
                add(pluck_note(chord[voice] + 12), begin + step * STEP_SECONDS, accent)
    noise = np.random.default_rng(20).standard_normal(round(1.6 * RATE))
    room = noise * np.exp(-np.arange(len(noise)) / RATE / 0.35)
    wet = np.fft.irfft(np.fft.rfft(piece) * np.fft.rfft(room / np.sqrt(np.sum(room**2)), length), length)
    return piece + 0.22 * np.asarray(wet)


def make_music() -> Audio:
    piece = compose()
    twice = sosfilt(butter(2, HIGH_PASS, "highpass", fs=RATE, output="sos"), np.tile(piece, 2))
    around = level(np.tile(twice[len(piece) :], 3), MUSIC_LOUDNESS)
    return around[len(piece) : 2 * len(piece)]


def make_tone(frequency: float, seconds: float) -> Audio:
    """A sine of so many Hz that swells and fades within 10 ms."""
    time = np.arange(round(seconds * RATE)) / RATE
    swell: Audio = np.sin(np.pi / 2 * np.clip(np.minimum(time, time[-1] - time) / 0.010, 0, 1)) ** 2
    return swell * np.sin(2 * np.pi * frequency * time)
