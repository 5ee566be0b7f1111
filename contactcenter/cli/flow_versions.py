"""flow list, publish, history, diff, rollback, remove: which text is in force, and which was."""

import difflib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import click

from contactcenter.changes import Change
from contactcenter.cli.changing import change, dry_run_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.flow import flow, flows_with
from contactcenter.cli.output import json_option, print_json, print_table, say
from contactcenter.cli.things import remove_verb
from contactcenter.configuration.editing import find, with_flows
from contactcenter.configuration.kinds import FLOW
from contactcenter.configuration.models import FlowText
from contactcenter.dialplan import prompts, spoken_texts
from contactcenter.errors import NotFound
from contactcenter.ivr.yaml_lines import read_text
from contactcenter.printable import printable
from contactcenter.store.changes import AuditRepository

COLUMNS = (("flow", "name"), ("version", "version"), ("hotlines", "hotlines"), ("file", "file"))
HISTORY = (
    ("version", "version"),
    ("at", "at"),
    ("who", "who"),
    ("lines", "lines"),
    ("change", "change"),
    ("command", "command"),
)


@flow.command("list")
@json_option
@pass_context
def list_flows(context: Context, as_json: bool) -> None:
    """Every published flow, who hears it first, and whether its file differs.

    Example: contactcenter flow list
    """
    configuration = context.configuration()
    rows = [
        {
            "name": name,
            "version": published.version,
            "hotlines": [hotline.number for hotline in configuration.hotlines.values() if hotline.flow == name],
            "file": _compared(context.site.dialplans / f"{name}.yaml", published),
        }
        for name, published in configuration.flows.items()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no flows")


@flow.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@dry_run_option
@json_option
@pass_context
def publish(context: Context, files: tuple[Path, ...], dry_run: bool, as_json: bool) -> None:
    """Put flows in force, proved first, all of them or none; the next call hears them, calls under way stay on their version.

    Example: contactcenter flow publish ~/center/dialplans/main.yaml
    """
    flows_with(context.configuration(), files, prompts(context.site), spoken_texts(context.site))
    texts = {file.stem: read_text(file) for file in files}
    made = change(context, partial(with_flows, texts=texts), dry_run=dry_run, as_json=as_json)
    if made.items and not as_json and not dry_run:
        for name in texts:
            say(f"{name} is at version {made.configuration.flows[name].version}.")


@flow.command()
@click.argument("name")
@json_option
@pass_context
def history(context: Context, name: str, as_json: bool) -> None:
    """Every version of a flow, the newest first.

    Example: contactcenter flow history main
    """
    versions = _versions(context, name)
    rows = [
        {
            "version": version,
            "at": made.at if made else None,
            "who": made.author.who if made else "",
            "lines": text.count("\n"),
            "change": made.number if made else None,
            "command": made.author.command if made else "",
        }
        for version, (text, made) in sorted(versions.items(), reverse=True)
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, HISTORY, context.zone, "no versions")


@flow.command("diff")
@click.argument("name")
@click.argument("first", metavar="[VERSION|FILE]", required=False)
@click.argument("second", metavar="[VERSION|FILE]", required=False)
@pass_context
def diff_flow(context: Context, name: str, first: str | None, second: str | None) -> None:
    """Compare two versions of a flow, or a version and a file; the version in force and its file if nothing is said.

    Example: contactcenter flow diff main 1 2
    """
    versions = _versions(context, name)
    newest = str(max(versions))
    first, second = first or newest, second or (newest if first else str(context.site.dialplans / f"{name}.yaml"))
    texts = [_text(versions, name, which) for which in (first, second)]
    old, new = (text.splitlines(keepends=True) for text in texts)
    lines = difflib.unified_diff(old, new, f"{name} {first}", f"{name} {second}")
    click.echo("".join(_coloured(lines)) or f"{name}: {first} and {second} are the same.\n", nl=False)


@flow.command()
@click.argument("name")
@click.argument("version", type=int, required=False)
@dry_run_option
@json_option
@pass_context
def rollback(context: Context, name: str, version: int | None, dry_run: bool, as_json: bool) -> None:
    """Put an older version in force again, as a new one; the one before if none is named.

    Example: contactcenter flow rollback main 3
    """
    versions = _versions(context, name)
    wanted = version if version is not None else max(versions) - 1
    text = _text(versions, name, str(wanted))
    made = change(context, partial(with_flows, texts={name: text}), dry_run=dry_run, as_json=as_json)
    if made.items and not as_json and not dry_run:
        say(f"{name} is at version {made.configuration.flows[name].version}, with the text of version {wanted}.")


remove_verb(flow, FLOW, "contactcenter flow remove night")


def _versions(context: Context, name: str) -> dict[int, tuple[str, Change | None]]:
    """Version -> its text, and the change that published it; None for the one that the site began with. Raises NotFound."""
    changes = context.read(lambda database: AuditRepository(database).versions(FLOW.name, name))
    versions: dict[int, tuple[str, Change | None]] = {}
    for made in changes:
        (item,) = made.items
        if item.before is not None:
            versions.setdefault(item.before["version"], (item.before["text"], None))
        if item.after is not None:
            versions.setdefault(item.after["version"], (item.after["text"], made))
    published: FlowText | None = context.configuration().flows.get(name)
    if published is not None:
        versions.setdefault(published.version, (published.text, None))
    if not versions:
        find(context.configuration(), FLOW, name)
    return versions


def _text(versions: dict[int, tuple[str, Any]], name: str, which: str) -> str:
    if not which.isdecimal():
        return read_text(Path(which))
    if int(which) not in versions:
        raise NotFound(f"flow {name} has no version {which}. See: contactcenter flow history {name}")
    return versions[int(which)][0]


def _compared(file: Path, published: FlowText) -> str:
    if not file.is_file():
        return "no file"
    return "as published" if file.read_text(encoding="utf-8", errors="replace") == published.text else "differs"


def _coloured(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[0])
        yield click.style(printable(line), fg=colour) if colour else printable(line)
