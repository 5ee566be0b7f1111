"""Two mono parts, as Asterisk writes them, become one stereo file under a name that tells the day and the call."""

import asyncio
import contextlib
import logging
import os
import re
import shutil
import wave
from array import array
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from contactcenter.errors import ContactCenterError
from contactcenter.ids import CallId

log = logging.getLogger(__name__)

FRAMES_AT_ONCE = 8000 * 2
"""What stays in a processor's cache is joined twice as fast as ten seconds at once."""
WAV_HEADER = 44
RIFF_LENGTH = 4
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

    def has_parts(self, call: CallId) -> bool:
        """Whether there is something to save of that call."""
        return any(part.exists() for part in self.parts(call))

    def left(self) -> list[CallId]:
        """The calls that there are parts of."""
        return [CallId(file.name.removesuffix("-caller.wav")) for file in sorted(self._parts.glob("*-caller.wav"))]

    def low_on_space(self) -> str:
        """A sentence when the disk is nearly full, else ""."""
        free = shutil.disk_usage(self.folder).free
        return f"only {free / 1e6:.0f} MB are free for recordings in {self.folder}" if free < ENOUGH_FREE_BYTES else ""

    def message_path(self, call: CallId, at: datetime) -> str:
        """Where a voice message goes, within the folder."""
        return f"{at:%Y/%m/%d}/{_safe(call)}-message.wav"

    def length(self, file: Path) -> float:
        """Seconds of sound in a file that Asterisk has closed; 0.0 when there is none."""
        try:
            with wave.open(str(file)) as sound:
                return round(float(sound.getnframes() / sound.getframerate()), 3)
        except (OSError, wave.Error, EOFError):
            return 0.0

    async def save(self, call: CallId, answered_at: datetime, patience: float = 10.0) -> tuple[str, float]:
        """Joins the parts once Asterisk has closed them: (path within the folder, seconds). Left: caller, right: agent.

        Parts that did not grow for `patience` seconds and are not closed were left by an Asterisk that was killed: what is there is joined.
        Raises RecordingError when a part is missing (Asterisk makes it with the first sound), is still growing then, or can't be joined, and
        when neither has any sound: such parts are gone then.
        """
        files = self.parts(call)
        path = f"{answered_at:%Y/%m/%d}/{_safe(call)}.wav"
        with contextlib.ExitStack() as opened:
            parts = _open(files, opened)
            try:
                await _wait_until_closed(parts, patience)
                seconds = await asyncio.to_thread(_join, parts, self.folder / path)
            except (OSError, wave.Error, EOFError) as error:
                with contextlib.suppress(OSError):
                    (self.folder / path).with_suffix(".part").unlink(missing_ok=True)
                raise RecordingError(f"recording of call {call} could not be saved: {error}") from error
        with contextlib.suppress(OSError):
            for file in files:
                file.unlink()
        return path, seconds


def _open(files: tuple[Path, Path], opened: contextlib.ExitStack) -> list[BinaryIO]:
    """Opened once, the parts can be looked at as often as it takes for almost nothing."""
    parts: list[BinaryIO] = []
    missing = []
    for file in files:
        try:
            parts.append(opened.enter_context(file.open("rb")))
        except FileNotFoundError:
            missing.append(file.name)
        except OSError as error:
            raise RecordingError(f"no recording: {file.name} can't be read: {error.strerror}") from error
    if missing:
        raise RecordingError(f"no recording: Asterisk wrote no {' and no '.join(missing)}")
    return parts


async def _wait_until_closed(parts: list[BinaryIO], patience: float) -> None:
    """Asterisk writes the length into the header when it closes a file: until then header and size differ."""
    before = _sizes(parts)
    try:
        async with asyncio.timeout(patience):
            while not all(_closed(part.fileno()) for part in parts):  # noqa: ASYNC110 (a file has no event)
                await asyncio.sleep(0.05)
    except TimeoutError:
        if _sizes(parts) == before and max(before) <= WAV_HEADER:
            _remove(parts)  # there is nothing to try again with
            raise RecordingError("no recording: neither side was heard") from None
        if _sizes(parts) != before or min(before) < WAV_HEADER:
            raise RecordingError(f"no recording: not closed by Asterisk after {patience:.0f} s") from None
        for part, size in zip(parts, before, strict=True):
            _close(Path(part.name), size)


def _sizes(parts: list[BinaryIO]) -> list[int]:
    return [os.fstat(part.fileno()).st_size for part in parts]


def _remove(parts: list[BinaryIO]) -> None:
    for part in parts:
        Path(part.name).unlink(missing_ok=True)


def _close(part: Path, size: int) -> None:
    """As Asterisk would have: whole samples, and their length in both places of the header."""
    sound = (size - WAV_HEADER) & ~1
    with part.open("r+b") as out:
        out.truncate(WAV_HEADER + sound)
        for at, length in ((RIFF_LENGTH, sound + WAV_HEADER - 8), (WAV_HEADER - 4, sound)):
            out.seek(at)
            out.write(length.to_bytes(4, "little"))


def _closed(part: int) -> bool:
    size = os.fstat(part).st_size - WAV_HEADER
    return size > 0 and int.from_bytes(os.pread(part, 4, WAV_HEADER - 4), "little") == size


def _join(parts: list[BinaryIO], target: Path) -> float:
    """Interleaves two mono 16-bit files of one rate, filling the shorter with silence; the target appears when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    left, right = wave.Wave_read(parts[0]), wave.Wave_read(parts[1])
    rate = left.getframerate()
    if {part.getparams()[:3] for part in (left, right)} != {(1, 2, rate)}:
        raise wave.Error("the parts are not 16 bit mono of one rate")
    with wave.open(str(unfinished), "wb") as out:
        out.setparams((2, 2, rate, max(left.getnframes(), right.getnframes()), "NONE", ""))
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
        out.writeframesraw(both)
        frames += count


def _safe(call: CallId) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", call)
