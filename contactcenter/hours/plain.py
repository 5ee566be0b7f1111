"""A calendar as plain values for YAML, JSON and the store, and back. `read` also takes the older form: seven lists for the week."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from contactcenter.errors import BadInput
from contactcenter.hours.calendar import Calendar, Closing, MonthDay, OwnDay, Season
from contactcenter.hours.country import check_country
from contactcenter.hours.span import Spans, Weekly, days_text, parse_days, parse_spans

MOST_DAYS = 2_000
MOST_SEASONS = 20
MOST_TEXT = 80
UNTIL = "%Y-%m-%d %H:%M"
T = TypeVar("T")
KEYS = ("timezone", "weekly", "special", "holidays", "own_days", "seasons", "closed")


def plain(calendar: Calendar) -> dict[str, Any]:
    """What `read` reads to an equal calendar; what is empty is left out."""
    found: dict[str, Any] = {"timezone": calendar.timezone.key, "weekly": _plain_week(calendar.weekly)}
    if calendar.special:
        found["special"] = {
            str(day): {"name": name, "hours": _texts(spans)} if (name := calendar.names.get(day)) else _texts(spans)
            for day, spans in sorted(calendar.special.items())
        }
    if calendar.holidays:
        found["holidays"] = calendar.holidays
    if calendar.own:
        found["own_days"] = {
            str(day): f"{'work' if own.worked else 'off'} {own.name}".strip()
            for day, own in sorted(calendar.own.items())
        }
    if calendar.seasons:
        found["seasons"] = [
            {"name": one.name, "from": _month_day(one.start), "until": _month_day(one.end)}
            | {"weekly": _plain_week(one.weekly)}
            for one in calendar.seasons
        ]
    if (closed := calendar.closed) is not None:
        found["closed"] = {"until": f"{closed.until:{UNTIL}}" if closed.until else None, "why": closed.why}
    return found


def read(name: str, given: Mapping[str, Any]) -> Calendar:
    """Raises BadInput with one line for each fault, each beginning with the calendar's name and the place."""
    reader = _Reader(name)
    if not isinstance(given, Mapping):
        raise BadInput(f"calendar {name}: {type(given).__name__} is no calendar. Write timezone and weekly")
    for key in given.keys() - set(KEYS):
        reader.faults.append(f"calendar {name}: {key!r} is no setting. Use {', '.join(KEYS)}")
    special = reader.table("special", given.get("special"), _special)
    calendar = Calendar(
        name,
        reader.one("timezone", given.get("timezone"), read_timezone, ZoneInfo("UTC")),
        reader.one("weekly", given.get("weekly", {}), _week, ((),) * 7),
        {day: spans for day, (_, spans) in special.items()},
        {day: called for day, (called, _) in special.items() if called},
        reader.one("holidays", given.get("holidays"), read_country, ""),
        reader.table("own_days", given.get("own_days"), _own_day),
        reader.one("seasons", given.get("seasons"), _seasons, ()),
        reader.one("closed", given.get("closed"), _closing, None),
    )
    if reader.faults:
        raise BadInput("\n".join(reader.faults))
    return calendar


class _Reader:
    """Reads part after part, and goes on after a fault."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[str] = []

    def one(self, place: str, given: Any, reads: Callable[[Any], T], otherwise: T) -> T:
        try:
            return reads(given)
        except BadInput as fault:
            self.faults.append(f"calendar {self.name}, {place}: {fault}")
            return otherwise

    def table(self, place: str, given: Any, reads: Callable[[Any], T]) -> dict[date, T]:
        """Days with what they have."""
        found: dict[date, T] = {}
        if given is None:
            return found
        if not isinstance(given, Mapping):
            self.faults.append(f"calendar {self.name}, {place}: write days such as 2026-12-31, each with what it has")
            return found
        if len(given) > MOST_DAYS:
            self.faults.append(
                f"calendar {self.name}, {place}: {len(given)} days are too many. Use at most {MOST_DAYS}"
            )
            return found
        for key, value in given.items():
            self.one(
                f"{place} {key}", (key, value), lambda pair: found.update({read_day(pair[0]): reads(pair[1])}), None
            )
        return found


def read_timezone(given: Any) -> ZoneInfo:
    """Raises BadInput."""
    try:
        return ZoneInfo(read_text(given))
    except (OSError, ValueError, LookupError):
        raise BadInput(f"{given!r} is no time zone. Write it like Asia/Shanghai") from None


def read_day(given: Any) -> date:
    """Raises BadInput. YAML hands over a date where it can read one."""
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    try:
        return datetime.strptime(str(given), "%Y-%m-%d").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise BadInput(f"{given!r} is no day. Write it like 2026-12-31") from None


def read_month_day(given: Any) -> MonthDay:
    """A day of every year, such as 07-01; 29 February is one. Raises BadInput."""
    try:
        day = datetime.strptime(f"2024-{given}", "%Y-%m-%d")  # noqa: DTZ007 (as above)
    except ValueError:
        raise BadInput(f"{given!r} is no day of the year. Write month and day like 07-01") from None
    return day.month, day.day


def read_country(given: Any) -> str:
    """Raises BadInput."""
    if given is None or given == "":
        return ""
    if given is False:
        raise BadInput('YAML takes the word NO for "no". For Norway write "NO" in quotes')
    country = read_text(given)
    check_country(country)
    return country


def read_until(given: Any) -> datetime | None:
    """A wall clock's time such as 2026-12-01 12:00, or none. Raises BadInput."""
    if given is None:
        return None
    try:
        return datetime.strptime(str(given)[:16], UNTIL)  # noqa: DTZ007 (of the calendar's zone)
    except ValueError:
        raise BadInput(f"{given!r} is no time. Write it like 2026-12-01 12:00") from None


