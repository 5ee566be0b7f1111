"""A caller leaves a message instead of waiting."""

import contextlib

from contactcenter.bus import CallNotes
from contactcenter.errors import CallerGone
from contactcenter.events import VoiceMessageLeft
from contactcenter.phone import Phone
from contactcenter.recording.errors import RecordingError
from contactcenter.recording.recorder import Recorder
from contactcenter.recording.save import note_failure

MOST_SECONDS = 180.0
LEAST_SECONDS = 1.0


async def take_voice_message(phone: Phone, recorder: Recorder, note: CallNotes) -> bool:
    """Asks for a message and keeps it; whether there is one. It is kept also when the caller just hangs up after it.

    One that can't be saved stays where Asterisk wrote it, with an alarm. Raises CallerGone.
    """
    await phone.play("voice-message-ask")
    file = recorder.message_part(note.call)
    with contextlib.suppress(CallerGone):
        await phone.take_message(file, MOST_SECONDS)
    if recorder.length(file) < LEAST_SECONDS:
        file.unlink(missing_ok=True)
        return False
    try:
        saved = await recorder.save_message(note.call, note.now())
    except RecordingError as error:
        note_failure(error, note)
    else:
        note(VoiceMessageLeft, path=saved.path, seconds=saved.seconds, key=saved.key)
    return True
