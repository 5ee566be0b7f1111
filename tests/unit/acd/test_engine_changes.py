"""Settings that change while calls wait, ring and are talked about, and settings that can't be."""

import math

import pytest
from desk import Desk, kinds, offers, queue

from contactcenter.acd.inputs import Configure, LogIn, LogOut, Member, Pause, QueueSettings, Restore, Resume
from contactcenter.acd.strategies import STRATEGIES
from contactcenter.agents.states import Activity
from contactcenter.errors import BadInput, ContactCenterError, NotFound
from contactcenter.ids import AgentNumber, QueueName

WRONG = [
    (queue("support", "1001", strategy="linear"), "no strategy linear. Use one of: " + ", ".join(sorted(STRATEGIES))),
    (queue("support", "1001", "1001"), "agent 1001 is a member twice. Keep one."),
    (queue("support", "1999"), "no agent 1999. Add the agent first."),
    (queue("support", ("1001", 0)), "level 0 of agent 1001 is outside 1 to 9."),
    (queue("support", ("1001", 10)), "level 10 of agent 1001 is outside 1 to 9."),
    (queue("support", "1001", ring_seconds=0.5), "ring_seconds must be at least 1."),
    (queue("support", "1001", ring_seconds=-20.0), "ring_seconds is negative. Use 0 or more."),
    (queue("support", "1001", wrap_up_seconds=-1.0), "wrap_up_seconds is negative. Use 0 or more."),
    (queue("support", "1001", max_wait_seconds=-1.0), "max_wait_seconds is negative. Use 0 or more."),
    (queue("support", "1001", announce_seconds=-1.0), "announce_seconds is negative. Use 0 or more."),
    (queue("support", "1001", sticky_hours=-1.0), "sticky_hours is negative. Use 0 or more."),
    (queue("support", "1001", misses_before_pause=-1), "misses_before_pause is negative. Use 0 or more."),
    (queue("support", "1001", wrap_up_seconds=math.nan), "wrap_up_seconds is nan. Use a number, 0 or more."),
    (queue("support", "1001", max_wait_seconds=math.inf), "max_wait_seconds is inf. Use a number, 0 or more."),
]


@pytest.mark.parametrize(("wrong", "line"), WRONG)
def test_settings_that_cannot_be_are_refused_in_one_line_and_nothing_is_changed(
    wrong: QueueSettings, line: str
) -> None:
    desk = Desk(queue("support", "1001"), queue("vip", "1002"))
    desk.enters("a")
    before = repr((desk.engine.queues, desk.engine.agents, desk.engine.waiting))
    with pytest.raises(BadInput) as refused:
        desk.tell(Configure((queue("new"), wrong), ((AgentNumber("1001"), "other name"),)))
    assert line in str(refused.value)
    assert "queue support" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert repr((desk.engine.queues, desk.engine.agents, desk.engine.waiting)) == before


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
    assert kinds(desk.answers("a", "1001")) == ["CallAnswered"]
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


def test_a_queue_removed_while_calls_wait_keeps_them_until_it_is_back() -> None:
    desk = Desk(queue("support", "1001"), queue("vip", "1002"))
    desk.tell(Pause(AgentNumber("1001")))
    desk.enters("a")
    desk.configure(queue("vip", "1001", "1002"))
    desk.tell(Resume(AgentNumber("1001")))
    assert desk.engine.position("a") == 1
    assert offers(desk.configure(queue("support", "1001"), queue("vip", "1002"))) == [("a", "1001")]


def test_a_queue_removed_while_its_call_rings_and_is_talked_about() -> None:
    desk = Desk(queue("support", "1001", "1002"), queue("vip"))
    desk.enters("a")
    desk.enters("b")
    desk.answers("b", "1002")
    desk.configure(queue("vip"))
    assert kinds(desk.misses("a", "1001")) == ["OfferMissed"]
    assert desk.over("b", "1002") == []
    assert desk.agent("1002").activity is Activity.IDLE


def test_names_change_and_states_stay() -> None:
    desk = Desk(queue("support", "1001"))
    desk.enters("a")
    desk.tell(Configure((queue("support", "1001"),), ((AgentNumber("1001"), "新名字"),)))
    assert desk.agent("1001").activity is Activity.RESERVED
    assert desk.answers("a", "1001")[0].agent_name == "新名字"


def test_what_was_known_before_a_restart_is_known_again() -> None:
    desk = Desk(queue("support", "1001", "1002", "1003"))
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
