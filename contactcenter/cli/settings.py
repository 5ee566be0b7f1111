"""site show, set, move-database: the settings in contactcenter.toml."""

import asyncio
import os

import click
from rich.console import Console

from contactcenter.changes import Item
from contactcenter.cli.changing import dry_run_option, print_items
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_fields, print_json
from contactcenter.config import Settings, flat, read_secrets, with_setting, write_secrets, write_settings
from contactcenter.configuration.editing import words_of
from contactcenter.errors import SiteError
from contactcenter.store.changes import record_alone
from contactcenter.store.database import open_database
from contactcenter.store.moving import move
from contactcenter.supervisor import running

SITE = "site"
"""The kind of such changes in the audit log."""


@click.group("site")
def site_settings() -> None:
    """The site's own settings: addresses, ports, region; in force from the next start on."""


@site_settings.command()
@json_option
@pass_context
def show(context: Context, as_json: bool) -> None:
    """Every setting; contactcenter.toml says beside each what it means. No secret is shown.

    Example: contactcenter site show
    """
    values = flat(context.settings)
    if as_json:
        print_json(values)
    else:
        print_fields(values, context.zone)


@site_settings.command("set")
@click.argument("settings", nargs=-1, required=True, metavar="SETTING=VALUE...")
@dry_run_option
@json_option
@pass_context
def set_(context: Context, settings: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Change settings, all of them or none; they hold from `contactcenter restart` on, those of sip, ports and asterisk from the next `up`.

    Example: contactcenter site set service.warning_days=45 fallback.on_call=1001,1002
    """
    before = after = context.settings
    for name, value in words_of(settings, flat(before)).items():
        after = with_setting(after, name, value)
    change_settings(context, before, after, dry_run=dry_run, as_json=as_json)


@site_settings.command("move-database")
@click.argument("url")
@pass_context
def move_database(context: Context, url: str) -> None:
    """Move all that the site knows into an empty database at URL, with the site down; its password is read from PGPASSWORD.

    The old database stays as it is.

    Example: contactcenter site move-database postgresql://contactcenter@localhost/contactcenter
    """
    site, before, secrets = context.site, context.settings, read_secrets(context.site.path)
    after = with_setting(before, "database", url)
    password = os.environ.get("PGPASSWORD") or secrets.database_password
    secrets = secrets.model_copy(update={"database_password": password})
    if running(site):
        raise SiteError(f"{site.path} is up. End it first: contactcenter down")
    with site.locked("up"):
        target = site.database_url(after, secrets)
        with Console(stderr=True).status("moving the database"):
            count = move(site.database_url(before), target)
        write_secrets(site.path, secrets)
        write_settings(site.path, after)
    item = Item(SITE, "database", {"value": before.database}, {"value": after.database})
    asyncio.run(_record(target, context, item))
    click.echo(f"{count} rows are moved. Start the site: contactcenter up")


async def _record(url: str, context: Context, item: Item) -> None:
    database = open_database(url)
    try:
        await record_alone(database, context.author, [item])
    finally:
        await database.dispose()


def change_settings(
    context: Context, before: Settings, after: Settings, *, dry_run: bool, as_json: bool, undoes: int | None = None
) -> None:
    """Writes the file and the audit log, and says what differs."""
    old, new = flat(before), flat(after)
    items = tuple(
        Item(SITE, name, {"value": old[name]}, {"value": new[name]}) for name in new if old[name] != new[name]
    )
    if items and not dry_run:
        try:
            write_settings(context.site.path, after)
        except OSError as error:
            raise SiteError(f"{context.site.path} can't be written: {error.strerror}.") from None
        context.read(lambda database: record_alone(database, context.author, items, undoes))
    if as_json:
        print_json(
            {"changed": [{"key": i.key, "before": i.before, "after": i.after} for i in items], "dry_run": dry_run}
        )
        return
    print_items(items)
    if not items:
        click.echo("nothing changes: it is so already.")
    else:
        click.echo("nothing was changed (--dry-run)." if dry_run else "in force when the site is started again.")
