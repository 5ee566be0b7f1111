"""A recorder that keeps no sound, for dry runs: it knows of each conversation only how long it was."""

import os
from datetime import datetime
from pathlib import Path

from contactcenter.ids import CallId
from contactcenter.recording.recorder import Recorder, RecordingError


class SilentRecorder(Recorder):
    """Touches no disk. `keep` is the Tape of its FakePhones."""

    def __init__(self) -> None:
        self.folder = Path(os.devnull)
        self._parts = self.folder / "parts"
        self._seconds: dict[tuple[Path, Path], float] = {}

    def keep(self, caller: Path, agent: Path, seconds: float) -> None:
        self._seconds[caller, agent] = seconds

    def low_on_space(self) -> str:
        return ""

    async def save(self, call: CallId, answered_at: datetime, patience: float = 10.0) -> tuple[str, float]:  # noqa: ARG002
        seconds = self._seconds.pop(self.parts(call), None)
        if seconds is None:
            raise RecordingError(f"no recording: nothing of call {call} was kept")
        return f"{answered_at:%Y/%m/%d}/{call}.wav", seconds
