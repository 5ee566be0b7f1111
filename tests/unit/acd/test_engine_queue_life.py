"""What a queue is like for those who wait: broadcast, sticky agents, levels that relax, ageing, overflow, redial."""

import math

import pytest
from desk import Desk, kinds, offers, only, queue, stopped

from contactcenter.acd.inputs import (
    CustomerAnswered,
    ExtendWrapUp,
    LogIn,
    LogOut,
    OfferAnswered,
    OfferFailed,
    Overflow,
    Pause,
    PhoneIs,
    Resume,
)
from contactcenter.acd.offers import GRACE
from contactcenter.agents.states import Activity
from contactcenter.errors import BadInput
from contactcenter.events import AlarmRaised, CallAnswered, CallQueued, CallReturned, WrapUpExtended
from contactcenter.ids import AgentNumber, CallId

ONE, TWO, THREE = AgentNumber("1001"), AgentNumber("1002"), AgentNumber("1003")
ALL = (ONE, TWO, THREE)


def broadcast(*agents: str, **settings: object):
    return queue("support", *agents, strategy="broadcast", **settings)


# ---- broadcast


def test_all_free_members_ring_and_the_first_to_answer_has_the_call() -> None:
    desk = Desk(broadcast(*ALL))
    assert offers(desk.enters("a")) == [("a", ONE), ("a", TWO), ("a", THREE)]
    commands = desk.answers("a", TWO)
    assert kinds(commands)[:2] == ["CallAnswered", "Connect"]
    assert stopped(commands) == [("a", ONE, "answered_elsewhere"), ("a", THREE, "answered_elsewhere")]
    assert [desk.agent(n).activity for n in ALL] == [Activity.CLEARING, Activity.TALKING, Activity.CLEARING]
    desk.quiet("a", ONE)
    desk.quiet("a", THREE)
    assert [desk.agent(n).available for n in ALL] == [True, False, True]
    assert [desk.agent(n).misses_in_a_row for n in ALL] == [0, 0, 0]


def test_an_agent_who_is_rung_anew_is_not_freed_by_the_deadline_of_before() -> None:
    desk = Desk(queue("support", ONE))
    desk.enters("a")
    desk.leaves("a")
    desk.quiet("a", ONE)
    assert desk.engine.next_deadline() is None, "nothing is left to wait for"
    desk.clock.advance(5)
    desk.enters("a")
    desk.leaves("a")
    assert kinds(desk.tick(GRACE.total_seconds() - 5)) == []
    assert desk.agent(ONE).activity is Activity.CLEARING


def test_nobody_waits_for_a_sticky_agent_who_is_paused_by_a_miss() -> None:
    desk = Desk(queue("support", ONE, TWO, sticky_wait_seconds=30.0), queue("vip", ONE, misses_before_pause=2))
    desk.enters("a", "vip")
    desk.misses("a", ONE, "busy")
    assert offers(desk.enters("b", sticky=(ONE,))) == []
    assert offers(desk.misses("a", ONE, "busy")) == [("b", TWO)]


def test_two_answers_in_one_instant_are_one_conversation() -> None:
    desk = Desk(broadcast(*ALL, misses_before_pause=1))
    desk.enters("a")
    assert "Connect" in kinds(desk.answers("a", THREE))
    late = desk.answers("a", ONE)
    assert kinds(late) == ["Withdraw"]
    assert stopped(late) == [("a", ONE, "answered_elsewhere")]
    assert kinds(desk.quiet("a", ONE)) == []
    assert desk.agent(ONE).available


def test_who_is_free_during_a_broadcast_rings_too() -> None:
    desk = Desk(broadcast(*ALL))
    desk.tell(Pause(TWO))
    assert offers(desk.enters("a")) == [("a", ONE), ("a", THREE)]
    assert offers(desk.tell(Resume(TWO))) == [("a", TWO)]


def test_a_broadcast_of_limited_width_grows_and_replaces_who_misses() -> None:
    desk = Desk(broadcast(*ALL, "1004", "1005", broadcast_width=2, broadcast_step_seconds=10.0))
    assert offers(desk.enters("a")) == [("a", ONE), ("a", TWO)]
    assert offers(desk.tick(9.9)) == []
    assert offers(desk.misses("a", ONE)) == [("a", THREE)]
    assert offers(desk.tick(0.1)) == [("a", "1004"), ("a", "1005")]


