"""Who is offered to whom, and what becomes of an offer."""

import pytest
from desk import Desk, kinds, offers, only, queue, stopped

from contactcenter.acd.inputs import CallEnters, LogOut, Offer, OpenTickets, Pause, PhoneIs, Resume
from contactcenter.acd.offers import GRACE, MISSED_PAUSE
from contactcenter.agents.states import Activity
from contactcenter.errors import NotFound
from contactcenter.events import (
    AgentPaused,
    AlarmRaised,
    CallAnswered,
    CallOffered,
    CallQueued,
    OfferMissed,
    OfferWithdrawn,
    WrapUpEnded,
    WrapUpStarted,
)
from contactcenter.ids import AgentNumber, CallId, QueueName


def test_a_call_with_a_free_agent_is_offered_in_the_same_moment() -> None:
    desk = Desk(queue("support", "1001"))
    commands = desk.enters("a", priority=5)
    assert kinds(commands) == ["CallQueued", "CallOffered", "Offer"]
    assert only(commands, CallQueued) == CallQueued(at=desk.now, call="a", queue="support", priority=5, position=1)
    assert only(commands, Offer) == Offer("a", "support", "1001", 20.0, 1, "round_robin")
    assert desk.agent("1001").activity is Activity.RESERVED


def test_two_calls_and_one_agent_are_one_offer() -> None:
    desk = Desk(queue("support", "1001"))
    assert offers(desk.enters("a")) == [("a", "1001")]
    assert offers(desk.enters("b")) == []
    assert desk.engine.position("b") == 2
    assert offers(desk.serves("a", "1001")) == []
    assert offers(desk.tick(10)) == [("b", "1001")]


def test_a_wait_ends_with_the_first_agent_who_can_take_it() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    for number in ("1001", "1002"):
        desk.tell(Pause(AgentNumber(number)))
    desk.enters("a")
    assert offers(desk.tell(Resume(AgentNumber("1002")))) == [("a", "1002")]


@pytest.mark.parametrize("phone", ["busy", "unreachable"])
def test_a_phone_that_is_not_free_is_never_offered_a_call(phone: str) -> None:
    desk = Desk(queue("support", "1001"))
    desk.tell(PhoneIs(AgentNumber("1001"), phone))
    assert offers(desk.enters("a")) == []
    assert offers(desk.tell(PhoneIs(AgentNumber("1001"), "free"))) == [("a", "1001")]


def test_priority_comes_before_arrival_and_arrival_before_the_rest() -> None:
    desk = Desk(queue("support", "1001", wrap_up_seconds=0.0))
    desk.enters("now")
    for call, priority in (("low", 1), ("high", 9), ("low2", 1), ("high2", 9)):
        desk.clock.advance(1)
        desk.enters(call, priority=priority)
    served = []
    current = "now"
    for _ in range(4):
        ((current, _),) = offers(desk.serves(current, "1001"))
        served.append(current)
    assert served == ["high", "high2", "low", "low2"]


def test_one_order_over_all_queues_of_an_agent() -> None:
    desk = Desk(queue("support", "1001", wrap_up_seconds=0.0), queue("vip", "1001", wrap_up_seconds=0.0))
    desk.enters("now")
    desk.clock.advance(1)
    desk.enters("standard", "support", 5)
    desk.clock.advance(1)
    desk.enters("vip", "vip", 8)
    assert desk.engine.position("vip") == 1
    assert offers(desk.serves("now", "1001")) == [("vip", "1001")]
    assert offers(desk.serves("vip", "1001")) == [("standard", "1001")]


def test_lower_levels_are_asked_first() -> None:
    desk = Desk(queue("support", ("1001", 3), ("1002", 1), ("1003", 2)))
    assert offers(desk.enters("a")) == [("a", "1002")]
    assert offers(desk.misses("a", "1002")) == [("a", "1003")]
    assert offers(desk.misses("a", "1003")) == [("a", "1001")]


def test_a_missed_offer_keeps_the_place_and_goes_to_the_next() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.enters("a", priority=3)
    desk.clock.advance(1)
    desk.tell(Pause(AgentNumber("1002")))
    desk.enters("b", priority=3)
    desk.tell(Resume(AgentNumber("1002")))
    commands = desk.misses("a", "1001", "busy")
    missed = only(commands, OfferMissed)
    assert (missed.agent, missed.reason) == ("1001", "busy")
    assert only(commands, CallOffered).attempt == 2
    assert desk.engine.position("a") == 1
    assert desk.engine.position("b") == 2


