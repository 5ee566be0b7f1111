"""Saves the recording of a conversation that is over."""

from datetime import datetime

from contactcenter.bus import CallNotes
from contactcenter.events import AlarmRaised, RecordingFailed, RecordingSaved
from contactcenter.recording.errors import RecordingError
from contactcenter.recording.recorder import Recorder


async def save_recording(recorder: Recorder, answered_at: datetime, note: CallNotes) -> None:
    """Notes where the recording is, or that there is none and why, with an alarm."""
    try:
        saved = await recorder.save(note.call, answered_at)
    except RecordingError as error:
        note_failure(error, note)
    else:
        note(RecordingSaved, path=saved.path, seconds=saved.seconds, key=saved.key)


def note_failure(error: RecordingError, note: CallNotes) -> None:
    note(RecordingFailed, why=str(error))
    note(AlarmRaised, name="recording_failed", detail=str(error))
