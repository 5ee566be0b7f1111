"""Opening hours: where a day begins and ends, special days, and clocks that jump."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from contactcenter.errors import BadInput
from contactcenter.hours.calendar import Calendar, Span

SHANGHAI, BERLIN, NEW_YORK = (ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York"))
WORK = (Span.parse("09:00-12:00"), Span.parse("13:30-18:00"))
WEEK = (WORK, WORK, WORK, WORK, WORK, (), ())
ALWAYS = ((Span(0, 1440),),) * 7


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A wall clock's time in a zone, as the aware UTC moment that the clock hands out."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("09:00-18:00", 540, 1080),
        ("00:00-24:00", 0, 1440),
        ("00:00-00:01", 0, 1),
        ("23:59-24:00", 1439, 1440),
        (" 09:00 - 18:00 ", 540, 1080),
    ],
)
def test_a_span_is_read_and_written_alike(text: str, start: int, end: int) -> None:
    span = Span.parse(text)
    assert (span.start, span.end) == (start, end)
    assert str(span) == text.replace(" ", "")


@pytest.mark.parametrize(
    "text",
    ["", "-", "nine-five", "09:00", "09:00-", "09:00-12:00-18:00", "25:00-26:00", "09:60-10:00", "09:00-24:01"],
)
def test_what_is_no_span_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        Span.parse(text)
    assert str(refused.value) == f"{text!r} is not a span of time. Write it like 09:00-18:00"


@pytest.mark.parametrize("text", ["18:00-09:00", "09:00-09:00", "24:00-24:00"])
def test_a_span_over_midnight_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        Span.parse(text)
    assert str(refused.value).startswith(f"the span {text} ends before it starts. ")
    assert "20:00-24:00 and 00:00-08:00" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("moment", "is_open", "why"),
    [
        ("2026-11-25 08:59:59", False, "wed 08:59 is outside 09:00-12:00, 13:30-18:00"),
        ("2026-11-25 09:00:00", True, "wed 09:00-12:00"),
        ("2026-11-25 11:59:59", True, "wed 09:00-12:00"),
        ("2026-11-25 12:00:00", False, "wed 12:00 is outside 09:00-12:00, 13:30-18:00"),
        ("2026-11-25 13:30:00", True, "wed 13:30-18:00"),
        ("2026-11-25 18:00:00", False, "wed 18:00 is outside 09:00-12:00, 13:30-18:00"),
        ("2026-11-28 10:00:00", False, "sat 10:00 is outside closed all day"),
    ],
)
def test_the_first_minute_is_inside_and_the_last_is_not(moment: str, is_open: bool, why: str) -> None:
    assert Calendar("work", SHANGHAI, WEEK).check(at(moment)) == (is_open, why)


@pytest.mark.parametrize("moment", ["2026-11-25 00:00:00", "2026-11-25 23:59:59.999999"])
def test_a_whole_day_has_no_gap_at_midnight(moment: str) -> None:
    assert Calendar("always", SHANGHAI, ALWAYS).check(at(moment))[0] is True


def test_a_night_is_two_spans_that_meet_at_midnight() -> None:
    night = ((Span.parse("20:00-24:00"), Span.parse("00:00-08:00")),) * 7
    calendar = Calendar("night", SHANGHAI, night)
    inside = [calendar.check(at(f"2026-11-25 {clock}"))[0] for clock in ("07:59", "08:00", "19:59", "20:00", "23:59")]
    assert inside == [True, False, False, True, True]


def test_a_special_day_goes_before_its_weekday_both_ways() -> None:
    special = {date(2026, 10, 1): (), date(2026, 10, 10): (Span.parse("10:00-11:00"),)}
    calendar = Calendar("work", SHANGHAI, WEEK, special)
    assert calendar.check(at("2026-10-01 10:00")) == (
        False,
        "special day 2026-10-01 10:00 is outside closed all day",
    )
    assert calendar.check(at("2026-10-10 10:30")) == (True, "special day 2026-10-10 10:00-11:00")
    assert calendar.check(at("2026-10-10 11:00"))[0] is False
    assert calendar.check(at("2026-10-09 10:00"))[0] is True


def test_a_special_day_is_a_day_of_the_calendars_zone() -> None:
    calendar = Calendar("work", SHANGHAI, ALWAYS, {date(2026, 10, 1): ()})
    opened = [
        calendar.check(datetime.fromisoformat(moment))[0]
        for moment in ("2026-09-30T15:59+00:00", "2026-09-30T16:00+00:00", "2026-10-01T15:59+00:00")
    ]
    assert opened == [True, False, False]


def test_the_same_moment_in_two_zones() -> None:
    moment = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    assert Calendar("work", SHANGHAI, WEEK).check(moment) == (True, "wed 09:00-12:00")
    assert Calendar("work", NEW_YORK, WEEK).check(moment) == (
        False,
        "tue 21:00 is outside 09:00-12:00, 13:30-18:00",
    )


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-27T08:00+00:00", True),  # Friday before: 09:00 in winter time
        ("2026-03-27T07:59+00:00", False),
        ("2026-03-30T07:00+00:00", True),  # Monday after: 09:00 in summer time, an hour earlier
        ("2026-03-30T06:59+00:00", False),
        ("2026-10-26T07:59+00:00", False),  # Monday after the way back
        ("2026-10-26T08:00+00:00", True),
    ],
)
def test_hours_follow_the_wall_clock_when_it_jumps(moment: str, is_open: bool) -> None:
    assert Calendar("work", BERLIN, WEEK).check(datetime.fromisoformat(moment))[0] is is_open


def test_the_hour_that_comes_twice_is_open_twice_and_the_missing_one_never() -> None:
    sunday = Calendar("sunday", BERLIN, (*WEEK[:6], (Span.parse("02:00-03:00"),)))
    autumn = [sunday.check(datetime(2026, 10, 25, hour, 30, tzinfo=UTC))[0] for hour in range(4)]
    assert autumn == [True, True, False, False]
    spring = [sunday.check(datetime(2026, 3, 29, hour, 30, tzinfo=UTC))[0] for hour in range(4)]
    assert spring == [False, False, False, False]
