"""site show, set: the settings in contactcenter.toml."""

import click

from contactcenter.changes import Item
from contactcenter.cli.changing import dry_run_option, print_items
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_fields, print_json
from contactcenter.config import Settings, flat, shown, with_setting, write_settings
from contactcenter.configuration.editing import words_of
from contactcenter.errors import SiteError
from contactcenter.store.changes import record_alone

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
    values = shown(context.settings)
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
    """Change settings, all of them or none; restart the site for them: contactcenter down, then up.

    Example: contactcenter site set service.warning_days=45 fallback.on_call=1001,1002
    """
    before = after = context.settings
    for name, value in words_of(settings, flat(before)).items():
        after = with_setting(after, name, value)
    change_settings(context, before, after, dry_run=dry_run, as_json=as_json)


def change_settings(
    context: Context, before: Settings, after: Settings, *, dry_run: bool, as_json: bool, undoes: int | None = None
) -> None:
    """Writes the file and the audit log, and says what differs."""
    old, new, said_old, said_new = flat(before), flat(after), shown(before), shown(after)
    items = tuple(
        Item(SITE, name, {"value": said_old[name]}, {"value": said_new[name]}) for name in new if old[name] != new[name]
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
