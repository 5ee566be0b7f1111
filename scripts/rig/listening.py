"""Did this caller hear that prompt? The prompt's own file is looked for in what came over RTP."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import numpy as np

from rig.sound import read_wav

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from rig.media import MediaPeer

ALIKE = 0.8
"""Normalised cross-correlation that counts as heard: G.711 leaves above 0.95, other speech stays below 0.3."""
CLIP_SECONDS = 0.8


def likeness(pcm: NDArray[np.int16], clip: NDArray[np.int16]) -> float:
    """The highest normalised cross-correlation of a clip with any stretch of a sound: 1 for the same, near 0 for another."""
    if len(pcm) < len(clip):
        return 0.0
    sound, wanted = pcm.astype(float), clip.astype(float)
    size = 1 << (len(sound) + len(wanted) - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size)), size)[
        : len(sound) - len(wanted) + 1
    ]
    energy = np.concatenate(([0.0], np.cumsum(sound**2)))
    windows = np.sqrt(np.maximum(energy[len(wanted) :] - energy[: -len(wanted)], 1.0))
    return float(np.max(product / (windows * np.sqrt(np.sum(wanted**2)))))


def heard_prompt(pcm: NDArray[np.int16], file: Path) -> bool:
    """Whether the loudest CLIP_SECONDS of a prompt's file are in a sound."""
    prompt, _ = read_wav(file)
    length = min(len(prompt), int(CLIP_SECONDS * 8000))
    energy = np.convolve(prompt.astype(float) ** 2, np.ones(length), mode="valid")
    start = int(np.argmax(energy))
    return likeness(pcm, prompt[start : start + length]) >= ALIKE


async def wait_prompt(media: MediaPeer, file: Path, timeout: float = 15.0, since: float | None = None) -> None:
    """Until the prompt was heard. since: only what came after that moment (monotonic). Raises TimeoutError."""
    end = time.monotonic() + timeout
    while not heard_prompt(media.heard_between(since), file):
        if time.monotonic() > end:
            raise TimeoutError(f"{file.name} was not heard within {timeout} s, {len(media.heard) / 8000:.1f} s came")
        await asyncio.sleep(0.2)
