"""Saves the recording of a conversation that is over."""

from datetime import datetime

from contactcenter.bus import CallNotes
from contactcenter.events import AlarmRaised, RecordingFailed, RecordingSaved
from contactcenter.recording.recorder import Recorder, RecordingError


async def save_recording(recorder: Recorder, answered_at: datetime, note: CallNotes) -> None:
    """Notes where the recording is, or that there is none and why, with an alarm."""
    try:
        path, seconds = await recorder.save(note.call, answered_at)
    except RecordingError as error:
        note(RecordingFailed, why=str(error))
        note(AlarmRaised, name="recording_failed", detail=str(error))
    else:
        note(RecordingSaved, path=path, seconds=seconds)
