"""China's holidays and shifted workdays, as the State Council published them, and a year that nobody knows yet."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contactcenter.errors import BadInput
from contactcenter.hours import edit
from contactcenter.hours.calendar import Calendar, OwnDay, Span
from contactcenter.hours.doctor import warnings
from contactcenter.hours.table import read_table

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE_TO_SIX = (Span.parse("09:00-18:00"),)
OFFICE = Calendar("office", SHANGHAI, (NINE_TO_SIX,) * 5 + ((), ()), holidays="CN")
DAILY = Calendar("daily", SHANGHAI, (NINE_TO_SIX,) * 7, holidays="CN")

OFF = {
    2024: "01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-08..06-10 09-15..09-17 10-01..10-07",
    2025: "01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
    2026: "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
}
"""Notices of the General Office of the State Council, of 2023-10-25, 2024-11-12 and 2025-11-04."""

WORKED = {
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}


def days(year: int, texts: str) -> set[date]:
    found: set[date] = set()
    for text in texts.split():
        first, _, last = text.partition("..")
        begin, end = (date.fromisoformat(f"{year}-{one}") for one in (first, last or first))
        found |= {begin + timedelta(days=ahead) for ahead in range((end - begin).days + 1)}
    return found


def all_days(year: int) -> list[date]:
    found = (date(year, 1, 1) + timedelta(days=ahead) for ahead in range(366))
    return [day for day in found if day.year == year]


@pytest.mark.parametrize("year", sorted(OFF))
def test_an_office_works_on_the_days_that_the_notice_says(year: int) -> None:
    off, worked = days(year, OFF[year]), days(year, WORKED[year])
    expected = {day for day in all_days(year) if (day.weekday() < 5 and day not in off) or day in worked}
    assert {day for day in all_days(year) if OFFICE.spans_on(day)} == expected
    assert all(day.weekday() >= 5 for day in worked)


@pytest.mark.parametrize("year", [2025, 2026])
def test_who_is_open_every_day_is_closed_on_exactly_the_days_of_the_notice(year: int) -> None:
    assert {day for day in all_days(year) if not DAILY.spans_on(day)} == days(year, OFF[year])


def test_the_reason_names_the_holiday_and_the_weekday_that_is_worked_for() -> None:
    ten = timedelta(hours=2)  # 10:00 in Shanghai
    assert OFFICE.check(datetime(2025, 10, 1, tzinfo=UTC) + ten) == (
        False,
        "holiday 2025-10-01 国庆节 10:00 is outside closed all day",
    )
    assert OFFICE.check(datetime(2025, 1, 26, tzinfo=UTC) + ten) == (True, "sun worked like mon 09:00-18:00")


def test_a_shifted_workday_has_the_hours_of_the_weekday_it_is_worked_for() -> None:
    """2025-01-26 was worked for Monday 2025-02-03, and 2025-02-08 for Tuesday 2025-02-04."""
    tuesday = (Span.parse("08:00-20:00"),)
    calendar = edit.weekly_set(OFFICE, [1], tuesday)
    assert calendar.spans_on(date(2025, 1, 26)) == NINE_TO_SIX
    assert calendar.spans_on(date(2025, 2, 8)) == tuesday


def test_a_special_day_goes_before_the_own_table_and_that_before_the_country() -> None:
    day = date(2025, 10, 1)
    own = edit.own_days_set(OFFICE, {day: OwnDay(worked=True)})
    assert OFFICE.spans_on(day) == ()
    assert own.spans_on(day) == NINE_TO_SIX
    assert own.spans_on(date(2025, 10, 2)) == (), "the rest of a year that the package knows is the country's"
    assert edit.special_set(own, day, [Span.parse("10:00-11:00")]).spans_on(day) == (Span.parse("10:00-11:00"),)


TABLE_2027 = """\ufeff日期,类型,名称
# the notice
2027-02-05,off,春节
2027-02-12,休,春节

