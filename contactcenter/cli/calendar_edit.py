"""calendar add, set, special, season, holidays, close, reopen, remove."""

from collections.abc import Callable
from pathlib import Path

import click

from contactcenter.cli.calendar import calendar
from contactcenter.cli.changing import change, dry_run_option
from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option
from contactcenter.cli.things import remove_verb
from contactcenter.clock import SystemClock
from contactcenter.configuration.editing import find, with_thing
from contactcenter.configuration.kinds import CALENDAR
from contactcenter.configuration.models import Configuration
from contactcenter.errors import BadInput
from contactcenter.hours import edit
from contactcenter.hours.calendar import Calendar
from contactcenter.hours.plain import read_day, read_month_day, read_timezone, read_until
from contactcenter.hours.span import parse_days, parse_spans
from contactcenter.hours.table import read_table
from contactcenter.ivr.yaml_lines import read_text


@calendar.command()
@click.argument("name")
@click.option("--timezone", default="", help="Such as Asia/Shanghai; the site's if it is left out.")
@click.option("--holidays", default="", help="A country's holidays are closed, such as CN.")
@dry_run_option
@json_option
@pass_context
def add(context: Context, name: str, timezone: str, holidays: str, dry_run: bool, as_json: bool) -> None:
    """Add a calendar; it is closed until it has hours.

    Example: contactcenter calendar add workdays --timezone Asia/Shanghai --holidays CN
    """
    zone = timezone or context.settings.timezone

    def operation(now: Configuration) -> Configuration:
        if name in now.calendars:
            raise BadInput(f"calendar {name} is there already. See: contactcenter calendar show {name}")
        made = CALENDAR.read(name, {"timezone": zone, "weekly": {}, **({"holidays": holidays} if holidays else {})})
        return with_thing(now, CALENDAR, name, made)

    change(context, operation, dry_run=dry_run, as_json=as_json)


@calendar.command("set")
@click.argument("name")
@click.argument("days")
@click.argument("hours", nargs=-1)
@click.option("--timezone", default="", help="Another time zone.")
@dry_run_option
@json_option
@pass_context
def set_(
    context: Context, name: str, days: str, hours: tuple[str, ...], timezone: str, dry_run: bool, as_json: bool
) -> None:
    """Set the hours of days of the week; no HOURS: closed on them.

    Example: contactcenter calendar set workdays mon-fri 09:00-12:00 13:30-18:00
    """

    def edited(before: Calendar) -> Calendar:
        after = edit.weekly_set(before, parse_days(days), parse_spans(hours))
        if not timezone:
            return after
        read_timezone(timezone)
        return CALENDAR.read(name, {**CALENDAR.plain(after), "timezone": timezone})

    _edit(context, name, edited, dry_run, as_json)


@calendar.command()
@click.argument("name")
@click.argument("day")
@click.argument("hours", nargs=-1)
@click.option("--title", default="", help="What day it is.")
@click.option("--remove", is_flag=True, help="The day is as any other again.")
@dry_run_option
@json_option
@pass_context
def special(
    context: Context,
    name: str,
    day: str,
    hours: tuple[str, ...],
    title: str,
    remove: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Give one day hours of its own; no HOURS: closed on it.

    Example: contactcenter calendar special workdays 2026-12-31 09:00-12:00 --title 年终盘点
    """

    def edited(before: Calendar) -> Calendar:
        if remove:
            return edit.special_remove(before, read_day(day))
        return edit.special_set(before, read_day(day), parse_spans(hours), title)

    _edit(context, name, edited, dry_run, as_json)


@calendar.command()
@click.argument("name")
@click.argument("season")
@click.argument("hours", nargs=-1)
@click.option("--from", "start", default="", help="The first day, month-day, such as 07-01.")
@click.option("--until", "end", default="", help="The last day, such as 08-31.")
@click.option("--days", default="mon-fri", show_default=True, help="The days of the week that have these hours.")
@click.option("--remove", is_flag=True, help="Take the season out.")
@dry_run_option
@json_option
@pass_context
def season(
    context: Context,
    name: str,
    season: str,
    hours: tuple[str, ...],
    start: str,
    end: str,
    days: str,
    remove: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Give a part of the year a week of its own. Said again with other --days, it adds their hours.

    Example: contactcenter calendar season workdays summer 08:00-14:00 --from 07-01 --until 08-31
    """

    def edited(before: Calendar) -> Calendar:
        if remove:
            return edit.season_remove(before, season)
        had = next((one for one in before.seasons if one.name == season), None)
        if had is None and not (start and end):
            raise BadInput(f"season {season} is new: say --from and --until, such as --from 07-01 --until 08-31.")
        first = read_month_day(start) if start or had is None else had.start
        last = read_month_day(end) if end or had is None else had.end
        week = edit.week_with(had.weekly if had else ((),) * 7, parse_days(days), parse_spans(hours))
        return edit.season_set(before, season, first, last, week)

    _edit(context, name, edited, dry_run, as_json)


@calendar.command()
@click.argument("name")
@click.argument("country", required=False)
@click.option("--table", type=click.Path(path_type=Path), help="A file of lines such as 2027-02-01,off,春节")
@click.option("--off", is_flag=True, help="No country's holidays any more.")
@dry_run_option
@json_option
@pass_context
def holidays(
    context: Context, name: str, country: str | None, table: Path | None, off: bool, dry_run: bool, as_json: bool
) -> None:
    """Close on a country's holidays and open on its shifted workdays; or take in a table of your own.

    Example: contactcenter calendar holidays workdays CN
    """
    if [country is not None, table is not None, off].count(True) != 1:
        raise BadInput("say one of: a country such as CN, --table FILE, or --off.")
    days = read_table(read_text(table)) if table is not None else {}

    def edited(before: Calendar) -> Calendar:
        return edit.own_days_set(before, days) if table is not None else edit.set_holidays(before, country)

    _edit(context, name, edited, dry_run, as_json)


@calendar.command()
@click.argument("name")
@click.option("--until", default="", help='Such as "2026-12-01 12:00"; until it is reopened if it is left out.')
@click.option("--why", default="", help="Kept with each call that hears it.")
@dry_run_option
@json_option
@pass_context
def close(context: Context, name: str, until: str, why: str, dry_run: bool, as_json: bool) -> None:
    """Close at once, whatever the hours say: an emergency.

    Example: contactcenter calendar close workdays --until "2026-12-01 12:00" --why 停电
    """
    end = read_until(until) if until else None

    def closed(before: Calendar) -> Calendar:
        now = SystemClock().now().astimezone(before.timezone).replace(tzinfo=None)
        if end is not None and end <= now:
            raise BadInput(f"calendar {name}: {end:%Y-%m-%d %H:%M} is over; it is {now:%Y-%m-%d %H:%M} there.")
        return edit.close(before, end, why)

    _edit(context, name, closed, dry_run, as_json)


@calendar.command()
@click.argument("name")
@dry_run_option
@json_option
@pass_context
def reopen(context: Context, name: str, dry_run: bool, as_json: bool) -> None:
    """The emergency is over.

    Example: contactcenter calendar reopen workdays
    """
    _edit(context, name, edit.reopen, dry_run, as_json)


remove_verb(calendar, CALENDAR, "contactcenter calendar remove summer")


def _edit(context: Context, name: str, edited: Callable[[Calendar], Calendar], dry_run: bool, as_json: bool) -> None:
    change(
        context,
        lambda now: with_thing(now, CALENDAR, name, edited(find(now, CALENDAR, name))),
        dry_run=dry_run,
        as_json=as_json,
    )
