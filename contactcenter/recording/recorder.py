"""Two mono parts, as Asterisk writes them, become one stereo file under a name that tells the day and the call; encrypted if wanted."""

import asyncio
import contextlib
import logging
import os
import re
import shutil
import struct
import wave
from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from contactcenter.ids import CallId
from contactcenter.recording.errors import KeyProblem, RecordingError
from contactcenter.recording.keys import keys_in
from contactcenter.recording.sealing import SEALED, seal

log = logging.getLogger(__name__)

FRAMES_AT_ONCE = 8000 * 2
"""What stays in a processor's cache is joined twice as fast as ten seconds at once."""
WAV_HEADER = 44
PIECE = 1 << 16
RIFF_LENGTH = 4
ENOUGH_FREE_BYTES = 200_000_000


class Saved(NamedTuple):
    """path: within the folder. seconds: of sound. key: the public key that it is encrypted for, "" for none."""

    path: str
    seconds: float
    key: str = ""


class Recorder:
    """Owns a site's recordings folder: parts/ while a call goes on, YYYY/MM/DD/CALL.wav afterwards, CALL.wav.age when encrypted.

    keys: the folder of the keys to encrypt for; None: recordings are not encrypted.
    """

    def __init__(self, folder: Path, keys: Path | None = None) -> None:
        self.folder, self._keys = folder, keys
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

    def free_bytes(self) -> int:
        """Room on its disk. Raises OSError."""
        return shutil.disk_usage(self.folder).free

    def low_on_space(self) -> str:
        """A sentence when the disk is nearly full, else "". Raises OSError."""
        free = self.free_bytes()
        return f"only {free / 1e6:.0f} MB are free for recordings in {self.folder}" if free < ENOUGH_FREE_BYTES else ""

    def message_part(self, call: CallId) -> Path:
        """Where Asterisk writes a voice message."""
        return self._parts / f"{_safe(call)}-message.wav"

    def length(self, file: Path) -> float:
        """Seconds of sound in a file that Asterisk has closed; 0.0 when there is none."""
        try:
            with wave.open(str(file)) as sound:
                return round(float(sound.getnframes() / sound.getframerate()), 3)
        except (OSError, wave.Error, EOFError):
            return 0.0

    async def save(self, call: CallId, answered_at: datetime, patience: float = 10.0) -> Saved:
        """Joins the parts once Asterisk has closed them. Left: caller, right: agent.

        Parts that did not grow for `patience` seconds and are not closed were left by an Asterisk that was killed: what is there is joined.
        Raises RecordingError when a part is missing (Asterisk makes it with the first sound), is still growing then, or can't be joined, and
        when neither has any sound: such parts are gone then. KeyProblem when there is no key to encrypt for; the parts stay then.
        """
        files = self.parts(call)
        with contextlib.ExitStack() as opened:
            parts = _open(files, opened)
            try:
                await _wait_until_closed(parts, patience)
            except OSError as error:
                raise RecordingError(f"recording of call {call} could not be saved: {error}") from error
            saved = await asyncio.to_thread(self._join, call, parts, f"{answered_at:%Y/%m/%d}/{_safe(call)}.wav")
        with contextlib.suppress(OSError):
            for file in files:
                file.unlink()
        return saved

    async def save_message(self, call: CallId, at: datetime) -> Saved:
        """Keeps a voice message that Asterisk has closed. Raises RecordingError, KeyProblem; the part stays then."""
        part = self.message_part(call)
        seconds, path = self.length(part), f"{at:%Y/%m/%d}/{_safe(call)}-message.wav"

        def keep() -> Saved:
            with _told(call), part.open("rb") as source:
                return self._write(path, iter(lambda: source.read(PIECE), b""), seconds)

        saved = await asyncio.to_thread(keep)
        with contextlib.suppress(OSError):
            part.unlink()
        return saved

    def _join(self, call: CallId, parts: list[BinaryIO], path: str) -> Saved:
        with _told(call):
            left, right = wave.Wave_read(parts[0]), wave.Wave_read(parts[1])
            rate, frames = left.getframerate(), max(left.getnframes(), right.getnframes())
            if {part.getparams()[:3] for part in (left, right)} != {(1, 2, rate)}:
                raise wave.Error("the parts are not 16 bit mono of one rate")
            return self._write(path, _joined(left, right, rate, frames), round(frames / rate, 3))

    def _write(self, path: str, sound: Iterable[bytes], seconds: float) -> Saved:
        """The file appears when it is whole. The newest key counts, as it is now."""
        key = self._newest_key()
        target = self.folder / (path + (SEALED if key else ""))
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".part")
        try:
            with unfinished.open("wb") as out:
                if key:
                    seal(sound, out, key)
                else:
                    out.writelines(sound)
            unfinished.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
        return Saved(str(target.relative_to(self.folder)), seconds, key)

    def _newest_key(self) -> str:
        """Raises KeyProblem rather than that something is saved unencrypted."""
        if self._keys is None:
            return ""
        keys = keys_in(self._keys)
        if not keys:
            raise KeyProblem(f"there is no key in {self._keys}. Make one: contactcenter recording key new")
        return keys[-1].public


@contextlib.contextmanager
def _told(call: CallId) -> Iterator[None]:
    """Whatever goes wrong with a file as RecordingError."""
    try:
        yield
    except KeyProblem as error:
        raise KeyProblem(f"recording of call {call} is kept as parts, it can't be encrypted: {error}") from error
    except (OSError, wave.Error, EOFError) as error:
        raise RecordingError(f"recording of call {call} could not be saved: {error}") from error


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


def _joined(left: wave.Wave_read, right: wave.Wave_read, rate: int, frames: int) -> Iterator[bytes]:
    """A stereo WAV of two mono ones of 16 bit, the shorter filled with silence; a few seconds at a time, so that long calls need no memory."""
    size = 4 * frames
    shape = (16, 1, 2, rate, 4 * rate, 4, 16)
    yield struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", size + 36, b"WAVE", b"fmt ", *shape, b"data", size)
    while True:
        voices = [array("h", part.readframes(FRAMES_AT_ONCE)) for part in (left, right)]
        count = max(len(voice) for voice in voices)
        if count == 0:
            return
        both = array("h", bytes(4 * count))
        for channel, voice in enumerate(voices):
            both[channel : 2 * len(voice) : 2] = voice
        yield both.tobytes()


def _safe(call: CallId) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", call)
