"""recording key new, list, drop; recording rekey."""

from collections.abc import Callable
from pathlib import Path

import click

from contactcenter.cli.changing import yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.cli.progress import progress
from contactcenter.cli.recording import recording
from contactcenter.clock import SystemClock
from contactcenter.errors import BadInput, NotFound, SiteError
from contactcenter.events import RecordingRekeyed
from contactcenter.recording.errors import RecordingError
from contactcenter.recording.keys import Key, keys_in, new_key
from contactcenter.recording.rekeying import forget_plain, rekey_file
from contactcenter.store.database import Database
from contactcenter.store.recordings import RecordingRepository
from contactcenter.store.writer import write_facts

COLUMNS = (
    ("key", "name"),
    ("made", "made"),
    ("in use", "newest"),
    ("private key here", "private"),
    ("recordings", "recordings"),
    ("public key", "public"),
)


@recording.group()
def key() -> None:
    """Keys that recordings are encrypted for. `contactcenter site set recording.encrypt=true` has new ones encrypted."""


@key.command()
@pass_context
def new(context: Context) -> None:
    """Make a key; recordings saved from now on are encrypted for it, older ones stay readable.

    Example: contactcenter recording key new
    """
    try:
        made = new_key(context.site.recording_keys, SystemClock().now().astimezone(context.zone))
    except OSError as error:
        raise SiteError(f"{error.filename} can't be written: {error.strerror}.") from None
    click.echo(f"{made.file} is the key for new recordings: {made.public}")
    click.echo("Keep a copy of it elsewhere: without it, nobody ever hears them again. It is in each backup.")
    if not context.settings.recording.encrypt:
        click.echo("Recordings are not encrypted yet: contactcenter site set recording.encrypt=true")


@key.command("list")
@json_option
@pass_context
def list_keys(context: Context, as_json: bool) -> None:
    """Every key, the oldest first, and how many recordings need it.

    Example: contactcenter recording key list
    """
    keys = keys_in(context.site.recording_keys)
    needed = context.read(lambda database: RecordingRepository(database).needed())
    rows = [
        {
            "name": one.file.stem,
            "made": one.made,
            "newest": one is keys[-1],
            "private": one.identity is not None,
            "recordings": needed.pop(one.public, 0),
            "public": one.public,
        }
        for one in keys
    ]
    plain = needed.pop("", 0)
    if as_json:
        print_json({"keys": rows, "not_encrypted": plain, "missing_keys": needed})
        return
    print_table(rows, COLUMNS, context.zone, "no keys yet. Make one: contactcenter recording key new")
    if plain:
        click.echo(f"not encrypted: {plain}. Encrypt them: contactcenter recording rekey")
    for public, count in needed.items():
        click.echo(f"for a key that is not here, {public}: {count}")


@key.command()
@click.argument("name", metavar="KEY")
@yes_option
@pass_context
def drop(context: Context, name: str, yes: bool) -> None:
    """Delete a key that no recording needs any more: after `recording rekey`.

    Example: contactcenter recording key drop 0001
    """
    keys = keys_in(context.site.recording_keys)
    found = next((one for one in keys if one.file.stem == name), None)
    if found is None:
        raise NotFound(f"there is no key {name}. See: contactcenter recording key list")
    needing = context.read(lambda database: RecordingRepository(database).needed()).get(found.public, 0)
    if needing:
        raise BadInput(f"key {name} is needed by recordings: {needing}. First: contactcenter recording rekey")
    if found is keys[-1] and context.settings.recording.encrypt:
        raise BadInput(f"key {name} is the one for new recordings. First: contactcenter recording key new")
    if not yes:
        click.confirm(f"Delete {found.file}? A backup with recordings that need it can't be read without.", abort=True)
    try:
        found.file.unlink()
    except OSError as error:
        raise SiteError(f"{found.file} can't be deleted: {error.strerror}.") from None
    click.echo(f"key {name} is deleted.")


@recording.command()
@pass_context
def rekey(context: Context) -> None:
    """Encrypt every recording for the newest key, also those that are not encrypted. Interrupted, it goes on when said again.

    Example: contactcenter recording rekey
    """
    keys = keys_in(context.site.recording_keys)
    if not keys:
        raise BadInput("there is no key. Make one: contactcenter recording key new")
    with progress("encrypting") as tick:
        done, already, failed = context.read(lambda database: _rekey(database, context.site.recordings, keys, tick))
    context.forget()
    click.echo(f"encrypted for key {keys[-1].file.stem}: {done}; already: {already}.")
    if failed:
        raise RecordingError(f"left as they were: {len(failed)}; {failed[0]}")


async def _rekey(
    database: Database, folder: Path, keys: tuple[Key, ...], tick: Callable[[int, int], None]
) -> tuple[int, int, list[str]]:
    """How many were encrypted, how many were so already, and what kept others from it."""
    newest, kept = keys[-1].public, await RecordingRepository(database).there()
    done, already, failed = 0, 0, []
    for number, one in enumerate(kept, 1):
        tick(number, len(kept))
        if one.key == newest:
            forget_plain(folder, one.path)  # what an interrupted `rekey` left
            already += 1
            continue
        try:
            path = rekey_file(folder, one.path, keys)
        except RecordingError as error:
            failed.append(str(error))
            continue
        now = SystemClock().now()
        await write_facts(database, [RecordingRekeyed(at=now, call=one.call, before=one.path, path=path, key=newest)])
        forget_plain(folder, path)
        done += 1
    return done, already, failed
