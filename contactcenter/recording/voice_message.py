"""A caller leaves a message instead of waiting."""

import contextlib

from contactcenter.bus import CallNotes
from contactcenter.errors import CallerGone
from contactcenter.events import VoiceMessageLeft
from contactcenter.phone import Phone
from contactcenter.recording.recorder import Recorder

MOST_SECONDS = 180.0
LEAST_SECONDS = 1.0


async def take_voice_message(phone: Phone, recorder: Recorder, note: CallNotes) -> bool:
    """Asks for a message and keeps it; whether there is one. It is kept also when the caller just hangs up after it.

    Raises CallerGone.
    """
    await phone.play("voice-message-ask")
    path = recorder.message_path(note.call, note.now())
    file = recorder.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(CallerGone):
        await phone.take_message(file, MOST_SECONDS)
    seconds = recorder.length(file)
    if seconds < LEAST_SECONDS:
        file.unlink(missing_ok=True)
        return False
    note(VoiceMessageLeft, path=path, seconds=seconds)
    return True
