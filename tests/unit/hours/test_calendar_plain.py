"""A calendar as YAML and back, and what is refused with which words."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.errors import BadInput
from contactcenter.hours.calendar import Calendar, Closing, OwnDay, Season, Span
from contactcenter.hours.plain import KEYS, plain, read
from contactcenter.hours.span import days_text, in_order, parse_days, parse_spans

SHOWN = """
timezone: Asia/Shanghai
weekly:
  mon-fri: ["09:00-12:00", "13:30-18:00"]
  sat: ["10:00-12:00"]
special:
  2026-12-31: ["09:00-12:00"]
  2027-01-04: {name: stocktaking, hours: []}
holidays: CN
own_days: {2027-02-01: off 春节, 2027-02-20: work 调休}
seasons: [{name: summer, from: 07-01, until: 08-31, weekly: {mon-fri: ["08:00-12:00"]}}]
closed: {until: 2026-12-01 12:00, why: power failure}
"""
TWO = parse_spans(["09:00-12:00", "13:30-18:00"])
ONE = parse_spans(["10:00-12:00"])


def test_the_form_that_people_write() -> None:
    calendar = read("workdays", yaml.safe_load(SHOWN))
    assert calendar == Calendar(
        "workdays",
        ZoneInfo("Asia/Shanghai"),
        (TWO,) * 5 + (ONE, ()),
        {date(2026, 12, 31): parse_spans(["09:00-12:00"]), date(2027, 1, 4): ()},
        {date(2027, 1, 4): "stocktaking"},
        "CN",
        {date(2027, 2, 1): OwnDay(worked=False, name="春节"), date(2027, 2, 20): OwnDay(worked=True, name="调休")},
        (Season("summer", (7, 1), (8, 31), (parse_spans(["08:00-12:00"]),) * 5 + ((), ())),),
        Closing(datetime.fromisoformat("2026-12-01 12:00"), "power failure"),
    )
    written = plain(calendar)
    assert written["weekly"] == {"mon-fri": ["09:00-12:00", "13:30-18:00"], "sat": ["10:00-12:00"]}
    assert yaml.safe_load(SHOWN)["seasons"] == written["seasons"]


def test_the_stored_form_of_before() -> None:
    calendar = read(
        "old",
        {
            "timezone": "Asia/Shanghai",
            "weekly": [["13:30-18:00", "09:00-12:00"]] * 5 + [[], []],
            "special": {"2026-10-01": [], "2026-10-10": ["10:00-12:00"]},
        },
    )
    assert calendar.weekly == (TWO,) * 5 + ((), ())
    assert calendar.special == {date(2026, 10, 1): (), date(2026, 10, 10): ONE}


GOOD = {"timezone": "Asia/Shanghai", "weekly": {"mon-fri": ["09:00-18:00"]}}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"timezone": "Mars/Base"}, "c, timezone: 'Mars/Base' is no time zone"),
        ({"timezone": "../../etc/passwd"}, "is no time zone"),
        ({"timezone": "Asia"}, "is no time zone"),
        ({"timezone": None}, "is no text"),
        ({"weekly": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "the spans 09:00-12:00 and 11:00-13:00 overlap"),
        ({"weekly": {"mon-fri": [], "wed": []}}, "wed is given twice"),
        ({"weekly": {"monday": []}}, "'monday' is not a day of the week"),
        ({"weekly": {"mon": "09:00-18:00"}}, "is no list of spans"),
        ({"weekly": [[]] * 6}, "a week of 6 days"),
        ({"weekly": 7}, "is no week"),
        ({"special": {"2026-02-30": []}}, "special 2026-02-30: '2026-02-30' is no day"),
        ({"special": ["2026-02-03"]}, "c, special: write days"),
        ({"special": {"2026-02-03": {"open": []}}}, "a name and hours, and nothing else"),
        ({"own_days": {"2026-02-03": "perhaps"}}, "does not say off or work"),
        ({"own_days": {f"2026-02-03{n}": "off" for n in range(2001)}}, "2001 days are too many"),
        ({"holidays": False}, 'write "NO" in quotes'),
        ({"holidays": "XX"}, "there are no holidays of 'XX'"),
        ({"seasons": [{"name": "s"}]}, "A season has name, from, until and weekly"),
        (
            {"seasons": [{"name": "s", "from": "13-01", "until": "02-01", "weekly": {}}]},
            "'13-01' is no day of the year",
        ),
        ({"closed": {"until": "tomorrow"}}, "'tomorrow' is no time"),
        ({"closed": {"why": "two\nlines"}}, "is no text"),
        ({"hours": {}}, "'hours' is no setting"),
    ],
)
def test_one_clear_line_for_each_fault(change: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput) as refused:
        read("c", GOOD | change)
    (line,) = str(refused.value).splitlines()
    assert line.startswith("calendar c")
    assert says in line


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        read("c", {"timezone": "x", "weekly": {"mon": ["9-5"]}, "special": {"a": [], "b": []}, "closed": 1})
    assert len(str(refused.value).splitlines()) == 5


def test_seasons_may_not_share_a_day_or_a_name() -> None:
    winter = {"name": "winter", "from": "11-01", "until": "02-28", "weekly": {}}
    for other in (
        {"name": "spring", "from": "02-29", "until": "05-01"},
        {"name": "x", "from": "10-01", "until": "11-01"},
    ):
        with pytest.raises(BadInput, match="both have"):
            read("c", GOOD | {"seasons": [winter, other | {"weekly": {}}]})
    with pytest.raises(BadInput, match="two seasons winter"):
        read("c", GOOD | {"seasons": [winter, winter | {"from": "03-01", "until": "03-02"}]})
    assert (
        len(read("c", GOOD | {"seasons": [winter, winter | {"name": "s", "from": "03-01", "until": "10-31"}]}).seasons)
        == 2
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", [0]),
        ("mon-fri", [0, 1, 2, 3, 4]),
        ("sat-mon", [5, 6, 0]),
        ("Mon, wed-thu", [0, 2, 3]),
        ("daily", list(range(7))),
    ],
)
def test_days_of_the_week(text: str, days: list[int]) -> None:
    assert parse_days(text) == tuple(days)


@pytest.mark.parametrize("text", ["", "mon-", "-mon", "mon,mon", "fri-mon,sun", "mo"])
def test_wrong_days_of_the_week(text: str) -> None:
    with pytest.raises(BadInput):
        parse_days(text)


texts = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)
marks = st.lists(st.integers(0, 1440), unique=True, max_size=8).map(sorted)
span_lists = marks.map(lambda m: tuple(Span(a, b) for a, b in zip(m[::2], m[1::2], strict=False)))
weeks = st.tuples(*[span_lists] * 7)
dates = st.dates(date(2000, 1, 1), date(2100, 1, 1))
month_days = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: (day.month, day.day))
closings = st.builds(
    Closing,
    st.none()
    | st.datetimes().map(lambda t: t.replace(year=t.year % 1000 + 1900, second=0, microsecond=0, day=min(t.day, 28))),
    st.just("") | texts,
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    special = draw(st.dictionaries(dates, span_lists, max_size=4))
    named = draw(st.lists(st.sampled_from(sorted(special)), unique=True)) if special else []
    return Calendar(
        "any",
        ZoneInfo(draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC"]))),
        draw(weeks),
        special,
        {day: draw(texts) for day in named},
        draw(st.sampled_from(["", "CN", "DE-BY", "NO"])),
        draw(st.dictionaries(dates, st.builds(OwnDay, st.booleans(), st.just("") | texts), max_size=4)),
        draw(st.just(()) | st.tuples(st.builds(Season, texts, month_days, month_days, weeks))),
        draw(st.none() | closings),
    )


@given(calendars())
def test_what_is_written_is_read_to_the_same_calendar(calendar: Calendar) -> None:
    written = plain(calendar)
    assert read("any", written) == calendar
    assert read("any", json.loads(json.dumps(written))) == calendar
    assert read("any", yaml.safe_load(yaml.safe_dump(written, allow_unicode=True))) == calendar


@given(
    st.lists(
        st.builds(lambda a, b: Span(min(a, b), max(a, b) + 1), st.integers(0, 1439), st.integers(0, 1439)), max_size=6
    )
)
def test_spans_are_taken_exactly_when_no_minute_is_in_two(spans: list[Span]) -> None:
    minutes = [minute for span in spans for minute in range(span.start, span.end)]
    if len(minutes) == len(set(minutes)):
        assert sorted(spans, key=lambda s: s.start) == list(in_order(spans))
    else:
        with pytest.raises(BadInput, match="overlap"):
            in_order(spans)


@given(st.sets(st.integers(0, 6), min_size=1))
def test_days_are_written_as_they_are_read(days: set[int]) -> None:
    assert parse_days(days_text(sorted(days))) == tuple(sorted(days))


def test_the_file_that_the_page_shows_is_one() -> None:
    page = (Path(__file__).parents[3] / "docs" / "hours.md").read_text(encoding="utf-8")
    shown = page[page.index("    calendars:") : page.index("Days that the week does not name")]
    calendar = read("workdays", yaml.safe_load(shown)["calendars"]["workdays"])
    assert read("workdays", plain(calendar)) == calendar
    assert set(plain(calendar)) == set(KEYS)
