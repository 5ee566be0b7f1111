"""Calendars as plain JSON values, and back."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from contactcenter.hours.calendar import Calendar, Span


def read(name: str, plain: Mapping[str, Any]) -> Calendar:
    return Calendar(
        name,
        ZoneInfo(plain["timezone"]),
        tuple(tuple(Span.parse(span) for span in spans) for spans in plain["weekly"]),
        {
            date.fromisoformat(day): tuple(Span.parse(span) for span in spans)
            for day, spans in plain.get("special", {}).items()
        },
    )


def plain(calendar: Calendar) -> dict[str, Any]:
    return {
        "timezone": calendar.timezone.key,
        "weekly": [[str(span) for span in spans] for spans in calendar.weekly],
        "special": {day.isoformat(): [str(span) for span in spans] for day, spans in calendar.special.items()},
    }
