"""audit list, show; undo."""

from typing import Any

import click

from contactcenter.changes import Change
from contactcenter.cli.changing import change, dry_run_option, plain_item, print_items, yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.customer_output import make
from contactcenter.cli.output import json_option, print_fields, print_json, print_table, say
from contactcenter.cli.settings import SITE, change_settings
from contactcenter.config import flat, with_setting
from contactcenter.configuration.difference import ORDERS, backwards, with_items
from contactcenter.configuration.kinds import KINDS
from contactcenter.dialplan import check_configuration, prompts
from contactcenter.errors import BadInput, NotFound
from contactcenter.prompts import KIND as PROMPT
from contactcenter.prompts import take_back
from contactcenter.store.changes import AuditRepository, record_alone

LARGEST = 2**31 - 1
"""The largest whole number that the database takes."""
COLUMNS = (
    ("number", "number"),
    ("at", "at"),
    ("who", "who"),
    ("from", "origin"),
    ("things", "items"),
    ("command", "command"),
    ("undone by", "undone_by"),
)


@click.group()
def audit() -> None:
    """The log of all changes: who, when, from where, before and after."""


@audit.command("list")
@click.option("--limit", type=click.IntRange(1, LARGEST), default=30, show_default=True)
@click.option("--of", default=None, help="Only changes of this thing, such as support or 1001.")
@json_option
@pass_context
def list_changes(context: Context, limit: int, of: str | None, as_json: bool) -> None:
    """The newest changes first.

    Example: contactcenter audit list --of support
    """
    rows = context.read(lambda database: AuditRepository(database).latest(limit, of))
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no changes yet")


@audit.command()
@click.argument("number", type=click.IntRange(1, LARGEST))
@json_option
@pass_context
def show(context: Context, number: int, as_json: bool) -> None:
    """One change with everything before and after.

    Example: contactcenter audit show 12
    """
    found = context.read(lambda database: AuditRepository(database).change(number))
    if found is None:
        raise NotFound(f"there is no change {number}. See: contactcenter audit list")
    if as_json:
        print_json({**_fields(found), "items": [plain_item(item) for item in found.items]})
        return
    print_fields(_fields(found), context.zone)
    say()
    print_items(found.items)


@click.command()
@yes_option
@dry_run_option
@json_option
@pass_context
def undo(context: Context, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Take the last change back; said again, the one before it.

    Example: contactcenter undo --dry-run
    """
    last = context.read(lambda database: AuditRepository(database).change())
    if last is None:
        raise BadInput("there is nothing to take back.")
    items = backwards(last.items)
    if not as_json:
        say(
            f"change {last.number}, {last.at.astimezone(context.zone):%Y-%m-%d %H:%M}, {last.author.who}: "
            f"{last.author.command}"
        )
    if not (yes or dry_run):
        click.confirm("Take it back?", abort=True)
    if items[0].kind == PROMPT:
        _undo_prompt(context, last, dry_run=dry_run, as_json=as_json)
        return
    if items[0].kind == SITE:
        settings = context.settings
        if since := [item.key for item in items if flat(settings)[item.key] != (item.before or {})["value"]]:
            raise BadInput(f"{since[0]} was changed since; nothing was taken back.")
        for item in items:
            settings = with_setting(settings, item.key, (item.after or {})["value"])
        change_settings(context, context.settings, settings, dry_run=dry_run, as_json=as_json, undoes=last.number)
        return
    if any(item.kind not in {*KINDS, *ORDERS} for item in items):
        author = context.author
        make(
            context,
            lambda book, now: book.undo(last, author, now, dry_run=dry_run),
            dry_run=dry_run,
            as_json=as_json,
        )
        return
    change(context, lambda now: with_items(now, items), dry_run=dry_run, as_json=as_json, undoes=last.number)


def _undo_prompt(context: Context, last: Change, *, dry_run: bool, as_json: bool) -> None:
    (item,) = last.items
    if item.before is None:
        language, _, name = item.key.partition("/")
        left = {each: names - {name} if each == language else names for each, names in prompts(context.site).items()}
        check_configuration(context.configuration(), left)
    made = take_back(context.site, item, dry_run=dry_run)
    if not dry_run:
        context.read(lambda database: record_alone(database, context.author, (made,), last.number))
    if as_json:
        print_json({"changed": [plain_item(made)], "dry_run": dry_run})
    else:
        print_items((made,))


def _fields(change: Change) -> dict[str, Any]:
    return {
        "number": change.number,
        "at": change.at,
        "who": change.author.who,
        "from": change.author.origin,
        "command": change.author.command,
        "undone_by": change.undone_by,
        "undoes": change.undoes,
    }