def test_who_has_missed_this_call_least_is_asked_first_again() -> None:
    desk = Desk(queue("support", "1001", "1002", misses_before_pause=0))
    desk.enters("a")
    asked = ["1001"]
    for _ in range(5):
        ((_, agent),) = offers(desk.misses("a", asked[-1]))
        asked.append(agent)
    assert asked == ["1001", "1002"] * 3


def test_sticky_agents_first_best_first_and_only_members() -> None:
    desk = Desk(queue("support", "1001", "1002", ("1003", 5)), extra=("1009",))
    commands = desk.enters("a", sticky=("1009", "1003", "1002"))
    assert [(c.agent, c.why) for c in commands if isinstance(c, Offer)] == [("1003", "sticky")]
    assert offers(desk.misses("a", "1003")) == [("a", "1002")]
    assert offers(desk.misses("a", "1002")) == [("a", "1001")]


def test_a_busy_sticky_agent_is_not_waited_for() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.tell(Pause(AgentNumber("1002")))
    assert offers(desk.enters("a", sticky=("1002",))) == [("a", "1001")]


def test_after_so_many_misses_in_a_row_an_agent_is_paused_with_a_reason() -> None:
    desk = Desk(queue("support", "1001", misses_before_pause=2))
    desk.enters("a")
    assert offers(desk.misses("a", "1001")) == [("a", "1001")]
    commands = desk.misses("a", "1001")
    assert only(commands, AgentPaused).reason == MISSED_PAUSE
    assert offers(commands) == []
    assert offers(desk.tell(Resume(AgentNumber("1001")))) == [("a", "1001")]


def test_an_answer_between_makes_misses_count_anew() -> None:
    desk = Desk(queue("support", "1001", misses_before_pause=2, wrap_up_seconds=0.0))
    desk.enters("a")
    desk.misses("a", "1001")
    desk.serves("a", "1001")
    desk.enters("b")
    assert "AgentPaused" not in kinds(desk.misses("b", "1001"))


def test_a_caller_who_left_is_no_miss_of_the_agents() -> None:
    desk = Desk(queue("support", "1001", misses_before_pause=1))
    desk.enters("a")
    commands = desk.leaves("a")
    assert only(commands, OfferWithdrawn).why == "caller_gone"
    assert stopped(commands) == [("a", "1001", "caller_gone")]
    assert not desk.agent("1001").available, "the phone still rings"
    desk.quiet("a", "1001")
    assert (desk.agent("1001").available, desk.agent("1001").misses_in_a_row) == (True, 0)
    assert desk.engine.position("a") is None


def test_an_answer_begins_a_talk_and_its_end_the_wrap_up() -> None:
    desk = Desk(queue("support", "1001", wrap_up_seconds=15.0))
    desk.enters("a")
    desk.rings("a", "1001")
    assert desk.agent("1001").activity is Activity.RINGING
    answered = only(desk.answers("a", "1001"), CallAnswered)
    assert (answered.agent, answered.agent_name) == ("1001", "name of 1001")
    assert desk.engine.position("a") is None
    desk.clock.advance(60)
    started = only(desk.over("a", "1001"), WrapUpStarted)
    assert (started.until - desk.now).total_seconds() == 15
    assert desk.engine.next_deadline() == started.until
    assert kinds(desk.tick(14.9)) == []
    assert only(desk.tick(0.1), WrapUpEnded).call == "a"
    assert desk.agent("1001").available


def test_an_agent_may_end_the_wrap_up_early() -> None:
    desk = Desk(queue("support", "1001"))
    desk.enters("a")
    desk.serves("a", "1001")
    desk.enters("b")
    commands = desk.tell(Resume(AgentNumber("1001")), after=3)
    assert kinds(commands) == ["WrapUpEnded", "CallOffered", "Offer"]
    assert kinds(desk.tick(60)) != kinds(commands)
    assert desk.agent("1001").wrap_up_until is None


def test_without_wrap_up_the_next_call_comes_at_once() -> None:
    desk = Desk(queue("support", "1001", wrap_up_seconds=0.0))
    desk.enters("a")
    desk.enters("b")
    assert offers(desk.serves("a", "1001")) == [("b", "1001")]


def test_a_pause_while_ringing_lets_this_call_through_and_no_other() -> None:
    desk = Desk(queue("support", "1001", wrap_up_seconds=0.0))
    desk.enters("a")
    desk.enters("b")
    desk.rings("a", "1001")
    desk.tell(Pause(AgentNumber("1001"), "lunch"))
    assert desk.agent("1001").state == "ringing"
    assert offers(desk.serves("a", "1001")) == []
    assert desk.agent("1001").state == "paused"


