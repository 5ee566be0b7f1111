"""Days as people and spreadsheets write them. Pure."""

import re
from datetime import date, datetime
from typing import Any

_YEAR_FIRST = re.compile(r"(\d{4})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_EITHER = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{2}|\d{4})|(\d{1,2})\.(\d{1,2})\.(\d{2})")
_TIME = re.compile(r"[T\s]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$")
EARLIEST, LATEST = 1990, 2199
FIX = "write it as 2026-12-31"


def read_date(value: Any) -> date | None:
    """A day from 2026-12-31, 2026/12/31, 2026.12.31, 20261231, 2026年12月31日, 31.12.2026, an ISO date and time, or a spreadsheet's
    own dates; None for nothing. Raises ValueError with the fault and its fix, also for what could be read two ways, as 03/04/2026.
    """
    if isinstance(value, datetime):
        return _within(value.date(), value)
    if isinstance(value, date):
        return _within(value, value)
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no date: {FIX}")  # noqa: TRY004 (a fault of what was written, not of our types)
    if not (text := str(value).strip()):
        return None
    day = _TIME.sub("", text)
    for pattern, year, month, number in (
        (_YEAR_FIRST, 1, 3, 4),
        (_COMPACT, 1, 2, 3),
        (_CHINESE, 1, 2, 3),
        (_DAY_FIRST, 3, 2, 1),
    ):
        if found := pattern.fullmatch(day):
            return _day(text, int(found[year]), int(found[month]), int(found[number]))
    if _EITHER.fullmatch(day):
        raise ValueError(f"which is the day of {text!r}, and which the month? {FIX.capitalize()}")
    raise ValueError(f"{text[:40]!r} is no date: {FIX}")


def _day(text: str, year: int, month: int, number: int) -> date:
    try:
        return _within(date(year, month, number), text)
    except ValueError:
        raise ValueError(f"there is no day {text!r}: {FIX}") from None


def _within(day: date, given: Any) -> date:
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError(f"{given!s:.40} is too far away: years {EARLIEST} to {LATEST} are taken")
    return day
