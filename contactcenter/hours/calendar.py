"""A calendar: is this moment inside opening hours, and why."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
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
        try:
            start, end = (_minutes(part) for part in text.split("-"))
        except ValueError:
            raise BadInput(f"{text!r} is not a span of time. Write it like 09:00-18:00") from None
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


def _minutes(text: str) -> int:
    if text.strip() == "24:00":
        return 24 * 60
    moment = time.fromisoformat(text.strip())
    return moment.hour * 60 + moment.minute
