"""A span of opening hours within one day."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from contactcenter.errors import BadInput

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_SPANS = 24


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


Spans = tuple[Span, ...]
Weekly = tuple[Spans, ...]
"""The spans of each of the seven days, Monday first."""


def in_order(spans: Iterable[Span]) -> Spans:
    """Earliest first. Raises BadInput when two overlap; two may touch."""
    found = tuple(sorted(spans, key=lambda span: (span.start, span.end)))
    if len(found) > MOST_SPANS:
        raise BadInput(f"a day has {len(found)} spans. Use at most {MOST_SPANS}")
    for one, other in pairwise(found):
        if other.start < one.end:
            raise BadInput(f"the spans {one} and {other} overlap. Write one span, or make the second begin later")
    return found


def parse_spans(texts: Sequence[str]) -> Spans:
    """Reads the spans of one day, in any order. Raises BadInput."""
    return in_order(Span.parse(text) for text in texts)


def parse_days(text: str) -> tuple[int, ...]:
    """Reads days of the week, Monday is 0: mon, mon-fri, sat-mon, mon,wed-fri, daily. Raises BadInput."""
    days: list[int] = []
    for part in text.lower().replace(" ", "").split(","):
        first, dash, last = ("mon", "-", "sun") if part == "daily" else part.partition("-")
        last = last if dash else first
        if first not in WEEKDAYS or last not in WEEKDAYS:
            raise BadInput(f"{text!r} is not a day of the week. Use {', '.join(WEEKDAYS)}, mon-fri, sat,sun or daily")
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
        days += [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]
    if len(set(days)) < len(days):
        raise BadInput(f"{text!r} names a day twice. Name each day once")
    return tuple(days)


def days_text(days: Sequence[int]) -> str:
    """Days of the week as `parse_days` reads them; `days` in order and together in a row are written as one: mon-fri."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(WEEKDAYS[run[0]] if len(run) == 1 else f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}" for run in runs)