def test_calls_after_a_broadcast_wait_for_phones_that_are_quiet() -> None:
    desk = Desk(broadcast(ONE, TWO))
    desk.enters("a")
    assert offers(desk.enters("b")) == []
    assert offers(desk.answers("a", ONE)) == []
    assert offers(desk.quiet("a", TWO)) == [("b", TWO)]


def test_a_caller_who_leaves_a_broadcast_stops_every_phone() -> None:
    desk = Desk(broadcast(*ALL))
    desk.enters("a")
    assert [agent for _, agent, _ in stopped(desk.leaves("a"))] == list(ALL)


# ---- what is stuck


def test_a_phone_that_never_gets_quiet_is_freed_with_an_alarm() -> None:
    desk = Desk(queue("support", ONE))
    desk.enters("a")
    desk.leaves("a")
    assert kinds(desk.tick(GRACE.total_seconds() - 0.1)) == []
    commands = desk.tick(0.1)
    assert only(commands, AlarmRaised).name == "stuck_reservation"
    assert desk.agent(ONE).available
    assert desk.quiet("a", ONE) == []


def test_a_talk_with_the_phone_on_the_hook_is_ended_with_an_alarm() -> None:
    desk = Desk(queue("support", ONE))
    desk.enters("a")
    desk.tell(PhoneIs(ONE, "busy"))
    desk.answers("a", ONE)
    desk.tell(PhoneIs(ONE, "free"), after=100)
    commands = desk.tick(10)
    assert only(commands, AlarmRaised).name == "stuck_talk"
    assert "WrapUpStarted" in kinds(commands)
    assert desk.over("a", ONE) == []


def test_a_phone_that_is_free_for_a_moment_while_talking_is_nothing() -> None:
    desk = Desk(queue("support", ONE))
    desk.enters("a")
    desk.tell(PhoneIs(ONE, "busy"))
    desk.answers("a", ONE)
    desk.tell(PhoneIs(ONE, "free"))
    desk.tell(PhoneIs(ONE, "busy"), after=1)
    assert "AlarmRaised" not in kinds(desk.tick(10))
    assert desk.agent(ONE).activity is Activity.TALKING


def test_a_phone_that_is_free_again_and_again_is_stuck_only_when_it_stays_so() -> None:
    desk = Desk(queue("support", ONE))
    desk.enters("a")
    desk.tell(PhoneIs(ONE, "busy"))
    desk.answers("a", ONE)
    desk.tell(PhoneIs(ONE, "free"))
    desk.tell(PhoneIs(ONE, "busy"), after=1)
    desk.tell(PhoneIs(ONE, "free"), after=8)
    assert "AlarmRaised" not in kinds(desk.tick(1))
    assert "AlarmRaised" in kinds(desk.tick(9))


def test_an_agent_gone_before_the_connection_gives_the_call_its_place_back() -> None:
    desk = Desk(queue("support", ONE, TWO))
    desk.tell(Pause(TWO))
    desk.enters("a")
    desk.clock.advance(5)
    desk.enters("b")
    desk.answers("a", ONE)
    desk.tell(Resume(TWO))
    commands = desk.connect_fails("a", ONE)
    assert only(commands, CallReturned).agent == ONE
    assert desk.engine.position("a") == 1
    assert desk.agent(ONE).misses_in_a_row == 1


# ---- sticky


def test_a_call_waits_for_its_busy_sticky_agent_and_gets_them() -> None:
    desk = Desk(queue("support", ONE, TWO, sticky_wait_seconds=30.0, wrap_up_seconds=0.0))
    desk.enters("x", sticky=(ONE,))
    desk.answers("x", ONE)
    assert offers(desk.enters("a", sticky=(ONE,))) == []
    desk.clock.advance(10)
    assert offers(desk.enters("b")) == [("b", TWO)], "others do not wait for that"
    assert offers(desk.over("x", ONE)) == [("a", ONE)]


