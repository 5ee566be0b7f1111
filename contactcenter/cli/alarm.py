"""alarm list."""

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.moments import parse_moment
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.store.alarms import AlarmRepository

COLUMNS = (("time", "at"), ("alarm", "name"), ("call", "call"), ("agent", "agent"), ("what happened", "detail"))


@click.group()
def alarm() -> None:
    """Alarms: what somebody has to look at."""


@alarm.command("list")
@click.argument("name", default="")
@click.option("--since", metavar="MOMENT", help='Only those from then on, such as "2026-12-31 18:05".')
@click.option("--limit", type=click.IntRange(1, 2**31 - 1), help="Only the newest so many.")
@json_option
@pass_context
def list_alarms(context: Context, name: str, since: str | None, limit: int | None, as_json: bool) -> None:
    """Every alarm, or those of one NAME, the newest first.

    Example: contactcenter alarm list recording_failed --since 2026-12-31
    """
    moment = parse_moment(since).replace(tzinfo=context.zone) if since else None
    rows = context.read(lambda database: AlarmRepository(database).all(limit, since=moment, name=name))
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS, context.zone, "no alarms")
