"""A calendar: is this moment inside opening hours, and why. Pure; also in a country's holidays, which are computed.

What a day's hours are, the first that says something about it: a special day; the own table of days off and worked; a holiday of
the country; a weekend day worked in exchange (调休); the season; the week. An emergency closing goes before all of them.
A weekend day that is worked has the hours of the weekday it is worked for, where the country's table names it, else Monday's.
A year whose shifted workdays the package does not know, but the own table does, is the table's alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contactcenter.hours.country import holiday_year, package_knows_through
from contactcenter.hours.span import WEEKDAYS, Span, Spans, Weekly

__all__ = ["WEEKDAYS", "Calendar", "Closing", "OwnDay", "Season", "Span", "Spans", "Weekly"]

LOOK_AHEAD_DAYS = 400
"""Who does not open in so many days does not open."""

MonthDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Season:
    """A week of its own from `start` to `end` (month, day; both inside) of every year, also over New Year's Eve.

    An end on 28 February means the end of February.
    """

    name: str
    start: MonthDay
    end: MonthDay
    weekly: Weekly

    def has(self, day: date) -> bool:
        now, end = (day.month, day.day), (2, 29) if self.end == (2, 28) else self.end
        return self.start <= now <= end if self.start <= end else now >= self.start or now <= end


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A day of the own table: worked, or off."""

    worked: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """Closed now, whatever the hours say. until: the calendar's wall clock, None: until it is opened again."""

    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """weekly: spans for each of the seven days, Monday first; special: days with spans of their own (none: closed).

    names: of special days; holidays: of which country, such as CN or DE-BY, "" for none; own: a table of days off and worked.
    """

    name: str
    timezone: ZoneInfo
    weekly: Weekly = ((),) * 7
    special: dict[date, Spans] = field(default_factory=dict)
    names: dict[date, str] = field(default_factory=dict)
    holidays: str = ""
    own: dict[date, OwnDay] = field(default_factory=dict)
    seasons: tuple[Season, ...] = ()
    closed: Closing | None = None

    def check(self, now: datetime) -> tuple[bool, str]:
        """Whether `now` (aware) is inside opening hours, and why, such as `wed 09:00-18:00`."""
        if self.closed is not None and ((until := self._closed_until()) is None or now < until):
            end = f"until {self.closed.until:%Y-%m-%d %H:%M}" if self.closed.until else "until it is opened again"
            return False, f"closed {end}: {self.closed.why or 'no reason given'}"
        local = now.astimezone(self.timezone)
        day, spans = self.hours_on(local.date())
        minute = local.hour * 60 + local.minute
        inside = next((span for span in spans if span.start <= minute < span.end), None)
        if inside is not None:
            return True, f"{day} {inside}"
        hours = ", ".join(str(span) for span in spans) or "closed all day"
        return False, f"{day} {local:%H:%M} is outside {hours}"

    def spans_on(self, day: date) -> Spans:
        """The hours of a day, an emergency closing left aside."""
        return self.hours_on(day)[1]

    def hours_on(self, day: date) -> tuple[str, Spans]:
        """What kind of day it is, such as `wed` or `holiday 2026-10-01 国庆节`, and its spans."""
        if (spans := self.special.get(day)) is not None:
            return f"special day {day}{_named(self.names.get(day, ''))}", spans
        if (own := self.own.get(day)) is not None:
            if not own.worked:
                return f"day off {day}{_named(own.name)}", ()
            return self._worked(day, 0 if day.weekday() >= 5 else day.weekday())
        if self.holidays and not self._is_told(day.year):
            year = holiday_year(self.holidays, day.year)
            if (holiday := year.off.get(day)) is not None:
                return f"holiday {day}{_named(holiday)}", ()
            if (weekday := year.worked.get(day)) is not None:
                return self._worked(day, weekday)
        season, weekly = self._week(day)
        return f"{WEEKDAYS[day.weekday()]}{season}", weekly[day.weekday()]

    def next_opening(self, now: datetime) -> datetime | None:
        """The first moment from `now` (aware) on that is inside opening hours, in the calendar's zone; None if there is none."""
        start = now
        if self.closed is not None and ((until := self._closed_until()) is None or now < until):
            if until is None:
                return None
            start = until
        start = start.astimezone(self.timezone)
        if self.check(start)[0]:
            return start
        for ahead in range(LOOK_AHEAD_DAYS):
            for moment in self._openings(start.date() + timedelta(days=ahead)):
                if moment > start:
                    return moment.astimezone(self.timezone)
        return None

    def known_through(self) -> int | None:
        """The last year with known shifted workdays, from the package or the own table; None where nothing is shifted."""
        through = package_knows_through(self.holidays) if self.holidays else None
        while through is not None and self._is_told(through + 1):
            through += 1
        return through

    def _closed_until(self) -> datetime | None:
        """Of a wall clock's time that comes twice the second is meant: closed in an emergency is rather closed too long."""
        if self.closed is None or self.closed.until is None:
            return None
        return self.closed.until.replace(tzinfo=self.timezone, fold=1).astimezone(UTC)

    def _is_told(self, year: int) -> bool:
        """Whether the own table has the shifted workdays of a year that the package does not know."""
        known = package_knows_through(self.holidays)
        return known is not None and year > known and any(o.worked and d.year == year for d, o in self.own.items())

    def _worked(self, day: date, weekday: int) -> tuple[str, Spans]:
        season, weekly = self._week(day)
        return f"{WEEKDAYS[day.weekday()]} worked like {WEEKDAYS[weekday]}{season}", weekly[weekday]

    def _week(self, day: date) -> tuple[str, Weekly]:
        season = next((season for season in self.seasons if season.has(day)), None)
        return (f" in {season.name}", season.weekly) if season is not None else ("", self.weekly)

    def _openings(self, day: date) -> Iterator[datetime]:
        """Moments (UTC, in order) among which the day's first opening is: begins of spans, or all minutes when the clock jumps."""
        begin, end = (
            datetime.combine(day + timedelta(days=ahead), time(), self.timezone).astimezone(UTC) for ahead in (0, 1)
        )
        if end - begin == timedelta(days=1):
            for span in sorted(self.spans_on(day), key=lambda span: span.start):
                yield begin + timedelta(minutes=span.start)
        else:
            minutes = int((end - begin).total_seconds()) // 60
            every = (begin + timedelta(minutes=minute) for minute in range(minutes))
            yield from (moment for moment in every if self.check(moment)[0])


def _named(name: str) -> str:
    return f" {name}" if name else ""
