"""Sound of the telephone: mu-law, tones, and listening for tones.

Everything is mono 16-bit linear at 8 kHz in numpy arrays unless said. The companding is ITU-T G.711 mu-law, the
detector a windowed FFT: a tone is named by the share of a window's energy that lies within two bins of its frequency.
"""

from __future__ import annotations

import wave
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Pcm = NDArray[np.int16]

RATE = 8000
FRAME = 160  # samples in one 20 ms packet

WINDOW_SECONDS = 0.1
HOP_SECONDS = 0.05
SILENCE_RMS = 60.0  # of 32768: below this a window holds no sound
TONE_SHARE = 0.25  # a window "has" a tone when at least this share of its energy is at the frequency


def _decode_table() -> Pcm:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)
    return np.where(code & 0x80, 0x84 - magnitude, magnitude - 0x84).astype(np.int16)


def _encode_table() -> NDArray[np.uint8]:
    pcm = np.arange(-32768, 32768, dtype=np.int32)
    magnitude = np.minimum(np.abs(pcm), 32635) + 0x84
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(pcm < 0, 0x80, 0)
    table: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return table


_DECODE = _decode_table()
_ENCODE = _encode_table()

# One byte of mu-law to 1 when it is loud enough to be heard, else 0: `payload.translate(AUDIBLE).count(1)`.
AUDIBLE = bytes(int(abs(int(value)) > 200) for value in _DECODE)


def ulaw_encode(pcm: Pcm) -> bytes:
    """Linear samples to mu-law, one byte per sample."""
    return _ENCODE[pcm.astype(np.int32) + 32768].tobytes()


def ulaw_decode(data: bytes) -> Pcm:
    """Mu-law to linear samples."""
    return _DECODE[np.frombuffer(data, dtype=np.uint8)]


def tone(hz: float, seconds: float = 1.0, amplitude: int = 8000, rate: int = RATE) -> Pcm:
    """A sine. Whole hertz and whole seconds loop without a click."""
    moments = np.arange(round(seconds * rate)) / rate
    return np.round(amplitude * np.sin(2 * np.pi * hz * moments)).astype(np.int16)


@lru_cache(maxsize=64)
def tone_ulaw(hz: int, amplitude: int = 8000) -> bytes:
    """One second of a tone as mu-law, made once per frequency."""
    return ulaw_encode(tone(hz, 1.0, amplitude))


def _spectra(pcm: Pcm, rate: int) -> tuple[NDArray[np.float64], float]:
    """Energy per window and frequency bin, and the width of a bin in Hz; silent windows are all zero."""
    size = round(WINDOW_SECONDS * rate)
    hop = round(HOP_SECONDS * rate)
    if len(pcm) < size:
        return np.zeros((0, size // 2 + 1)), rate / size
    windows = np.lib.stride_tricks.sliding_window_view(pcm, size)[::hop].astype(np.float64)
    windows = windows - windows.mean(axis=1, keepdims=True)
    loud = np.sqrt((windows**2).mean(axis=1)) >= SILENCE_RMS
    energy = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)) ** 2
    energy[~loud] = 0.0
    return energy, rate / size


def _share_per_window(energy: NDArray[np.float64], bin_hz: float, hz: float) -> NDArray[np.float64]:
    middle = round(hz / bin_hz)
    at_tone = energy[:, max(middle - 2, 0) : middle + 3].sum(axis=1)
    total = energy.sum(axis=1)
    share: NDArray[np.float64] = np.divide(at_tone, total, out=np.zeros_like(total), where=total > 0)
    return share


def tones_present(pcm: Pcm, rate: int, frequencies: Iterable[float]) -> dict[float, float]:
    """Share (0 to 1) of the whole sound's energy that lies at each frequency, silence left out.

    Two equally loud tones mixed into one recording have about 0.5 each; white noise has about 0.01 anywhere.
    """
    energy, bin_hz = _spectra(pcm, rate)
    total = float(energy.sum())
    found: dict[float, float] = {}
    for hz in frequencies:
        middle = round(hz / bin_hz)
        at_tone = float(energy[:, max(middle - 2, 0) : middle + 3].sum())
        found[hz] = at_tone / total if total else 0.0
    return found


def seconds_heard(pcm: Pcm, hz: float, rate: int = RATE, share: float = TONE_SHARE) -> float:
    """The longest time without a break (one bad window of 50 ms is forgiven) that the tone was there."""
    energy, bin_hz = _spectra(pcm, rate)
    longest = run = misses = 0
    for there in _share_per_window(energy, bin_hz, hz) >= share:
        if there:
            run, misses = run + 1 + misses, 0
        elif misses or not run:
            run = misses = 0
        else:
            misses = 1
        longest = max(longest, run)
    return longest * HOP_SECONDS


def hears(pcm: Pcm, freq: float, at_least_seconds: float = 0.5, rate: int = RATE) -> bool:
    """Whether the tone sounds for at least that long in one piece."""
    return seconds_heard(pcm, freq, rate) >= at_least_seconds - HOP_SECONDS - 1e-9


def loudest(pcm: Pcm, count: int = 3, rate: int = RATE) -> list[int]:
    """The strongest frequencies in Hz, strongest first: what a failing test should say it heard instead."""
    energy, bin_hz = _spectra(pcm, rate)
    spectrum = energy.sum(axis=0)
    found: list[int] = []
    while len(found) < count and spectrum.size and spectrum.max() > 0:
        peak = int(spectrum.argmax())
        found.append(round(peak * bin_hz))
        spectrum[max(peak - 3, 0) : peak + 4] = 0
    return found


def rms(pcm: Pcm) -> float:
    """Loudness as root mean square; 0 for nothing at all."""
    return float(np.sqrt(np.mean(pcm.astype(np.float64) ** 2))) if len(pcm) else 0.0


def read_wav(path: Path | str) -> tuple[Pcm, int]:
    """Samples and rate of a 16-bit or 8-bit PCM WAV: shape (n,) for mono, (n, 2) for stereo."""
    with wave.open(str(path), "rb") as file:
        data = file.readframes(file.getnframes())
        width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
    if width == 1:
        pcm = ((np.frombuffer(data, dtype=np.uint8).astype(np.int16) - 128) * 256).astype(np.int16)
    elif width == 2:
        pcm = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16)
    else:
        raise ValueError(f"{path}: {8 * width}-bit samples; 8 or 16 bits are read")
    return (pcm if channels == 1 else pcm.reshape(-1, channels)), rate


def write_wav(path: Path | str, pcm: Pcm, rate: int = RATE) -> None:
    """16-bit PCM, mono for shape (n,), as many channels as columns otherwise."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if pcm.ndim == 1 else pcm.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.astype("<i2").tobytes())