def test_the_wait_for_a_sticky_agent_ends_with_its_time() -> None:
    desk = Desk(queue("support", ONE, TWO, sticky_wait_seconds=30.0))
    desk.enters("x", sticky=(ONE,))
    desk.answers("x", ONE)
    desk.enters("a", sticky=(ONE,))
    assert offers(desk.tick(29.9)) == []
    assert offers(desk.tick(0.1)) == [("a", TWO)]


@pytest.mark.parametrize("how", [Pause(ONE), LogOut(ONE), PhoneIs(ONE, "unreachable")])
def test_nobody_waits_for_a_sticky_agent_who_went_away(how: Pause | LogOut | PhoneIs) -> None:
    desk = Desk(queue("support", ONE, TWO, sticky_wait_seconds=30.0))
    desk.enters("x", sticky=(ONE,))
    desk.answers("x", ONE)
    desk.enters("a", sticky=(ONE,))
    assert offers(desk.tell(how)) == [("a", TWO)]


def test_a_sticky_agent_of_a_higher_level_is_asked_before_the_level_relaxes() -> None:
    desk = Desk(queue("support", ONE, (TWO, 3), relax_seconds=60.0))
    desk.tell(Pause(ONE))
    desk.tell(Pause(TWO))
    desk.enters("a", sticky=(TWO,))
    assert offers(desk.tell(Resume(TWO))) == [("a", TWO)]


# ---- levels


def test_levels_relax_with_waiting_and_the_place_is_kept() -> None:
    desk = Desk(queue("support", (ONE, 1), (TWO, 2), (THREE, 4), relax_seconds=20.0, wrap_up_seconds=0.0))
    desk.tell(Pause(ONE))
    assert offers(desk.enters("a")) == []
    desk.clock.advance(5)
    assert offers(desk.enters("b")) == []
    assert offers(desk.tick(15)) == [("a", TWO)]
    assert offers(desk.tick(5)) == []
    assert offers(desk.serves("a", TWO)) == [("b", TWO)]
    desk.answers("b", TWO)
    desk.enters("c")
    assert offers(desk.tick(59.9)) == []
    assert offers(desk.tick(0.1)) == [("c", THREE)]


@pytest.mark.parametrize("strategy", ["round_robin", "broadcast"])
@pytest.mark.parametrize("step", [0.1, 0.7, 1 / 3, 7.3, 1e-9])
def test_a_step_that_is_no_round_number_never_stands_still(strategy: str, step: float) -> None:
    """The next deadline lies ahead: else whoever ticks then would tick for ever."""
    steps = {"relax_seconds": step} if strategy == "round_robin" else {"broadcast_step_seconds": step}
    desk = Desk(queue("support", ONE, (TWO, 9), strategy=strategy, broadcast_width=1, max_wait_seconds=0.0, **steps))
    desk.tell(Pause(ONE))
    desk.tell(Pause(TWO))
    desk.enters("a")
    for _ in range(9):
        deadline = desk.engine.next_deadline()
        if deadline is None:
            break
        assert deadline > desk.now
        desk.tick((deadline - desk.now).total_seconds())


def test_a_place_that_is_kept_relaxes_from_when_it_began() -> None:
    desk = Desk(queue("support", ONE, (TWO, 2), relax_seconds=20.0))
    desk.tell(Pause(ONE))
    since = desk.now
    desk.clock.advance(15)
    assert offers(desk.enters("a", since=since)) == []
    assert offers(desk.tick(5)) == [("a", TWO)]


def test_levels_count_from_the_lowest_there_is() -> None:
    desk = Desk(queue("support", (ONE, 3), (TWO, 4), relax_seconds=20.0))
    assert offers(desk.enters("a")) == [("a", ONE)]
    assert offers(desk.enters("b")) == []
    assert offers(desk.tick(20)) == [("b", TWO)]


# ---- ageing