def test_a_log_out_while_talking_waits_for_the_end_of_the_talk() -> None:
    desk = Desk(queue("support", "1001", wrap_up_seconds=0.0))
    desk.enters("a")
    desk.enters("b")
    desk.answers("a", "1001")
    desk.tell(LogOut(AgentNumber("1001")))
    assert desk.agent("1001").state == "talking"
    assert offers(desk.over("a", "1001")) == []
    assert desk.agent("1001").state == "logged_out"


def test_a_phone_lost_while_ringing_is_given_up_at_once() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.enters("a")
    desk.rings("a", "1001")
    commands = desk.tell(PhoneIs(AgentNumber("1001"), "unreachable"))
    assert only(commands, OfferWithdrawn).why == "agent_gone"
    assert stopped(commands) == [("a", "1001", "agent_gone")]
    assert offers(commands) == [("a", "1002")]
    assert desk.misses("a", "1001") == []
    assert offers(desk.misses("a", "1002")) == [("a", "1002")]


def test_who_logs_out_while_ringing_is_given_up_at_once() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.enters("a")
    desk.rings("a", "1001")
    commands = desk.tell(LogOut(AgentNumber("1001")))
    assert kinds(commands) == ["AgentLoggedOut", "OfferWithdrawn", "Withdraw", "CallOffered", "Offer"]
    assert offers(commands) == [("a", "1002")]


def test_a_reservation_that_nobody_ends_is_freed_with_an_alarm() -> None:
    desk = Desk(queue("support", "1001", "1002", ring_seconds=20.0))
    desk.enters("a")
    deadline = desk.engine.next_deadline()
    assert deadline is not None
    assert (deadline - desk.now).total_seconds() == 20 + GRACE.total_seconds()
    assert kinds(desk.tick(29.9)) == []
    commands = desk.tick(0.1)
    alarm = only(commands, AlarmRaised)
    assert (alarm.name, alarm.call, alarm.agent) == ("stuck_reservation", "a", "1001")
    assert offers(commands) == [("a", "1002")]
    assert desk.agent("1001").available


def test_what_comes_late_or_twice_changes_nothing() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.enters("a")
    desk.misses("a", "1001")
    for late in (desk.rings, desk.misses):
        assert late("a", "1001") == []
    assert stopped(desk.answers("a", "1001")) == [("a", "1001", "answered_elsewhere")]
    assert desk.offered() == {"a": "1002"}
    desk.answers("a", "1002")
    for late in (desk.rings, desk.misses, desk.over):
        assert late("a", "1001") == []
    assert desk.answers("a", "1002") == desk.enters("a") == desk.leaves("a") == []
    assert desk.agent("1002").activity is Activity.TALKING
    desk.over("a", "1002")
    assert desk.over("a", "1002") == []


def test_a_call_enters_once() -> None:
    desk = Desk(queue("support"), queue("vip"))
    desk.enters("a", "support", 1)
    assert desk.enters("a", "vip", 9) == []
    assert [(p.queue, p.priority) for p in desk.engine.waiting] == [("support", 1)]


def test_unknown_queues_and_agents_are_named() -> None:
    desk = Desk(queue("support", "1001"))
    with pytest.raises(NotFound, match=r"no queue sales\. See: contactcenter queue list"):
        desk.enters("a", "sales")
    assert desk.engine.waiting == []
    with pytest.raises(NotFound, match=r"no agent 1999\. See: contactcenter agent list"):
        desk.tell(LogOut(AgentNumber("1999")))
    assert desk.tell(PhoneIs(AgentNumber("1999"), "free")) == []
    assert desk.tell(OpenTickets(AgentNumber("1999"), 3)) == []


def test_who_is_named_first_and_is_not_free_is_told_why_and_need_not_be_a_member() -> None:
    desk = Desk(queue("support", "1001"), queue("vip", "1002"))
    desk.tell(Pause(AgentNumber("1002")))
    asked = desk.engine.asked(QueueName("support"), desk.now, first=[AgentNumber("1002")])
    assert [(one.place, one.agent, one.why) for one in asked if one.agent == "1002"] == [(None, "1002", "paused")]


def test_an_offer_says_who_could_be_asked_and_in_which_order() -> None:
    desk = Desk(queue("support", ("1001", 2), "1002", "1003"))
    for number in ("1001", "1002", "1003"):
        desk.tell(Pause(AgentNumber(number)))
    desk.tell(CallEnters(CallId("a"), QueueName("support"), 0, (AgentNumber("1001"),)))
    for number in ("1001", "1002", "1003"):
        agent = desk.agent(number)
        agent.pause_reason = ""
        desk.engine._state.pool.refresh(agent)
    order = list(desk.engine.order_of_agents(desk.engine.waiting[0]))
    assert order == [("1001", "sticky"), ("1002", "round_robin"), ("1003", "round_robin")]
