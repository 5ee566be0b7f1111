"""A calendar: is this moment inside opening hours, and why."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from contactcenter.errors import BadInput

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` (inclusive) to `end` (exclusive) on one day, in minutes after midnight; end may be 1440."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Reads 09:00-18:00; 24:00 is the end of the day."""
        found = re.fullmatch(r"(\d\d):([0-5]\d)\s*-\s*(\d\d):([0-5]\d)", text.strip(), re.ASCII)
        parts = [int(part) for part in found.groups()] if found else [99] * 4
        start, end = parts[0] * 60 + parts[1], parts[2] * 60 + parts[3]
        if max(start, end) > 24 * 60:
            raise BadInput(f"{text!r} is not a span of time. Write it like 09:00-18:00")
        if not start < end:
            raise BadInput(f"the span {text} ends before it starts. For a night write two: 20:00-24:00 and 00:00-08:00")
        return cls(start, end)

    def __str__(self) -> str:
        return f"{self.start // 60:02}:{self.start % 60:02}-{self.end // 60:02}:{self.end % 60:02}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """weekly: spans for each of the seven days, Monday first; special: days with spans of their own (none: closed)."""

    name: str
    timezone: ZoneInfo
    weekly: tuple[tuple[Span, ...], ...] = ((),) * 7
    special: dict[date, tuple[Span, ...]] = field(default_factory=dict)

    def check(self, now: datetime) -> tuple[bool, str]:
        """Whether `now` (aware) is inside opening hours, and why, such as `wed 09:00-18:00`."""
        local = now.astimezone(self.timezone)
        special = self.special.get(local.date())
        spans = self.weekly[local.weekday()] if special is None else special
        day = WEEKDAYS[local.weekday()] if special is None else f"special day {local.date()}"
        minute = local.hour * 60 + local.minute
        inside = next((span for span in spans if span.start <= minute < span.end), None)
        if inside is not None:
            return True, f"{day} {inside}"
        hours = ", ".join(str(span) for span in spans) or "closed all day"
        return False, f"{day} {local:%H:%M} is outside {hours}"