def test_no_flood_of_vips_keeps_a_standard_call_longer_than_the_bound() -> None:
    """One agent, a talk each minute, a VIP each half minute: the standard call is served within ageing_seconds x 10 of
    waiting, and then before every VIP who came later than that."""
    desk = Desk(queue("support", ONE, wrap_up_seconds=0.0, max_wait_seconds=0.0))
    desk.enters("first", priority=10)
    desk.enters("standard", priority=0)
    entered, talking = desk.now, "first"
    for number in range(200):
        desk.clock.advance(30)
        desk.enters(f"vip{number}", priority=10)
        if number % 2:
            ((following, _),) = offers(desk.serves(talking, ONE))
            talking = following
            if talking == "standard":
                break
    bound = desk.site.ageing_seconds * 10
    vips_before = bound / 30
    assert talking == "standard"
    assert (desk.now - entered).total_seconds() <= vips_before * 60 + 60


def test_a_point_of_priority_is_worth_the_sites_seconds() -> None:
    desk = Desk(queue("support", ONE, wrap_up_seconds=0.0))
    desk.enters("now")
    desk.enters("low", priority=4)
    desk.clock.advance(desk.site.ageing_seconds - 1)
    desk.enters("soon", priority=5)
    desk.clock.advance(2)
    desk.enters("late", priority=5)
    assert [desk.engine.position(call) for call in ("soon", "low", "late")] == [1, 2, 3]


# ---- who gets in, and who is sent on


def test_a_full_queue_a_closed_one_and_one_without_agents_take_nobody_in() -> None:
    desk = Desk(
        queue("support", ONE, max_length=1, overflow_full="queue:vip"),
        queue("vip", TWO, accepting=False, overflow_closed="voice_message"),
        queue("renewals", THREE, overflow_no_agents="callback"),
    )
    for agent in ALL:
        desk.tell(Pause(agent))
    desk.tell(LogOut(THREE))
    desk.enters("a")
    for call, to, action, why in (
        ("b", "support", "queue:vip", "full"),
        ("c", "vip", "voice_message", "closed"),
        ("d", "renewals", "callback", "no_agents"),
    ):
        commands = desk.enters(call, to)
        assert kinds(commands) == ["CallOverflowed", "Overflow"]
        assert only(commands, Overflow) == Overflow(call, action, why)
        assert desk.engine.position(call) is None


def test_the_maximum_wait_lets_a_phone_ring_to_its_end() -> None:
    desk = Desk(queue("support", ONE, max_wait_seconds=10.0, ring_seconds=20.0))
    desk.enters("a")
    assert kinds(desk.tick(10)) == []
    commands = desk.misses("a", ONE)
    assert only(commands, Overflow) == Overflow("a", "hang_up", "max_wait")
    assert offers(commands) == []


def test_the_last_who_logs_out_sends_everybody_on_and_a_pause_does_not() -> None:
    desk = Desk(queue("support", ONE, TWO, overflow_no_agents="queue:vip"), queue("vip"))
    desk.tell(Pause(ONE))
    desk.tell(Pause(TWO))
    desk.enters("a")
    desk.enters("b")
    assert kinds(desk.tell(LogOut(ONE))) == ["AgentLoggedOut"]
    commands = desk.tell(LogOut(TWO))
    assert [c.call for c in commands if isinstance(c, Overflow)] == ["a", "b"]
    desk.tell(LogIn(ONE))
    assert kinds(desk.enters("c"))[0] == "CallQueued"


def test_a_place_that_is_kept_is_not_refused_for_want_of_room() -> None:
    desk = Desk(queue("support", ONE, max_length=1))
    desk.tell(Pause(ONE))
    since = desk.now
    desk.clock.advance(60)
    desk.enters("a")
    assert only(desk.enters("b", since=since), CallQueued).since == since
    assert desk.engine.position("b") == 1


def test_who_redials_is_not_refused_for_want_of_room() -> None:
    desk = Desk(queue("support", ONE, max_length=1))
    desk.tell(Pause(ONE))
    desk.enters("a", caller="+86138")
    desk.leaves("a", hung_up=True)
    desk.clock.advance(1)
    desk.enters("b")
    assert kinds(desk.enters("c")) == ["CallOverflowed", "Overflow"]
    assert kinds(desk.enters("a2", caller="+86138")) == ["CallQueued"]
    assert desk.engine.position("a2") == 1


