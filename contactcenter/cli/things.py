"""The verbs that all kinds of configuration have: add, set, remove, show, list."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from contactcenter.cli.changing import change, dry_run_option, yes_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_fields, print_json, print_table
from contactcenter.configuration.editing import added, changed, find, without, words_of
from contactcenter.configuration.kinds import SECRET, Kind

Columns = Sequence[tuple[str, str]]


def verbs(group: click.Group, kind: Kind[Any], example_key: str, example: str, change_example: str) -> None:
    """Gives a noun its add, set and remove. example, change_example: SETTING=VALUE words."""
    add_verb(group, kind, f"contactcenter {kind.name} add {example_key} {example}")
    set_verb(group, kind, f"contactcenter {kind.name} set {example_key} {change_example}")
    remove_verb(group, kind, f"contactcenter {kind.name} remove {example_key}")


def add_verb(group: click.Group, kind: Kind[Any], example: str) -> None:
    @group.command("add", help=f"Add a {kind.name}.\n\n{_fields(kind)}\n\nExample: {example}")
    @click.argument("key", metavar=kind.key.upper())
    @click.argument("settings", nargs=-1, metavar="[SETTING=VALUE]...")
    @dry_run_option
    @json_option
    @pass_context
    def add(context: Context, key: str, settings: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
        words = words_of(settings, kind.fields)
        change(context, lambda now: added(now, kind, key, words), dry_run=dry_run, as_json=as_json)


def set_verb(group: click.Group, kind: Kind[Any], example: str, more: str = "") -> None:
    @group.command(
        "set",
        help=f"Change settings of a {kind.name}, all of them or none.{more}\n\n{_fields(kind)}\n\nExample: {example}",
    )
    @click.argument("key", metavar=kind.key.upper())
    @click.argument("settings", nargs=-1, required=True, metavar="SETTING=VALUE...")
    @dry_run_option
    @json_option
    @pass_context
    def set_(context: Context, key: str, settings: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
        words = words_of(settings, kind.fields)
        change(context, lambda now: changed(now, kind, key, words), dry_run=dry_run, as_json=as_json)


def remove_verb(group: click.Group, kind: Kind[Any], example: str) -> None:
    @group.command(
        "remove", help=f"Take a {kind.name} out; refused while another thing needs it.\n\nExample: {example}"
    )
    @click.argument("key", metavar=kind.key.upper())
    @yes_option
    @dry_run_option
    @json_option
    @pass_context
    def remove(context: Context, key: str, yes: bool, dry_run: bool, as_json: bool) -> None:
        find(context.configuration(), kind, key)
        ask = "" if yes else f"Remove {kind.name} {key}?"
        change(context, lambda now: without(now, kind, key), dry_run=dry_run, as_json=as_json, ask=ask)


def list_verb(group: click.Group, kind: Kind[Any], columns: Columns, row: Callable[[Any], dict[str, Any]]) -> None:
    @group.command("list", help=f"Every {kind.name}.\n\nExample: contactcenter {kind.name} list")
    @json_option
    @pass_context
    def list_(context: Context, as_json: bool) -> None:
        rows = [row(thing) for thing in getattr(context.configuration(), kind.section).values()]
        if as_json:
            print_json(rows)
        else:
            print_table(rows, columns, context.zone, f"no {kind.section}")


def show_verb(group: click.Group, kind: Kind[Any], example_key: str) -> None:
    @group.command(
        "show", help=f"Every setting of a {kind.name}.\n\nExample: contactcenter {kind.name} show {example_key}"
    )
    @click.argument("key", metavar=kind.key.upper())
    @json_option
    @pass_context
    def show(context: Context, key: str, as_json: bool) -> None:
        values = shown(kind, find(context.configuration(), kind, key))
        if as_json:
            print_json(values)
        else:
            print_fields(values, context.zone)


def shown(kind: Kind[Any], thing: Any) -> dict[str, Any]:
    """Every field of a thing but its secrets."""
    return {
        kind.key: getattr(thing, kind.key),
        **{name: value for name, value in kind.plain(thing).items() if name not in SECRET},
    }


def _fields(kind: Kind[Any]) -> str:
    return f"Settings: {', '.join(sorted(kind.fields))}. docs/admin.md tells what they mean."