2027-02-13,work,调休
2027-02-21: work 调休
2027-05-03 off
"""


def test_a_year_that_the_package_does_not_know_is_told_of_until_a_table_is_imported() -> None:
    through = OFFICE.known_through()
    assert through is not None
    assert through >= 2026
    year = through + 1
    assert warnings(OFFICE, date(through, 11, 14)) == []
    for today in (date(through, 11, 15), date(year, 3, 1)):
        (line,) = warnings(OFFICE, today)
        assert f"holidays of CN are not known for {year}" in line
        assert "contactcenter calendar holidays office --table FILE" in line
    table = read_table(TABLE_2027.replace("2027", str(year)))
    told = edit.own_days_set(OFFICE, table)
    assert told.known_through() == year
    assert warnings(told, date(year, 3, 1)) == []


def test_a_table_for_an_unknown_year_stands_alone() -> None:
    """The package guesses days off in lieu for it: they may be worked after all."""
    year = (OFFICE.known_through() or 0) + 1
    guessed = {day for day in all_days(year) if day.weekday() < 5 and not OFFICE.spans_on(day)}
    assert guessed
    own = {min(guessed): OwnDay(worked=False), date(year, 2, 13): OwnDay(worked=True)}
    told = edit.own_days_set(OFFICE, own)
    assert {day for day in all_days(year) if day.weekday() < 5 and not told.spans_on(day)} == {min(guessed)}


def test_a_table_of_days_off_alone_adds_to_the_country() -> None:
    year = (OFFICE.known_through() or 0) + 1
    day = next(day for day in all_days(year) if OFFICE.spans_on(day))
    told = edit.own_days_set(OFFICE, {day: OwnDay(worked=False, name="company day")})
    closed = [{d for d in all_days(year) if not one.spans_on(d)} for one in (OFFICE, told)]
    assert closed[1] == closed[0] | {day}


def test_a_table_is_read_in_several_notations() -> None:
    assert read_table(TABLE_2027) == {
        date(2027, 2, 5): OwnDay(worked=False, name="春节"),
        date(2027, 2, 12): OwnDay(worked=False, name="春节"),
        date(2027, 2, 13): OwnDay(worked=True, name="调休"),
        date(2027, 2, 21): OwnDay(worked=True, name="调休"),
        date(2027, 5, 3): OwnDay(worked=False, name=""),
    }


def test_each_wrong_line_of_a_table_is_told() -> None:
    with pytest.raises(BadInput) as refused:
        read_table("2027-02-01,off\n2027-02-30,off\n2027-02-02,maybe\n2027-02-01,work\n")
    lines = str(refused.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["line 2", "line 3", "line 4"]
    assert all(what in line for what, line in zip(["no day", "off or work", "twice"], lines, strict=True))


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "day,kind\n"])
def test_a_table_without_days_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no days"):
        read_table(text)


def test_a_part_of_a_country_and_one_that_shifts_nothing() -> None:
    bavaria = Calendar("by", ZoneInfo("Europe/Berlin"), OFFICE.weekly, holidays="DE-BY")
    prussia = Calendar("be", ZoneInfo("Europe/Berlin"), OFFICE.weekly, holidays="DE-BE")
    epiphany = date(2026, 1, 6)
    assert (bavaria.spans_on(epiphany), prussia.spans_on(epiphany)) == ((), NINE_TO_SIX)
    assert bavaria.known_through() is None
    assert warnings(bavaria, date(2050, 1, 1)) == []


@pytest.mark.parametrize("country", ["XX", "cn", "DE-XX", "CN-11", "../..", "China"])
def test_an_unknown_country_is_refused(country: str) -> None:
    with pytest.raises(BadInput, match="there are no holidays of"):
        edit.set_holidays(OFFICE, country)


def test_holidays_can_be_left_again() -> None:
    assert edit.set_holidays(OFFICE, None).spans_on(date(2025, 10, 1)) == NINE_TO_SIX
