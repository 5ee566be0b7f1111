"""Settings that change while calls wait, ring and are talked about, and settings that can't be."""

import pytest
from desk import Desk, kinds, offers, only, queue, stopped

from contactcenter.acd.inputs import (
    Configure,
    LogIn,
    LogOut,
    Overflow,
    Pause,
    PhoneIs,
    Restore,
    Resume,
)
from contactcenter.acd.settings import DistributionSettings, Member, QueueSettings
from contactcenter.agents.states import Activity
from contactcenter.errors import BadInput, ContactCenterError, NotFound
from contactcenter.events import WrapUpStarted
from contactcenter.ids import AgentNumber, QueueName


def test_a_queue_without_members_lets_calls_wait() -> None:
    desk = Desk(queue("support"), extra=("1001",))
    assert kinds(desk.enters("a")) == ["CallQueued"]
    assert offers(desk.configure(queue("support", "1001"))) == [("a", "1001")]


def test_a_member_added_while_calls_wait_is_offered_one_at_once() -> None:
    desk = Desk(queue("support", "1001"), queue("vip", "1002"))
    desk.enters("a")
    desk.enters("b")
    assert offers(desk.configure(queue("support", "1001", "1002"), queue("vip", "1002"))) == [("b", "1002")]


def test_a_member_taken_out_while_ringing_finishes_that_call_and_gets_no_other() -> None:
    desk = Desk(queue("support", "1001", "1002", wrap_up_seconds=0.0))
    desk.enters("a")
    desk.rings("a", "1001")
    desk.configure(queue("support", "1002"))
    assert desk.offered() == {"a": "1001"}
    assert kinds(desk.answers("a", "1001")) == ["CallAnswered", "Connect"]
    desk.over("a", "1001")
    assert offers(desk.enters("b")) == [("b", "1002")]
    assert offers(desk.enters("c")) == []


def test_a_member_taken_out_while_ringing_who_misses_is_not_asked_again() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.enters("a")
    desk.configure(queue("support", "1002"))
    assert offers(desk.misses("a", "1001")) == [("a", "1002")]
    assert offers(desk.misses("a", "1002")) == [("a", "1002")]


def test_a_strategy_changed_while_calls_wait_counts_from_the_next_offer() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.enters("a")
    desk.answers("a", "1001")
    commands = desk.configure(queue("support", "1001", "1002", strategy="least_load", ring_seconds=7.0))
    assert commands == []
    (_, _, offer) = desk.enters("b")
    assert (offer.why, offer.ring_seconds) == ("least_load", 7.0)


def test_an_agent_removed_while_talking_finishes_the_talk() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.enters("a")
    desk.answers("a", "1001")
    desk.configure(queue("support", "1002"), agents=[AgentNumber("1002")])
    assert desk.agent("1001").activity is Activity.TALKING
    assert "WrapUpStarted" in kinds(desk.over("a", "1001"))
    assert "WrapUpEnded" in kinds(desk.tick(10))
    desk.enters("b")
    assert offers(desk.enters("c")) == []


def test_an_agent_removed_in_a_call_is_gone_afterwards() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.enters("a")
    desk.answers("a", "1001")
    desk.configure(queue("support", "1002"), agents=[AgentNumber("1002")])
    desk.over("a", "1001")
    desk.tick(10)
    assert set(desk.engine.agents) == {"1002"}


def test_an_idle_agent_removed_is_gone_at_once() -> None:
    desk = Desk(queue("support", "1001", "1002"))
    desk.configure(queue("support", "1002"), agents=[AgentNumber("1002")])
    assert set(desk.engine.agents) == {"1002"}
    with pytest.raises(NotFound):
        desk.tell(LogIn(AgentNumber("1001")))


def test_a_queue_removed_while_calls_wait_sends_them_where_its_maximum_wait_would() -> None:
    desk = Desk(queue("support", "1001", overflow_timeout="queue:vip"), queue("vip", "1002"))
    desk.tell(Pause(AgentNumber("1001")))
    desk.enters("a")
    desk.enters("b")
    commands = desk.configure(queue("vip", "1001", "1002"))
    assert [c for c in commands if isinstance(c, Overflow)] == [
        Overflow("a", "queue:vip", "queue_removed"),
        Overflow("b", "queue:vip", "queue_removed"),
    ]
    assert desk.engine.waiting == []
    assert desk.engine.position("a") is None


def test_a_queue_removed_while_its_call_rings_and_is_talked_about() -> None:
    desk = Desk(queue("support", "1001", "1002", wrap_up_seconds=7.0), queue("vip"))
    desk.enters("a")
    desk.enters("b")
    desk.answers("b", "1002")
    commands = desk.configure(queue("vip"))
    assert stopped(commands) == [("a", "1001", "caller_gone")]
    assert desk.misses("a", "1001") == []
    started = only(desk.over("b", "1002"), WrapUpStarted)
    assert (started.until - desk.now).total_seconds() == 7, "the wrap-up is the queue's as it was at the answer"


def test_names_change_and_states_stay() -> None:
    desk = Desk(queue("support", "1001"))
    desk.enters("a")
    desk.tell(Configure((queue("support", "1001"),), ((AgentNumber("1001"), "新名字"),)))
    assert desk.agent("1001").activity is Activity.RESERVED
    assert desk.answers("a", "1001")[0].agent_name == "新名字"


def test_what_was_known_before_a_restart_is_known_again() -> None:
    desk = Desk(queue("support", "1001", "1002", "1003", max_wait_seconds=0.0))
    later = desk.clock.advance(0).replace(hour=3)
    desk.tell(Restore(AgentNumber("1001"), logged_in=True, wrap_up_until=later))
    desk.tell(Restore(AgentNumber("1002"), logged_in=True, pause_reason="lunch"))
    desk.tell(Restore(AgentNumber("1003"), logged_in=False))
    assert [a.state for a in desk.engine.agents.values()] == ["wrap_up", "paused", "logged_out"]
    assert desk.engine.next_deadline() == later
    desk.enters("a")
    assert offers(desk.tick(3600)) == [("a", "1001")]


