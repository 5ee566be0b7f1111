"""backup FILE, backup check; restore."""

from pathlib import Path
from typing import Any

import click

from contactcenter.backup.archive import Head
from contactcenter.backup.make import make_backup
from contactcenter.backup.restore import check_backup, restore_backup
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json
from contactcenter.cli.progress import progress

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
MAKE = "make"


class FileOrVerb(click.Group):
    """`backup FILE` stands for `backup make FILE`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        verb = next((word for word in args if not word.startswith("-")), None)
        if verb is not None and verb not in self.commands:
            args = [MAKE, *args]
        return super().parse_args(ctx, args)


@click.group(cls=FileOrVerb, options_metavar="FILE |")
def backup() -> None:
    """The whole site in one file, also while it is up: contactcenter backup FILE.

    \b
    Examples:
      contactcenter backup /backup/center.tar.gz
      contactcenter backup check /backup/center.tar.gz
    """  # noqa: D301 (click takes the backspace as: leave these lines as they are)


@backup.command()
@FILE
@click.option("--recordings", is_flag=True, help="With the recordings.")
@json_option
@pass_context
def make(context: Context, file: Path, recordings: bool, as_json: bool) -> None:
    """Write database, settings, secrets, dialplans, sounds and your own Asterisk configuration into FILE, a .tar.gz that only you
    can read. Calls go on.

    `make` may be left out.

    Example: contactcenter backup make /backup/center.tar.gz --recordings
    """
    with progress("saving") as tick:
        head = make_backup(context.site, file, recordings=recordings, tick=tick)
    _tell(head, f"{file} has the site as it is now", as_json)


@backup.command()
@FILE
@json_option
def check(file: Path, as_json: bool) -> None:
    """Prove a backup: every file by its SHA-256, the database whole, with the rows that were counted.

    Example: contactcenter backup check /backup/center.tar.gz
    """
    with progress("checking") as tick:
        head = check_backup(file, tick)
    _tell(head, f"{file} is whole", as_json)


@click.command()
@FILE
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="The new site's folder.")
@click.option("--database", default="", metavar="URL", help="Of a PostgreSQL site: an empty database to restore into.")
@json_option
def restore(file: Path, folder: Path, database: str, as_json: bool) -> None:
    """Make a site out of a backup, whole or not at all. It is checked first; an older database is migrated by the next `up`.

    Example: contactcenter restore /backup/center.tar.gz --to /srv/center
    """
    with progress("restoring") as tick:
        site, head = restore_backup(file, folder, database=database, tick=tick)
    _tell(head, f"{site.path} is a site now. Start it: contactcenter --site {site.path} up", as_json)


def _tell(head: Head, sentence: str, as_json: bool) -> None:
    if as_json:
        values: dict[str, Any] = head.model_dump(mode="json")
        print_json(values)
        return
    with_recordings = "with" if head.recordings else "without"
    click.echo(
        f"{sentence}\n{head.site}, {head.made_at:%Y-%m-%d %H:%M} UTC, contactcenter {head.version}, database {head.revision}: "
        f"{head.files} files, {head.size / 1e6:.1f} MB, {sum(head.rows.values())} rows, {with_recordings} recordings"
    )
