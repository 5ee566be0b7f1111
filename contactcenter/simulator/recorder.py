"""Where simulated conversations are recorded: nowhere but for their length, or as silence in real files."""

import os
import wave
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from contactcenter.ids import CallId
from contactcenter.recording.errors import RecordingError
from contactcenter.recording.recorder import Recorder, Saved

Tape = Callable[[Path, Path, float], None]
"""Is told at the end of a recorded conversation: the caller's part, the agent's part, seconds."""


class SilentRecorder(Recorder):
    """Touches no disk. `keep` is the Tape of its FakePhones."""

    def __init__(self) -> None:
        self.folder, self._keys = Path(os.devnull), None
        self._parts = self.folder / "parts"
        self._seconds: dict[tuple[Path, Path], float] = {}

    def keep(self, caller: Path, agent: Path, seconds: float) -> None:
        self._seconds[caller, agent] = seconds

    def low_on_space(self) -> str:
        return ""

    async def save(self, call: CallId, answered_at: datetime, patience: float = 10.0) -> Saved:  # noqa: ARG002
        seconds = self._seconds.pop(self.parts(call), None)
        if seconds is None:
            raise RecordingError(f"no recording: nothing of call {call} was kept")
        return Saved(f"{answered_at:%Y/%m/%d}/{call}.wav", seconds)


def write_silence(caller: Path, agent: Path, seconds: float) -> None:
    """A Tape that leaves on disk what Asterisk would: two closed 8 kHz mono files of the conversation's length."""
    for part in (caller, agent):
        with wave.open(str(part), "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            out.writeframes(bytes(2 * max(1, round(8000 * seconds))))
