"""alarm list."""

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.store.history import HistoryRepository

COLUMNS = (("time", "at"), ("alarm", "name"), ("call", "call"), ("agent", "agent"), ("what happened", "detail"))


@click.group()
def alarm() -> None:
    """Alarms: what somebody has to look at."""


@alarm.command("list")
@click.option("--limit", type=click.IntRange(1, 2**31 - 1), help="Only the newest so many.")
@json_option
@pass_context
def list_alarms(context: Context, limit: int | None, as_json: bool) -> None:
    """Every alarm, the newest first.

    Example: contactcenter alarm list --limit 20
    """
    rows = context.read(lambda database: HistoryRepository(database).alarms(limit))
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no alarms")
