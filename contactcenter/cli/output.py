"""Tables for people, JSON for programs."""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from contactcenter.printable import printable, printable_json

json_option = click.option("--json", "as_json", is_flag=True, help="JSON for programs.")


def print_json(value: Any) -> None:
    click.echo(printable_json(json.dumps(value, ensure_ascii=False, indent=2, default=plain_value)))


def say(text: str = "", *, err: bool = False) -> None:
    """A line for people. What customers, callers and files gave to it can't move the cursor."""
    click.echo(printable(text), err=err)


def print_table(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[tuple[str, str]],
    zone: ZoneInfo,
    empty: str,
) -> None:
    """columns: (heading, key) in order. Numbers stand right; times are shown in the site's zone."""
    rows = list(rows)
    if not rows:
        click.echo(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading, key in columns:
        numeric = any(isinstance(row[key], (int, float)) and not isinstance(row[key], bool) for row in rows)
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=key in {"id", "number"})
    for row in rows:
        table.add_row(*(text(row[key], zone) for _, key in columns))
    console().print(table)


def print_fields(fields: Mapping[str, Any], zone: ZoneInfo) -> None:
    """One thing, a line for each of its fields."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(name, text(value, zone))
    console().print(table)


def console() -> Console:
    """As wide as the terminal; 160 columns where there is none, so that pipes get whole lines."""
    width = None if sys.stdout.isatty() else 160
    return Console(width=width, highlight=False, markup=False)


def text(value: Any, zone: ZoneInfo) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _is_time(value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(text(item, zone) for item in value) or "-"
    return printable(str(value))


def _is_time(value: str) -> bool:
    return re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", value) is not None


def plain_value(value: Any) -> str:
    """What JSON has no form for, as text."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