def test_a_wrap_up_that_was_over_before_the_restart_is_over() -> None:
    desk = Desk(queue("support", "1001"))
    desk.tell(Restore(AgentNumber("1001"), logged_in=True, wrap_up_until=desk.now))
    assert desk.agent("1001").available


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Pause(AgentNumber("1001")), "agent 1001 is logged out and can't be paused. Log in first."),
        (Resume(AgentNumber("1001")), "agent 1001 is logged out and can't resume. Log in first."),
    ],
)
def test_who_is_logged_out_cannot_pause_or_resume(event: Pause | Resume, line: str) -> None:
    desk = Desk(queue("support", "1001"))
    desk.tell(LogOut(AgentNumber("1001")))
    with pytest.raises(ContactCenterError, match=line):
        desk.tell(event)


def test_a_pause_needs_a_reason() -> None:
    desk = Desk(queue("support", "1001"))
    with pytest.raises(BadInput, match="needs a reason, such as lunch"):
        desk.tell(Pause(AgentNumber("1001"), ""))


def test_what_was_known_before_a_restart_does_not_touch_a_talk_that_began_since() -> None:
    desk = Desk(queue("support", "1001"))
    desk.enters("a")
    desk.answers("a", "1001")
    desk.tell(Restore(AgentNumber("1001"), logged_in=True, wrap_up_until=desk.now.replace(hour=3)))
    assert desk.agent("1001").activity is Activity.TALKING
    assert "WrapUpStarted" in kinds(desk.over("a", "1001"))


def test_an_agent_added_anew_keeps_their_turn_when_the_work_of_before_is_forgotten() -> None:
    desk = Desk(queue("support", "1001"), extra=("1002",), site=DistributionSettings(load_window_seconds=60.0))
    desk.enters("a")
    desk.serves("a", "1001", seconds=30)
    desk.tick(10)
    desk.configure(queue("support"), agents=[AgentNumber("1002")])
    desk.configure(queue("support", "1001"), agents=[AgentNumber("1001"), AgentNumber("1002")])
    desk.tell(LogIn(AgentNumber("1001")))
    desk.tell(PhoneIs(AgentNumber("1001"), "free"))
    desk.tick(100)
    assert offers(desk.enters("b")) == [("b", "1001")]


@pytest.mark.parametrize(("before", "now"), [(600.0, 30.0), (0.0, 30.0)])
def test_a_new_maximum_wait_holds_for_those_who_wait(before: float, now: float) -> None:
    desk = Desk(queue("support", "1001", max_wait_seconds=before))
    desk.tell(Pause(AgentNumber("1001")))
    desk.enters("a")
    desk.clock.advance(20)
    desk.configure(queue("support", "1001", max_wait_seconds=now))
    assert kinds(desk.tick(9.9)) == []
    assert only(desk.tick(0.1), Overflow).why == "max_wait"


def test_doing_a_thing_twice_is_one_fact() -> None:
    desk, agent = Desk(queue("support", "1001")), AgentNumber("1001")
    assert desk.tell(LogIn(agent)) == []
    assert kinds(desk.tell(Pause(agent, "lunch"))) == ["AgentPaused"]
    assert desk.tell(Pause(agent, "lunch")) == []
    assert kinds(desk.tell(Pause(agent, "training"))) == ["AgentPaused"]
    assert kinds(desk.tell(LogIn(agent))) == ["AgentResumed"]
    assert desk.tell(Resume(agent)) == []
    assert kinds(desk.tell(LogOut(agent))) == ["AgentLoggedOut"]
    assert desk.tell(LogOut(agent)) == []
    assert kinds(desk.tell(LogIn(agent))) == ["AgentLoggedIn"]


def test_the_default_settings_of_a_queue_can_be() -> None:
    desk = Desk(QueueSettings(QueueName("support"), members=(Member(AgentNumber("1001")),)))
    assert offers(desk.enters("a")) == [("a", "1001")]


def test_a_call_that_comes_back_has_its_place_by_the_ageing_of_now() -> None:
    desk = Desk(queue("support", "1001"), site=DistributionSettings(ageing_seconds=30.0))
    desk.enters("a", priority=2)
    desk.clock.advance(60)
    desk.enters("b", priority=2)
    desk.answers("a", "1001")
    desk.site = DistributionSettings(ageing_seconds=120.0)
    desk.configure(*desk.engine.queues.values())
    desk.tell(Pause(AgentNumber("1001")))
    desk.connect_fails("a", "1001")
    assert desk.engine.position("a") == 1, "of equal priority, and it came first"


def test_a_call_that_comes_back_to_a_queue_that_is_gone_is_sent_on() -> None:
    desk = Desk(queue("support", "1001", overflow_timeout="queue:vip"), queue("vip", "1002"))
    desk.enters("a")
    desk.answers("a", "1001")
    desk.configure(queue("vip", "1002"))
    assert only(desk.connect_fails("a", "1001"), Overflow) == Overflow("a", "queue:vip", "queue_removed")
    assert desk.engine.waiting == []


def test_a_call_that_comes_back_when_nobody_is_logged_in_is_sent_on() -> None:
    desk = Desk(queue("support", "1001", overflow_no_agents="callback"))
    desk.enters("a")
    desk.answers("a", "1001")
    desk.tell(LogOut(AgentNumber("1001")))
    assert only(desk.connect_fails("a", "1001"), Overflow) == Overflow("a", "callback", "no_agents")
    assert desk.engine.waiting == []
