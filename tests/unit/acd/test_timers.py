"""Timers against a list that is searched from end to end."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contactcenter.acd.inputs import Command
from contactcenter.acd.timers import Timer, Timers
from contactcenter.simulator.clock import MONDAY_MORNING

moments = st.integers(0, 6).map(lambda second: MONDAY_MORNING + timedelta(seconds=second))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("at"), moments),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("fire"), moments),
    ),
    max_size=30,
)


@given(steps)
def test_what_is_due_is_done_once_nearest_first_and_never_what_was_cancelled(some: list[tuple[str, object]]) -> None:
    timers, made, done = Timers(), list[Timer](), list[int]()
    waiting: dict[int, datetime] = {}
    expected: list[int] = []
    for word, value in some:
        if isinstance(value, datetime) and word == "at":
            number = len(made)

            def due(_: datetime, number: int = number) -> list[Command]:
                done.append(number)
                return []

            made.append(timers.at(value, due))
            waiting[number] = value
        elif isinstance(value, datetime):
            timers.fire(value)
            ripe = sorted((when, number) for number, when in waiting.items() if when <= value)
            expected += [number for _, number in ripe]
            waiting = {number: when for number, when in waiting.items() if when > value}
        elif isinstance(value, int) and value < len(made):
            made[value].cancel()
            waiting.pop(value, None)
        assert timers.next == min(waiting.values(), default=None)
        assert done == expected
        assert [number for number, timer in enumerate(made) if timer.alive] == sorted(waiting)


def test_what_a_deadline_sets_for_the_same_instant_is_done_in_the_same_instant() -> None:
    timers, done = Timers(), list[str]()

    def second(_: datetime) -> list[Command]:
        done.append("second")
        return []

    def first(now: datetime) -> list[Command]:
        done.append("first")
        timers.at(now, second)
        return []

    timers.at(MONDAY_MORNING, first)
    timers.fire(MONDAY_MORNING)
    assert (done, timers.next) == (["first", "second"], None)
