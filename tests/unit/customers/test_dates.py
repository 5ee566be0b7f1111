"""Days as people write them; what could be read two ways is refused with the fix."""

from datetime import UTC, date, datetime

import pytest

from contactcenter.customers.dates import read_date

DAY = date(2026, 12, 31)


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-31",
        "2026/12/31",
        "2026.12.31",
        "20261231",
        20261231,
        "2026年12月31日",
        "2026 年 12 月 31 号",
        "31.12.2026",
        " 2026-12-31 ",
        "2026-12-31T08:30:00+08:00",
        "2026-12-31 00:00:00",
        "2026/12/31 9:05",
        DAY,
        datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
    ],
    ids=str,
)
def test_every_notation_is_the_same_day(written: object) -> None:
    assert read_date(written) == DAY


@pytest.mark.parametrize("written", ["2026-2-5", "2026/02/05", "2026年2月5日", "5.2.2026"])
def test_days_and_months_of_one_digit(written: str) -> None:
    assert read_date(written) == date(2026, 2, 5)


@pytest.mark.parametrize("written", [None, "", "  "])
def test_nothing_is_no_day(written: object) -> None:
    assert read_date(written) is None


@pytest.mark.parametrize("written", ["03/04/2026", "3-4-26", "03/04/26", "01.02.26"])
def test_what_could_be_read_two_ways_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"which is the day of .* Write it as 2026-12-31$"):
        read_date(written)


@pytest.mark.parametrize("written", ["2026-02-30", "2026-13-01", "20260000", "32.1.2026"])
def test_a_day_that_does_not_exist_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="there is no day"):
        read_date(written)


@pytest.mark.parametrize(
    "written", ["soon", "2026-12", "46387", 46387, True, 1.5, ["2026-12-31"], "2026-12/31", "9" * 500]
)
def test_what_is_no_day_is_refused_in_a_short_line(written: object) -> None:
    with pytest.raises(ValueError, match="is no date") as refused:
        read_date(written)
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize("written", ["1026-12-31", "9999-12-31", date(1900, 1, 1)], ids=str)
def test_a_year_far_away_is_a_mistake(written: object) -> None:
    with pytest.raises(ValueError, match=r"no day|too far away"):
        read_date(written)
