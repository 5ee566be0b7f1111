"""Public holidays of a country, and the weekend days that are worked in exchange (调休), from the package `holidays`.

The package is imported at the first question about a country: a center without holidays never loads it. A year is
worked out once (about 1 ms, the first one 40 ms with the import) and kept.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from contactcenter.errors import BadInput

if TYPE_CHECKING:
    from holidays import HolidayBase

SHIFTING = {"CN"}
"""Countries that work weekend days in exchange for days off, announced each autumn for the next year. The weekend days beside
a holiday belong to it there, as the State Council publishes them (2025-10-01 to 08), unless they are worked."""

FIRST_YEAR = 2024
"""From here on it is looked which years the package knows; it knows all since 2001."""


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """off: day -> the holiday's name. worked: weekend day -> the weekday (Monday is 0) whose hours it has."""

    off: dict[date, str]
    worked: dict[date, int]


def check_country(text: str) -> None:
    """Whether the package knows the country, such as CN, or the part of it, such as DE-BY. Raises BadInput."""
    from holidays import list_supported_countries  # noqa: PLC0415 (no center without holidays pays for it)

    country, _, part = text.partition("-")
    known = list_supported_countries(include_aliases=False)
    if country not in known:
        raise BadInput(f"there are no holidays of {text!r}. Write the country's two letters, such as CN, or none")
    if part and part not in known[country]:
        parts = ", ".join(known[country]) or "no parts"
        raise BadInput(f"there are no holidays of {part!r} in {country}, which has {parts}")


@cache
def holiday_year(country: str, year: int) -> HolidayYear:
    """Of one year. country: as `check_country` takes it."""
    around = {one: _ask(country, one) for one in (year - 1, year, year + 1) if one == year or country in SHIFTING}
    off = {day: name for found in around.values() for day, name in found.items()}
    worked = {day for found in around.values() for day in found.weekend_workdays}
    as_weekday = _replaced(off)
    if country in SHIFTING:
        _add_weekends(off, worked)
    return HolidayYear(
        {day: name for day, name in sorted(off.items()) if day.year == year and day not in worked},
        {day: as_weekday.get(day, 0) for day in sorted(worked) if day.year == year},
    )


@cache
def package_knows_through(country: str) -> int | None:
    """The last year whose shifted workdays the package knows; None for a country that shifts none."""
    if country not in SHIFTING:
        return None
    year = FIRST_YEAR - 1
    while holiday_year(country, year + 1).worked:
        year += 1
    return year


def _ask(text: str, year: int) -> "HolidayBase":
    from holidays import country_holidays  # noqa: PLC0415 (as above)

    country, _, part = text.partition("-")
    language = country_holidays(country).default_language
    return country_holidays(country, subdiv=part or None, years=year, language=language, expand=False)


def _replaced(off: dict[date, str]) -> dict[date, int]:
    """Worked day -> the weekday of the day off that it pays for, as the package names it: 休息日（由 2025-01-26 调休）."""
    found: dict[date, int] = {}
    for day, name in off.items():
        for text in re.findall(r"由 (\d{4}-\d\d-\d\d) 调休", name):
            found[date.fromisoformat(text)] = day.weekday()
    return found


def _add_weekends(off: dict[date, str], worked: set[date]) -> None:
    """A Saturday and a Sunday beside a day off are part of that holiday."""
    for step in (timedelta(days=1), timedelta(days=-1)):
        for day, name in list(off.items()):
            beside = day + step
            while beside.weekday() >= 5 and beside not in worked and beside not in off:
                off[beside] = name
                beside += step
