"""recording list, export, save, delete, deletions; the keys are in recording_keys.py."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import click

from contactcenter.cli.changing import yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.clock import SystemClock
from contactcenter.errors import BadInput, NotFound, SiteError
from contactcenter.events import RecordingDeleted, RecordingSaved, VoiceMessageLeft
from contactcenter.ids import CallId
from contactcenter.recording.deleting import delete_file
from contactcenter.recording.errors import RecordingError
from contactcenter.recording.keys import Key, keys_in, read_key
from contactcenter.recording.ports import Kept
from contactcenter.recording.recorder import Recorder
from contactcenter.recording.rekeying import identities_of
from contactcenter.recording.sealing import sound_of
from contactcenter.store.history import HistoryRepository
from contactcenter.store.recordings import RecordingRepository

COLUMNS = (
    ("call", "call_id"),
    ("saved", "saved_at"),
    ("agent", "agent"),
    ("company", "company"),
    ("caller", "caller"),
    ("seconds", "seconds"),
    ("encrypted", "encrypted"),
    ("file", "path"),
)
DELETIONS = (
    ("deleted", "at"),
    ("call", "call"),
    ("file", "path"),
    ("why", "why"),
    ("by", "by"),
    ("gone", "gone"),
    ("sha256", "sha256"),
)


@click.group()
def recording() -> None:
    """Recordings: both voices in stereo, the caller on the left. And voice messages."""


@recording.command("list")
@json_option
@pass_context
def list_recordings(context: Context, as_json: bool) -> None:
    """Every recording and voice message, the newest first; files are in the site's recordings folder.

    Example: contactcenter recording list
    """
    rows = context.read(lambda database: RecordingRepository(database).all())
    if as_json:
        print_json([{**row, "file": str(context.site.recordings / row["path"])} for row in rows])
    else:
        print_table(rows, COLUMNS, context.zone, "no recordings yet")


@recording.command()
@click.argument("call")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--message", is_flag=True, help="The voice message, where a call has both.")
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="A key file that is kept elsewhere.")
@pass_context
def export(context: Context, call: str, file: Path, message: bool, key: Path | None) -> None:
    """Write the recording of a call, decrypted, into a new FILE that only you can read.

    Example: contactcenter recording export 1795500000.42 /tmp/call.wav
    """
    found = _of(context, call)
    kept = next((one for one in found if "-message.wav" in one.path), found[0]) if message else found[0]
    keys = (*keys_in(context.site.recording_keys), *((read_key(key),) if key else ()))
    write_sound(context.site.recordings / kept.path, keys, file)
    click.echo(f"the recording of call {call} is in {file}.")


@recording.command()
@click.argument("call")
@pass_context
def save(context: Context, call: str) -> None:
    """Save what is still in parts/: of a call that is over, whose recording could not be saved then. The alarm recording_failed told why.

    Example: contactcenter recording save 1795500000.42
    """
    record = context.read(lambda database: HistoryRepository(database).call(CallId(call)))
    if record is None or record["ended_at"] is None:
        raise BadInput(f"call {call} is not over, or is none. See: contactcenter call list")
    keys = context.site.recording_keys if context.settings.recording.encrypt else None
    recorder, at = Recorder(context.site.recordings, keys), record["answered_at"] or record["ended_at"]
    message = recorder.message_part(CallId(call)).is_file()
    saving = recorder.save_message(CallId(call), at) if message else recorder.save(CallId(call), at)
    path, seconds, key = asyncio.run(saving)
    kind = VoiceMessageLeft if message else RecordingSaved
    context.record([kind(at=SystemClock().now(), call=CallId(call), path=path, seconds=seconds, key=key)])
    click.echo(f"{path} has {seconds:.0f} seconds.")


@recording.command()
@click.argument("call")
@yes_option
@pass_context
def delete(context: Context, call: str, yes: bool) -> None:
    """Delete what was recorded of a call, for ever; that it was, and by whom, stays known.

    Example: contactcenter recording delete 1795500000.42
    """
    found = _of(context, call)
    if not yes:
        click.confirm(f"Delete {' and '.join(one.path for one in found)}?", abort=True)
    for kept in found:
        sha256 = delete_file(context.site.recordings, kept.path)
        now, who = SystemClock().now(), context.author.who
        context.record([RecordingDeleted(at=now, call=kept.call, path=kept.path, why="person", by=who, sha256=sha256)])
        click.echo(f"{kept.path} is deleted.")


@recording.command()
@json_option
@pass_context
def deletions(context: Context, as_json: bool) -> None:
    """What was deleted, when, by what rule or whom, and whether the file is really gone. why: retention (keep_days was over), person
    (recording delete) or erased (personal data). sha256: of the file as it was deleted.

    Example: contactcenter recording deletions
    """
    rows = context.read(lambda database: RecordingRepository(database).deletions(context.site.recordings))
    if as_json:
        print_json(rows)
    else:
        print_table(rows, DELETIONS, context.zone, "nothing was deleted yet")


def _of(context: Context, call: str) -> list[Kept]:
    found = context.read(lambda database: RecordingRepository(database).there(CallId(call)))
    if not found:
        raise NotFound(f"call {call} has no recording. See: contactcenter recording list, recording deletions")
    return found


def write_sound(source: Path, keys: Sequence[Key], file: Path) -> None:
    """A recording, decrypted, into a new file that only its owner can read: whole or not at all."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInput(f"{file} is there already. Name another file.") from None
    except OSError as error:
        raise SiteError(f"{file} can't be written: {error.strerror}.") from None
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.writelines(sound_of(source, identities_of(keys)))
    except BaseException as error:
        file.unlink()
        if isinstance(error, OSError):
            raise SiteError(f"{error.filename or file}: {error.strerror or error}.") from None
        if isinstance(error, RecordingError):
            raise RecordingError(f"{source.name}: {error}") from None
        raise
