"""Changes of a calendar: each takes one and returns another. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from contactcenter.errors import BadInput, NotFound
from contactcenter.hours.calendar import Calendar, Closing, MonthDay, OwnDay, Season
from contactcenter.hours.plain import MOST_DAYS, check_seasons, read_country, read_text
from contactcenter.hours.span import Span, Weekly, in_order

T = TypeVar("T")


def weekly_set(calendar: Calendar, days: Iterable[int], spans: Iterable[Span]) -> Calendar:
    """These days of the week (Monday is 0, see `parse_days`) have these spans from now on. Raises BadInput."""
    return replace(calendar, weekly=week_with(calendar.weekly, days, spans))


def week_with(weekly: Weekly, days: Iterable[int], spans: Iterable[Span]) -> Weekly:
    """The week with these days changed, for a season too. Raises BadInput."""
    given, chosen = in_order(spans), set(days)
    return tuple(given if day in chosen else had for day, had in enumerate(weekly))


def special_set(calendar: Calendar, day: date, spans: Iterable[Span], name: str = "") -> Calendar:
    """That day has these spans, none for closed. Raises BadInput."""
    given = dict(sorted((calendar.special | {day: in_order(spans)}).items()))
    names = {one: called for one, called in calendar.names.items() if one != day}
    _not_too_many(given)
    return replace(calendar, special=given, names=names | ({day: read_text(name)} if name.strip() else {}))


def special_remove(calendar: Calendar, day: date) -> Calendar:
    """Raises NotFound."""
    if day not in calendar.special:
        raise NotFound(f"{day} is no special day of calendar {calendar.name}")
    return replace(calendar, special=_without(calendar.special, day), names=_without(calendar.names, day))


def close(calendar: Calendar, until: datetime | None, why: str) -> Calendar:
    """Closed from now on. until: aware, or the calendar's wall clock; rounded up to a minute; None: until `reopen`. Raises BadInput."""
    if until is not None:
        if until.tzinfo is not None:
            until = until.astimezone(calendar.timezone).replace(tzinfo=None, fold=0)
        if until.second or until.microsecond:
            until = until.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return replace(calendar, closed=Closing(until, read_text(why)))


def reopen(calendar: Calendar) -> Calendar:
    """The emergency is over: the calendar's hours hold again. Raises BadInput."""
    if calendar.closed is None:
        raise BadInput(f"calendar {calendar.name} is not closed by hand")
    return replace(calendar, closed=None)


def set_holidays(calendar: Calendar, country: str | None) -> Calendar:
    """country: such as CN or DE-BY; None for no holidays. Raises BadInput."""
    return replace(calendar, holidays=read_country(country))


def season_set(calendar: Calendar, name: str, start: MonthDay, end: MonthDay, weekly: Weekly) -> Calendar:
    """A season, new or instead of the one of that name. Raises BadInput."""
    season = Season(read_text(name), start, end, tuple(in_order(spans) for spans in weekly))
    kept = [one for one in calendar.seasons if one.name != season.name]
    return replace(calendar, seasons=check_seasons([*kept, season]))


def season_remove(calendar: Calendar, name: str) -> Calendar:
    """Raises NotFound."""
    kept = tuple(season for season in calendar.seasons if season.name != name)
    if len(kept) == len(calendar.seasons):
        raise NotFound(f"calendar {calendar.name} has no season {name}")
    return replace(calendar, seasons=kept)


def own_days_set(calendar: Calendar, days: Mapping[date, OwnDay]) -> Calendar:
    """Takes a table in, in place of the own days from its first day to its last. See `table.read_table`. Raises BadInput."""
    if not days:
        return calendar
    first, last = min(days), max(days)
    own = {day: kept for day, kept in calendar.own.items() if not first <= day <= last} | dict(days)
    _not_too_many(own)
    return replace(calendar, own=dict(sorted(own.items())))


def own_days_remove(calendar: Calendar, year: int) -> Calendar:
    """Raises NotFound."""
    own = {day: kept for day, kept in calendar.own.items() if day.year != year}
    if len(own) == len(calendar.own):
        raise NotFound(f"calendar {calendar.name} has no own days in {year}")
    return replace(calendar, own=own)


def _not_too_many(days: Mapping[date, object]) -> None:
    if len(days) > MOST_DAYS:
        raise BadInput(f"{len(days)} days are too many for a calendar. Use at most {MOST_DAYS}")


def _without(days: Mapping[date, T], day: date) -> dict[date, T]:
    return {one: value for one, value in days.items() if one != day}
