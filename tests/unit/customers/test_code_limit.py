"""Guessing service codes: so many wrong ones from a number in an hour, so many from all in ten minutes, and not one more."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contactcenter.customers.code_limit import NUMBER_WINDOW, TOTAL_WINDOW, CodeLimit

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_ten_wrong_codes_of_a_number_in_an_hour_and_no_more() -> None:
    limit = CodeLimit(10, 100)
    assert [limit.take("+861", after(60 * n)) for n in range(12)] == [None] * 10 + ["number"] * 2
    assert limit.take("+862", after(700)) is None, "others are not concerned"
    assert limit.take("+861", after(3599)) == "number"
    assert limit.take("+861", after(3600)) is None, "the first one is an hour ago"
    assert limit.take("+861", after(3601)) == "number"


def test_tries_over_the_limit_do_not_lengthen_it() -> None:
    limit = CodeLimit(3, 100)
    for seconds in (*range(3), *range(100, 3600, 10)):
        limit.take("+861", after(seconds))
    assert limit.take("+861", after(3600)) is None


def test_right_codes_do_not_count() -> None:
    """Twenty people of a company call by its switchboard and key the right code."""
    limit = CodeLimit(3, 5)
    for n in range(20):
        assert limit.take("+861", after(n)) is None
        limit.right("+861", after(n))
    assert limit.take("+862", after(20)) is None


def test_calls_at_the_same_moment_get_no_more_tries() -> None:
    """Each is taken before any of them was looked up."""
    limit = CodeLimit(10, 100)
    assert [limit.take("+861", NOW) for _ in range(50)].count(None) == 10


def test_withheld_numbers_are_one() -> None:
    limit = CodeLimit(3, 100)
    assert [limit.take("", after(n)) for n in range(4)] == [None, None, None, "number"]


def test_all_numbers_together() -> None:
    limit = CodeLimit(10, 100)
    assert [limit.take(f"+86{n}", after(n)) for n in range(102)] == [None] * 100 + ["total"] * 2
    assert limit.take("+86999", after(599)) == "total"
    assert limit.take("+86999", after(600)) is None


def test_it_is_told_once_for_each_window() -> None:
    limit = CodeLimit(3, 100)
    told = [limit.tell("number", "+861", after(seconds)) for seconds in (0, 1, 3599, 3600, 3601)]
    assert told == [True, False, False, True, False]
    assert [limit.tell("total", number, after(n)) for n, number in enumerate(("+861", "+862"))] == [True, False]
    assert limit.tell("total", "+861", after(TOTAL_WINDOW.total_seconds()))
    assert limit.tell("number", "+862", after(2)), "each number for itself"


def test_what_was_before_a_restart_counts() -> None:
    limit = CodeLimit(3, 100)
    limit.restore([("+861", after(n)) for n in range(3)])
    assert limit.take("+861", after(60)) == "number"
    assert limit.take("+861", after(3600)) is None


def test_numbers_are_forgotten() -> None:
    limit = CodeLimit(10, 10**6)
    for n in range(5000):
        limit.take(f"+86{n}", NOW)
    assert len(limit) == 5000
    limit.take("+861", NOW + NUMBER_WINDOW)
    assert len(limit) == 1


@given(
    st.lists(st.tuples(st.sampled_from(["", "+861", "+862"]), st.floats(0, 1000), st.booleans()), max_size=200),
)
def test_never_more_in_any_window(tries: list[tuple[str, float, bool]]) -> None:
    limit, now = CodeLimit(4, 9), NOW
    wrong: list[tuple[str, datetime]] = []
    for number, wait, right in tries:
        now += timedelta(seconds=wait)
        if limit.take(number, now) is None:
            if right:
                limit.right(number, now)
            else:
                wrong.append((number, now))
    for _, start in wrong:
        assert sum(1 for _, at in wrong if start <= at < start + TOTAL_WINDOW) <= 9
        for number in ("", "+861", "+862"):
            within = [at for who, at in wrong if who == number and start <= at < start + NUMBER_WINDOW]
            assert len(within) <= 4
