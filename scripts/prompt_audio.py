"""From what a voice model or a synthesiser gives to what a telephone wants: 8 kHz, level, without clicks.

Loudness is in LUFS (ITU-R BS.1770, by pyloudnorm), peaks are in dBFS; audio is mono, floats of -1 to 1.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyloudnorm
import soxr
from scipy.ndimage import minimum_filter1d
from scipy.signal import butter, sosfilt

if TYPE_CHECKING:
    Audio = np.ndarray[Any, np.dtype[np.float64]]

MODEL_RATE = 24_000
RATE = 8_000
PEAK = -3.0  # dBFS
HIGH_PASS = 120.0  # Hz
SILENCE = -45.0  # dB under the loudest 10 ms


def envelope(audio: Audio, rate: int) -> Audio:
    """Level of each 10 ms in dB relative to the loudest 10 ms."""
    frame = rate // 100
    frames = audio[: len(audio) // frame * frame].reshape(-1, frame)
    power = np.maximum(np.mean(frames**2, axis=1), 1e-12)
    level: Audio = 10 * np.log10(power / power.max())
    return level


def telephone(audio: Audio) -> Audio:
    """High-pass and resample from the model's rate to the telephone's."""
    filtered = sosfilt(butter(4, HIGH_PASS, "highpass", fs=MODEL_RATE, output="sos"), audio)
    resampled: Audio = soxr.resample(filtered, MODEL_RATE, RATE, quality="VHQ")
    return resampled


def trim(audio: Audio, margin: float) -> Audio:
    """Leave `margin` seconds around the speech, faded so that nothing clicks."""
    loud = np.flatnonzero(envelope(audio, RATE) > SILENCE)
    frame, edge = RATE // 100, round(margin * RATE)
    start, end = loud[0] * frame, (loud[-1] + 1) * frame
    padded = np.pad(audio, edge)[start : end + 2 * edge].copy()
    fade = np.sin(np.linspace(0, np.pi / 2, edge)) ** 2
    padded[:edge] *= fade
    padded[-edge:] *= fade[::-1]
    return padded


def loudness(audio: Audio) -> float:
    """Integrated loudness in LUFS; a short clip is measured as if it were said over and over."""
    if len(audio) < RATE:
        audio = np.tile(audio, -(-RATE // len(audio)))
    return float(pyloudnorm.Meter(RATE).integrated_loudness(audio))


def limit(audio: Audio) -> Audio:
    """Keep every sample under PEAK by a gain that looks 5 ms ahead and moves smoothly."""
    ceiling = 10 ** ((PEAK - 0.05) / 20)
    reach = RATE // 200
    gain = np.minimum(1.0, ceiling / np.maximum(np.abs(audio), 1e-9))
    gain = minimum_filter1d(np.pad(gain, reach, constant_values=1.0), 2 * reach + 1)
    window = np.hanning(2 * reach + 3)[1:-1]
    smooth = np.convolve(gain, window / window.sum(), mode="same")[reach:-reach]
    limited: Audio = audio * smooth
    return limited


def level(audio: Audio, target: float) -> Audio:
    """Bring to a loudness under the limiter: what the limiter takes is given back until both hold."""
    gain = target - loudness(audio)
    limited = audio
    for _ in range(12):
        limited = limit(audio * 10 ** (gain / 20))
        missing = target - loudness(limited)
        if abs(missing) < 0.05:
            break
        gain += missing
    return limited


def write(path: Path, audio: Audio) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(audio * 32767).astype("<i2").tobytes())
