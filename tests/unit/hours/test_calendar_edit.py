"""Changes of a calendar, seasons, an emergency, and when it opens next."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contactcenter.errors import BadInput, NotFound
from contactcenter.hours import edit
from contactcenter.hours.calendar import Calendar, Closing, Span
from contactcenter.hours.doctor import warnings
from contactcenter.hours.span import parse_days, parse_spans

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
DAY = parse_spans(["09:00-18:00"])
OFFICE = Calendar("office", SHANGHAI, (DAY,) * 5 + ((), ()))
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=SHANGHAI)  # a Wednesday


def utc(moment: datetime | None) -> datetime | None:
    """Moments of an hour that comes twice are equal to no moment of another zone (PEP 495)."""
    return moment.astimezone(UTC) if moment is not None else None


def test_a_week_is_changed_for_the_named_days_alone() -> None:
    changed = edit.weekly_set(OFFICE, parse_days("fri,sat"), parse_spans(["14:00-16:00", "10:00-12:00"]))
    both = parse_spans(["10:00-12:00", "14:00-16:00"])
    assert changed.weekly == (DAY,) * 4 + (both, both, ())
    assert OFFICE.weekly == (DAY,) * 5 + ((), ())
    with pytest.raises(BadInput, match="overlap"):
        edit.weekly_set(OFFICE, [0], [Span(0, 60), Span(59, 100)])


def test_a_special_day_comes_and_goes_with_its_name() -> None:
    day = date(2026, 11, 25)
    changed = edit.special_set(OFFICE, day, [], "annual meeting")
    assert changed.check(NOW) == (False, "special day 2026-11-25 annual meeting 10:00 is outside closed all day")
    assert edit.special_set(changed, day, DAY).names == {}
    assert edit.special_remove(changed, day) == OFFICE
    with pytest.raises(NotFound, match="2026-11-26 is no special day"):
        edit.special_remove(changed, date(2026, 11, 26))


def test_an_emergency_closing_goes_before_everything_until_its_time() -> None:
    day = edit.special_set(OFFICE, NOW.date(), DAY)
    closed = edit.close(day, NOW + timedelta(hours=2), "power failure")
    assert closed.check(NOW) == (False, "closed until 2026-11-25 12:00: power failure")
    assert closed.check(NOW + timedelta(minutes=119, seconds=59))[0] is False
    assert closed.check(NOW + timedelta(hours=2))[0] is True
    assert closed.next_opening(NOW) == NOW + timedelta(hours=2)
    assert edit.reopen(closed) == day


def test_without_an_end_it_is_closed_until_it_is_opened_again() -> None:
    closed = edit.close(OFFICE, None, "")
    assert closed.check(NOW + timedelta(days=900)) == (False, "closed until it is opened again: no reason given")
    assert closed.next_opening(NOW) is None
    assert "contactcenter calendar reopen office" in warnings(closed, NOW.date())[0]
    assert edit.reopen(closed).check(NOW)[0] is True
    with pytest.raises(BadInput, match="not closed by hand"):
        edit.reopen(OFFICE)


def test_the_end_of_a_closing_is_rounded_up_and_may_be_of_another_zone() -> None:
    closed = edit.close(OFFICE, datetime(2026, 11, 25, 3, 30, 1, tzinfo=UTC), "x").closed
    assert closed == Closing(datetime.fromisoformat("2026-11-25 11:31"), "x")


def test_of_an_hour_that_comes_twice_the_second_ends_the_closing() -> None:
    always = Calendar("always", BERLIN, (parse_spans(["00:00-24:00"]),) * 7)
    closed = edit.close(always, datetime.fromisoformat("2026-10-25 02:30"), "x")
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in range(3)]
    assert [closed.check(moment)[0] for moment in moments] == [False, True, True]
    assert utc(closed.next_opening(moments[0])) == moments[1]


def test_a_season_over_new_year() -> None:
    winter = edit.season_set(OFFICE, "winter", (11, 1), (2, 28), (parse_spans(["10:00-16:00"]),) * 7)
    lengths = {
        str(day): sum(span.end - span.start for span in winter.spans_on(day)) // 60
        for day in map(date.fromisoformat, ["2026-10-30", "2026-11-01", "2027-01-01", "2028-02-29", "2027-03-01"])
    }
    assert list(lengths.values()) == [9, 6, 6, 6, 9]
    assert winter.check(NOW) == (True, "wed in winter 10:00-16:00")
    assert edit.season_set(winter, "winter", (12, 1), (12, 2), OFFICE.weekly).seasons[0].start == (12, 1)
    assert edit.season_remove(winter, "winter") == OFFICE
    with pytest.raises(NotFound, match="no season summer"):
        edit.season_remove(winter, "summer")
    with pytest.raises(BadInput, match="both have"):
        edit.season_set(winter, "new year", (1, 1), (1, 1), OFFICE.weekly)


def test_a_calendar_that_never_opens_is_told_of() -> None:
    assert "never opens" in warnings(Calendar("none", SHANGHAI), NOW.date())[0]
    assert Calendar("none", SHANGHAI).next_opening(NOW) is None


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-25T10:00+08:00", "2026-11-25T10:00+08:00"),
        ("2026-11-25T08:00+08:00", "2026-11-25T09:00+08:00"),
        ("2026-11-27T18:00+08:00", "2026-11-30T09:00+08:00"),
        ("2026-09-30T18:00+08:00", "2026-10-08T09:00+08:00"),
        ("2026-02-14T18:00+08:00", "2026-02-24T09:00+08:00"),
        ("2026-10-09T18:00+08:00", "2026-10-10T09:00+08:00"),
    ],
)
def test_when_it_opens_next(now: str, opens: str) -> None:
    calendar = edit.set_holidays(OFFICE, "CN")
    assert calendar.next_opening(datetime.fromisoformat(now)) == datetime.fromisoformat(opens)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 48).map(lambda n: n * 30), unique=True, max_size=4).map(sorted),
    st.sampled_from([datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]),
    st.integers(0, 2879),
)
def test_the_next_opening_is_the_first_open_minute_also_when_clocks_jump(
    marks: list[int], start: datetime, minutes: int
) -> None:
    spans = tuple(Span(a, b) for a, b in zip(marks[::2], marks[1::2], strict=False))
    calendar = Calendar("c", BERLIN, (spans,) * 7)
    now = start + timedelta(minutes=minutes)
    every = (now + timedelta(minutes=ahead) for ahead in range(3 * 1440))
    assert utc(calendar.next_opening(now)) == next((one for one in every if calendar.check(one)[0]), None)
