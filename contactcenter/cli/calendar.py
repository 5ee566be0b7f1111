"""calendar list, show, check."""

from datetime import datetime
from typing import Any

import click

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.moments import parse_moment
from contactcenter.cli.output import json_option, print_fields, print_json, print_table, say
from contactcenter.cli.things import list_verb
from contactcenter.clock import SystemClock
from contactcenter.configuration.editing import find
from contactcenter.configuration.kinds import CALENDAR
from contactcenter.hours.calendar import Calendar

COLUMNS = (
    ("calendar", "name"),
    ("time zone", "timezone"),
    ("now", "now"),
    ("why", "why"),
    ("holidays", "holidays"),
    ("next opening", "next_opening"),
)
DAY_COLUMNS = (("day", "day"), ("kind", "kind"), ("hours", "hours"))
SHOWN_DAYS = 14


@click.group()
def calendar() -> None:
    """Calendars: when a hotline is open."""


def _row(one: Calendar) -> dict[str, Any]:
    now = SystemClock().now()
    is_open, why = one.check(now)
    return {
        "name": one.name,
        "timezone": one.timezone.key,
        "now": "open" if is_open else "closed",
        "why": why,
        "holidays": one.holidays,
        "next_opening": None if is_open else one.next_opening(now),
    }


list_verb(calendar, CALENDAR, COLUMNS, _row)


@calendar.command()
@click.argument("name")
@json_option
@pass_context
def show(context: Context, name: str, as_json: bool) -> None:
    """A calendar's rules, and its hours of the next two weeks.

    Example: contactcenter calendar show workdays
    """
    found: Calendar = find(context.configuration(), CALENDAR, name)
    days = [_day(found, ahead) for ahead in range(SHOWN_DAYS)]
    if as_json:
        print_json({**_row(found), **CALENDAR.plain(found), "days": days})
        return
    print_fields({**_row(found), "rules": _rules(found)}, context.zone)
    say()
    print_table(days, DAY_COLUMNS, context.zone, "")


@calendar.command()
@click.argument("name")
@click.option("--at", default=None, help='A moment, such as "2026-12-31 18:05"; now if it is left out.')
@json_option
@pass_context
def check(context: Context, name: str, at: str | None, as_json: bool) -> None:
    """Is it open at a moment, and why?

    Example: contactcenter calendar check workdays --at "2026-10-01 10:00"
    """
    found: Calendar = find(context.configuration(), CALENDAR, name)
    moment = SystemClock().now() if at is None else parse_moment(at).replace(tzinfo=found.timezone)
    is_open, why = found.check(moment)
    if as_json:
        print_json({"open": is_open, "why": why, "next_opening": found.next_opening(moment)})
        return
    say(f"{'open' if is_open else 'closed'}: {why}")
    if not is_open and (opens := found.next_opening(moment)) is not None:
        say(f"opens {opens:%Y-%m-%d %H:%M}")


def _day(one: Calendar, ahead: int) -> dict[str, str]:
    day = datetime.fromordinal(SystemClock().now().astimezone(one.timezone).toordinal() + ahead).date()
    kind, spans = one.hours_on(day)
    return {"day": f"{day:%Y-%m-%d %a}", "kind": kind, "hours": ", ".join(str(span) for span in spans) or "closed"}


def _rules(one: Calendar) -> str:
    plain = CALENDAR.plain(one)
    return "; ".join(f"{name}: {value}" for name, value in plain.items() if name != "timezone")
