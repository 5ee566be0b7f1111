"""Two mono parts, as Asterisk writes them, become one stereo file under a name that tells the day and the call."""

import asyncio
import contextlib
import logging
import re
import shutil
import wave
from array import array
from datetime import datetime
from pathlib import Path

from contactcenter.errors import ContactCenterError
from contactcenter.ids import CallId

log = logging.getLogger(__name__)

FRAMES_AT_ONCE = 8000 * 10
WAV_HEADER = 44
ENOUGH_FREE_BYTES = 200_000_000


class RecordingError(ContactCenterError):
    """A recording could not be saved. The conversation is not touched."""


class Recorder:
    """Owns a site's recordings folder: parts/ while a call goes on, YYYY/MM/DD/CALL.wav afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts = folder / "parts"
        self._parts.mkdir(parents=True, exist_ok=True)

    def parts(self, call: CallId) -> tuple[Path, Path]:
        """Where Asterisk writes (the caller's voice, the agent's voice) of a call."""
        return self._parts / f"{_safe(call)}-caller.wav", self._parts / f"{_safe(call)}-agent.wav"

    def low_on_space(self) -> str:
        """A sentence when the disk is nearly full, else ""."""
        free = shutil.disk_usage(self.folder).free
        return f"only {free / 1e6:.0f} MB are free for recordings in {self.folder}" if free < ENOUGH_FREE_BYTES else ""

    async def save(self, call: CallId, answered_at: datetime, patience: float = 10.0) -> tuple[str, float]:
        """Joins the parts once Asterisk has closed them: (path within the folder, seconds). Left: caller, right: agent.

        Raises RecordingError when a part is missing (Asterisk makes it with the first sound), is not closed within `patience` seconds, or can't be joined.
        """
        parts = self.parts(call)
        await _wait_until_closed(parts, patience)
        path = f"{answered_at:%Y/%m/%d}/{_safe(call)}.wav"
        try:
            seconds = await asyncio.to_thread(_join, parts, self.folder / path)
        except (OSError, wave.Error, EOFError) as error:
            with contextlib.suppress(OSError):
                (self.folder / path).with_suffix(".part").unlink(missing_ok=True)
            raise RecordingError(f"recording of call {call} could not be saved: {error}") from error
        with contextlib.suppress(OSError):
            for part in parts:
                part.unlink()
        return path, seconds


async def _wait_until_closed(parts: tuple[Path, Path], patience: float) -> None:
    """Asterisk writes the length into the header when it closes a file: until then header and size differ."""
    if missing := [part.name for part in parts if not part.exists()]:
        raise RecordingError(f"no recording: Asterisk wrote no {' and no '.join(missing)}")
    try:
        async with asyncio.timeout(patience):
            while not all(_closed(part) for part in parts):  # noqa: ASYNC110 (a file has no event)
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise RecordingError(f"no recording: not closed by Asterisk after {patience:.0f} s") from None


def _closed(part: Path) -> bool:
    try:
        size = part.stat().st_size
        with part.open("rb") as file:
            header = file.read(WAV_HEADER)
    except FileNotFoundError:
        return False
    return size > WAV_HEADER and int.from_bytes(header[40:44], "little") == size - WAV_HEADER


def _join(parts: tuple[Path, Path], target: Path) -> float:
    """Interleaves two mono 16-bit files of one rate, filling the shorter with silence; the target appears when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    with wave.open(str(parts[0])) as left, wave.open(str(parts[1])) as right:
        rate = left.getframerate()
        if {part.getparams()[:3] for part in (left, right)} != {(1, 2, rate)}:
            raise wave.Error("the parts are not 16 bit mono of one rate")
        with wave.open(str(unfinished), "wb") as out:
            out.setparams((2, 2, rate, 0, "NONE", ""))
            frames = _interleave(left, right, out)
    unfinished.replace(target)
    return round(float(frames / rate), 3)


def _interleave(left: wave.Wave_read, right: wave.Wave_read, out: wave.Wave_write) -> int:
    """How many frames were written; a few seconds at a time, so that long calls need no memory."""
    frames = 0
    while True:
        voices = [array("h", part.readframes(FRAMES_AT_ONCE)) for part in (left, right)]
        count = max(len(voice) for voice in voices)
        if count == 0:
            return frames
        both = array("h", bytes(4 * count))
        for channel, voice in enumerate(voices):
            both[channel : 2 * len(voice) : 2] = voice
        out.writeframes(both.tobytes())
        frames += count


def _safe(call: CallId) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", call)