def read_text(given: Any) -> str:
    """A short line. Raises BadInput."""
    if not isinstance(given, str) or not given.isprintable() or len(given) > MOST_TEXT:
        raise BadInput(f"{str(given)[:MOST_TEXT]!r} is no text. Write one line of at most {MOST_TEXT} characters")
    return given.strip()


def check_seasons(seasons: Sequence[Season]) -> tuple[Season, ...]:
    """Raises BadInput when two have one name, or a day in common."""
    if len(seasons) > MOST_SEASONS:
        raise BadInput(f"there are {len(seasons)} seasons. Use at most {MOST_SEASONS}")
    for place, one in enumerate(seasons):
        for other in seasons[:place]:
            if one.name == other.name:
                raise BadInput(f"there are two seasons {one.name}. Name each differently")
            leap_year = (date.fromordinal(date(2024, 1, 1).toordinal() + day) for day in range(366))
            if (both := next((day for day in leap_year if one.has(day) and other.has(day)), None)) is not None:
                raise BadInput(f"the seasons {other.name} and {one.name} both have {both:%m-%d}. Let one end before")
    return tuple(seasons)


def _spans(given: Any) -> Spans:
    if given is None:
        return ()
    if isinstance(given, str) or not isinstance(given, Sequence) or not all(isinstance(one, str) for one in given):
        raise BadInput(f'{given!r} is no list of spans. Write it like ["09:00-12:00", "13:30-18:00"], [] for closed')
    return parse_spans(given)


def _week(given: Any) -> Weekly:
    if isinstance(given, Sequence) and not isinstance(given, str):
        if len(given) != 7:
            raise BadInput(f"a week of {len(given)} days was given. Write all seven, Monday first")
        return tuple(_spans(spans) for spans in given)
    if not isinstance(given, Mapping):
        raise BadInput(f'{given!r} is no week. Write it like {{mon-fri: ["09:00-18:00"]}}; other days are closed')
    week: dict[int, Spans] = {}
    for key, spans in given.items():
        for day in parse_days(str(key)):
            if day in week:
                raise BadInput(f"{days_text([day])} is given twice, again by {key!r}. Name each day once")
            week[day] = _spans(spans)
    return tuple(week.get(day, ()) for day in range(7))


def _plain_week(weekly: Weekly) -> dict[str, list[str]]:
    alike: dict[Spans, list[int]] = {}
    for day, spans in enumerate(weekly):
        if spans:
            alike.setdefault(spans, []).append(day)
    return {days_text(days): _texts(spans) for spans, days in alike.items()}


def _special(given: Any) -> tuple[str, Spans]:
    if not isinstance(given, Mapping):
        return "", _spans(given)
    if given.keys() - {"name", "hours"}:
        raise BadInput("a special day has a name and hours, and nothing else")
    return read_text(given.get("name") or ""), _spans(given.get("hours"))


def _own_day(given: Any) -> OwnDay:
    kind, _, name = read_text(given if isinstance(given, str) else str(given)).partition(" ")
    if kind not in {"off", "work"}:
        raise BadInput(f"{given!r} does not say off or work. Write it like: off 春节")
    return OwnDay(kind == "work", name.strip())


def _seasons(given: Any) -> tuple[Season, ...]:
    if not isinstance(given, Sequence | None) or isinstance(given, str):
        raise BadInput("write a list of seasons, each with name, from, until and weekly")
    return check_seasons([_season(one) for one in given or ()])


def _season(given: Any) -> Season:
    if not isinstance(given, Mapping) or given.keys() != {"name", "from", "until", "weekly"}:
        raise BadInput(f"{given!r} is no season. A season has name, from, until and weekly")
    return Season(
        read_text(given["name"]), read_month_day(given["from"]), read_month_day(given["until"]), _week(given["weekly"])
    )


def _closing(given: Any) -> Closing | None:
    if given is None:
        return None
    if not isinstance(given, Mapping) or given.keys() - {"until", "why"}:
        raise BadInput(f"{given!r} is no closing. It has until and why, both may be left out")
    return Closing(read_until(given.get("until")), read_text(given.get("why") or ""))


def _texts(spans: Spans) -> list[str]:
    return [str(span) for span in spans]


def _month_day(day: MonthDay) -> str:
    return f"{day[0]:02}-{day[1]:02}"