def test_redial_within_the_time_has_the_old_place_once() -> None:
    desk = Desk(queue("support", ONE, redial_seconds=60.0))
    desk.tell(Pause(ONE))
    desk.enters("a", caller="+86138")
    entered = desk.now
    desk.clock.advance(20)
    desk.leaves("a", hung_up=True)
    desk.enters("b", caller="+86139")
    desk.clock.advance(60)
    again = only(desk.enters("c", caller="+86138"), CallQueued)
    assert (again.since, again.position) == (entered, 1)
    assert only(desk.enters("d", caller="+86138"), CallQueued).since is None


@pytest.mark.parametrize(("hung_up", "caller", "after"), [(False, "+86138", 1), (True, "", 1), (True, "+86138", 61)])
def test_no_redial_for_who_did_not_hang_up_or_has_no_number_or_comes_too_late(
    hung_up: bool, caller: str, after: float
) -> None:
    desk = Desk(queue("support", ONE, redial_seconds=60.0))
    desk.tell(Pause(ONE))
    desk.enters("a", caller=caller)
    desk.leaves("a", hung_up)
    desk.clock.advance(after)
    assert only(desk.enters("b", caller=caller), CallQueued).since is None


# ---- wrap-up


def test_a_wrap_up_is_extended_and_still_ended_early() -> None:
    desk = Desk(queue("support", ONE, wrap_up_seconds=10.0))
    desk.enters("a")
    desk.serves("a", ONE)
    assert only(desk.tell(ExtendWrapUp(ONE, 30), after=5), WrapUpExtended).until == desk.agent(ONE).wrap_up_until
    assert kinds(desk.tick(10)) == []
    assert kinds(desk.tell(Resume(ONE))) == ["WrapUpEnded"]
    with pytest.raises(BadInput, match="is not in wrap-up"):
        desk.tell(ExtendWrapUp(ONE))


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, 1e9])
def test_a_wrap_up_is_not_extended_by_nonsense(seconds: float) -> None:
    desk = Desk(queue("support", ONE))
    desk.enters("a")
    desk.serves("a", ONE)
    with pytest.raises(BadInput, match="can't be extended by"):
        desk.tell(ExtendWrapUp(ONE, seconds))


def test_a_wrap_up_holds_in_all_queues_and_through_changes() -> None:
    desk = Desk(queue("support", ONE, wrap_up_seconds=10.0), queue("vip", ONE, wrap_up_seconds=0.0))
    desk.enters("a")
    desk.serves("a", ONE)
    assert offers(desk.enters("b", "vip")) == []
    desk.configure(queue("vip", ONE), queue("support"))
    assert offers(desk.tick(9.9)) == []
    assert offers(desk.tick(0.1)) == [("b", ONE)]


# ---- callbacks


def test_a_provisional_answer_counts_when_the_customer_is_there() -> None:
    desk = Desk(queue("support", ONE))
    desk.enters("a", provisional=True)
    assert kinds(desk.answers("a", ONE)) == ["Connect"]
    desk.clock.advance(9)
    assert only(desk.tell(CustomerAnswered(CallId("a"))), CallAnswered).agent == ONE
    assert desk.tell(CustomerAnswered(CallId("a"))) == []


def test_a_customer_who_does_not_answer_frees_the_agent_without_wrap_up() -> None:
    desk = Desk(queue("support", ONE))
    desk.enters("a", provisional=True)
    desk.answers("a", ONE)
    assert kinds(desk.leaves("a")) == ["OfferWithdrawn"]
    assert (desk.agent(ONE).available, desk.agent(ONE).misses_in_a_row) == (True, 0)


# ---- late words


def test_words_about_an_earlier_attempt_do_not_count_for_the_next() -> None:
    desk = Desk(queue("support", ONE, misses_before_pause=0))
    desk.enters("a")
    desk.misses("a", ONE)
    assert desk.attempt("a", ONE) == 2
    assert desk.tell(OfferFailed(CallId("a"), ONE, 1, "busy")) == []
    assert stopped(desk.tell(OfferAnswered(CallId("a"), ONE, 1))) == [("a", ONE, "answered_elsewhere")]
    assert desk.agent(ONE).activity is Activity.RESERVED
    assert "Connect" in kinds(desk.answers("a", ONE))
    assert desk.tell(OfferAnswered(CallId("a"), ONE, 2)) == [], "told twice"
