"""person export, erase: all that is known of one caller."""

import json
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from contactcenter.cli.changing import dry_run_option, yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, plain_value, print_json
from contactcenter.cli.progress import progress
from contactcenter.clock import SystemClock
from contactcenter.customers.numbers import normalise
from contactcenter.errors import BadInput, SiteError
from contactcenter.events import RecordingDeleted
from contactcenter.ids import CallId
from contactcenter.privacy.logs import lines_with, replace_in
from contactcenter.privacy.person import Person, Pseudonym
from contactcenter.recording.deleting import delete_file
from contactcenter.recording.errors import RecordingError
from contactcenter.recording.keys import Key, keys_in, read_key
from contactcenter.recording.rekeying import identities_of
from contactcenter.recording.sealing import SEALED, sound_of
from contactcenter.store.persons import PersonRepository, plain_person

WHO = click.argument("who")


@click.group()
def person() -> None:
    """All that is known of one caller: handed over, or erased.

    WHO: a phone number, or the id of a contact (contactcenter contact list). A number of a contact means that contact, with all numbers.
    """


@person.command()
@WHO
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="A key file that is kept elsewhere.")
@pass_context
def export(context: Context, who: str, file: Path, key: Path | None) -> None:
    """Write everything about one caller into a new FILE.zip that only you can read: contact, calls with every fact, tickets, callbacks as
    JSON; recordings, decrypted; lines of log files.

    Example: contactcenter person export 13800000001 /tmp/caller.zip
    """
    found = _find(context, who)
    there = context.read(lambda database: PersonRepository(database).everything(found))
    keys = (*keys_in(context.site.recording_keys), *((read_key(key),) if key else ()))
    logs = [f"{name}: {line}" for name, line in lines_with(context.site.log, _pseudonym(context, found))]
    documents = {
        "person.json": json.dumps(plain_person(found), ensure_ascii=False, indent=2),
        **{
            f"{name}.json": json.dumps(rows, ensure_ascii=False, indent=2, default=plain_value)
            for name, rows in there.items()
        },
        "log-lines.txt": "".join(f"{line}\n" for line in logs),
    }
    kept = [row["path"] for row in there["recordings"] if row["deleted_at"] is None]
    if missing := [path for path in kept if not (context.site.recordings / path).is_file()]:
        documents["missing-recordings.txt"] = "".join(f"{path}\n" for path in missing)
        click.echo(f"{len(missing)} recordings have no file, such as {missing[0]}.", err=True)
    kept = [path for path in kept if path not in missing]
    with progress("writing") as tick:
        _write(file, documents, context.site.recordings, kept, keys, tick)
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in there.items())
    click.echo(f"{file} has what is known of {who}: {counts}, {len(logs)} lines of logs.")


@person.command()
@WHO
@yes_option
@dry_run_option
@json_option
@pass_context
def erase(context: Context, who: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Erase one caller, for ever: the contact is taken out, recordings are deleted, and a pseudonym takes the place of number and name in
    calls, facts, tickets, callbacks, the audit log, CDR and queue_log, so that every figure stays. Backups are yours to delete.

    Example: contactcenter person erase 13800000001 --dry-run
    """
    found = _find(context, who)
    pseudonym = _pseudonym(context, found)
    there = context.read(lambda database: PersonRepository(database).everything(found))
    kept = [row for row in there["recordings"] if row["deleted_at"] is None]
    would = _erase_rows(context, found, pseudonym, dry_run=True)
    would |= {"recordings": len(kept), "log lines": sum(1 for _ in lines_with(context.site.log, pseudonym))}
    if dry_run:
        _tell(who, pseudonym, would, dry_run=True, as_json=as_json)
        return
    if not yes:
        summary = ", ".join(f"{count} {name}" for name, count in would.items())
        click.confirm(f"Erase {_shown(found, who)} for ever? {summary}", abort=True, err=as_json)
    _delete_recordings(context, kept)
    replace_in(context.site.log, pseudonym)
    done = _erase_rows(context, found, pseudonym, dry_run=False)
    context.forget()
    _tell(who, pseudonym, {**would, **done}, dry_run=False, as_json=as_json)


def _find(context: Context, who: str) -> Person:
    number = normalise(who, context.settings.region)
    if not number and not (who.isascii() and who.isdecimal() and int(who) < 2**31):
        raise BadInput(f"{who[:40]!r} is neither a phone number nor the id of a contact.")
    contact = None if number else int(who)
    return context.read(lambda database: PersonRepository(database).find(number, contact))


def _pseudonym(context: Context, found: Person) -> Pseudonym:
    return Pseudonym(found, context.settings.region)


def _erase_rows(context: Context, found: Person, pseudonym: Pseudonym, *, dry_run: bool) -> dict[str, int]:
    author = replace(context.author, command="person erase ***")
    webhooks, now = bool(context.settings.crm.webhook_url), SystemClock().now()
    return context.read(
        lambda database: PersonRepository(database, webhooks=webhooks).erase(
            found, pseudonym, author, now, dry_run=dry_run
        )
    )


def _delete_recordings(context: Context, kept: Sequence[dict[str, Any]]) -> None:
    """Each with its fact at once: interrupted, nothing that is gone is unknown."""
    who = context.author.who
    with progress("deleting recordings") as tick:
        for number, row in enumerate(kept, 1):
            sha256 = delete_file(context.site.recordings, row["path"])
            now, call = SystemClock().now(), CallId(row["call_id"])
            context.record([RecordingDeleted(at=now, call=call, path=row["path"], why="erased", by=who, sha256=sha256)])
            tick(number, len(kept))


def _write(
    file: Path,
    documents: dict[str, str],
    folder: Path,
    recordings: Sequence[str],
    keys: Sequence[Key],
    tick: Callable[[int, int], None],
) -> None:
    """Whole or not at all."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInput(f"{file} is there already. Name another file.") from None
    except OSError as error:
        raise SiteError(f"{file} can't be written: {error.strerror}.") from None
    path = ""
    try:
        with os.fdopen(descriptor, "w+b") as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in documents.items():
                archive.writestr(name, text)
            for number, path in enumerate(recordings, 1):
                with archive.open(f"recordings/{path.removesuffix(SEALED)}", "w", force_zip64=True) as target:
                    target.writelines(sound_of(folder / path, identities_of(keys)))
                tick(number, len(recordings))
    except BaseException as error:
        file.unlink()
        if isinstance(error, OSError):
            raise SiteError(f"{error.filename or file}: {error.strerror or error}.") from None
        if isinstance(error, RecordingError):
            raise RecordingError(f"{path}: {error}") from None
        raise


def _shown(found: Person, who: str) -> str:
    if found.contact is None or found.company is None:
        return who
    return f"{found.contact.name or 'the contact'} of {found.company.name} ({', '.join(found.numbers) or 'no number'})"


def _tell(who: str, pseudonym: Pseudonym, counts: dict[str, int], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({"pseudonym": None if dry_run else pseudonym.name, "rows": counts, "dry_run": dry_run})
        return
    for name, count in counts.items():
        click.echo(f"{count:>6} {name}")
    click.echo(
        "nothing was changed (--dry-run)." if dry_run else f"{who} is erased: {pseudonym.name} stands for it now."
    )
