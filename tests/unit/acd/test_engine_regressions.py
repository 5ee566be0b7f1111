"""What nearly went wrong: each a small story of its own."""

from datetime import timedelta

from desk import Desk, offers, only, queue

from contactcenter.acd.inputs import LogOut, OfferFailed, Overflow, Pause
from contactcenter.acd.offers import BACK_OFF
from contactcenter.agents.states import Activity
from contactcenter.events import AgentPaused, CallQueued
from contactcenter.ids import AgentNumber, CallId

ONE = AgentNumber("1001")
TWO = AgentNumber("1002")


def test_queues_removed_together_send_nobody_into_each_other() -> None:
    desk = Desk(
        queue("one", ONE, overflow_timeout="queue:two"),
        queue("two", overflow_timeout="queue:three"),
        queue("three", overflow_timeout="number:10086"),
        queue("left", overflow_timeout="queue:right"),
        queue("right", overflow_timeout="queue:left"),
    )
    desk.tell(Pause(ONE))
    desk.enters("a", "one")
    desk.enters("b", "left")
    commands = desk.configure()
    assert [(c.call, c.to) for c in commands if isinstance(c, Overflow)] == [("a", "number:10086"), ("b", "hang_up")]


def test_a_clock_that_is_set_back_makes_no_level_go_away() -> None:
    desk = Desk(queue("support", (ONE, 1), (TWO, 2), relax_seconds=10.0))
    desk.enters("a")
    desk.clock._now -= timedelta(seconds=100)
    assert offers(desk.misses("a", ONE)) == [("a", ONE)]


def test_offers_are_counted_on_when_a_call_comes_again() -> None:
    """Else a late word about the first visit would be taken for one about the second."""
    desk = Desk(queue("support", ONE), queue("vip", ONE))
    desk.enters("a")
    desk.leaves("a")
    desk.quiet("a", ONE)
    desk.enters("a", "vip")
    assert desk.attempt("a", ONE) == 2
    assert desk.tell(OfferFailed(CallId("a"), ONE, 1, "no_answer")) == []
    assert desk.agent(ONE).activity is Activity.RESERVED


def test_a_failure_told_twice_does_not_end_the_pause_after_it() -> None:
    desk = Desk(queue("support", ONE, misses_before_pause=0))
    desk.enters("a")
    desk.misses("a", ONE, "busy")
    assert offers(desk.misses("a", ONE, "busy")) == []
    assert desk.misses("a", ONE, "busy") == []
    assert not desk.agent(ONE).available
    assert offers(desk.tick(BACK_OFF.total_seconds())) == [("a", ONE)]


def test_no_redial_where_that_is_turned_off() -> None:
    desk = Desk(queue("support", redial_seconds=0.0))
    desk.enters("a", caller="+86138")
    desk.clock.advance(1)
    desk.enters("b")
    desk.leaves("a", hung_up=True)
    assert only(desk.enters("c", caller="+86138"), CallQueued).position == 2


def test_who_is_logged_out_is_not_paused_for_a_connection_that_failed() -> None:
    desk = Desk(queue("support", ONE, misses_before_pause=1))
    desk.enters("a")
    desk.answers("a", ONE)
    desk.tell(LogOut(ONE))
    commands = desk.connect_fails("a", ONE)
    assert [c for c in commands if isinstance(c, AgentPaused)] == []
    assert desk.agent(ONE).state == "logged_out"


def test_many_who_become_free_at_once_are_given_calls_in_the_order_of_service() -> None:
    numbers = [str(number) for number in range(1001, 1021)]
    desk = Desk(queue("support", *numbers, wrap_up_seconds=10.0))
    for number in range(20):
        desk.enters(f"first{number}")
        desk.answers(f"first{number}", numbers[number])
    for number in range(30):
        desk.enters(f"then{number}")
    for number in range(20):
        desk.over(f"first{number}", numbers[number])
    assert [call for call, _ in offers(desk.tick(10))] == [f"then{number}" for number in range(20)]
