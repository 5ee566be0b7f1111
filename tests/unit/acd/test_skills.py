"""Calls that need skills: who is asked, who is not, and what becomes of a need that nobody can meet."""

import pytest
from desk import Desk, kinds, offers, only, queue

from contactcenter.acd.inputs import Command, Configure, LogIn, LogOut, Overflow
from contactcenter.acd.line import WaitingCall
from contactcenter.acd.strategies import ALL_AT_ONCE, STRATEGIES
from contactcenter.errors import BadInput
from contactcenter.events import AlarmRaised
from contactcenter.ids import AgentNumber, CallId, QueueName

CALM = {"wrap_up_seconds": 0.0, "max_wait_seconds": 0.0}


def everybody_asked(commands: list[Command]) -> list[str]:
    return [agent for _, agent in offers(commands)]


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_whatever_the_strategy_only_those_are_asked_who_have_all_the_skills(strategy: str) -> None:
    members = ("1001", "1002", ("1003", 2), ("1004", 3), "1005")
    desk = Desk(queue("support", *members, strategy=strategy, **CALM))
    desk.can(a1001="english", a1003="english install", a1004="install english sql", a1005="install")
    probe = WaitingCall(CallId("probe"), QueueName("support"), 0, desk.now, desk.now, 10**6, (0.0, 10**6))
    probe.skills = frozenset({"english", "install"})
    assert [agent for agent, _ in desk.engine.order_of_agents(probe)] == ["1003", "1004"]
    asked = everybody_asked(desk.enters("a", needs="english install"))
    assert asked == (["1003", "1004"] if strategy in ALL_AT_ONCE else ["1003"])
    plain = everybody_asked(desk.enters("b"))
    assert set(plain) == {"1001", "1002", "1005"} if strategy in ALL_AT_ONCE else set(plain) <= {"1001", "1002", "1005"}
    assert plain


def test_who_is_free_takes_the_first_call_that_they_can() -> None:
    desk = Desk(queue("support", "1001", "1002", **CALM))
    desk.can(a1002="english")
    desk.enters("x")
    desk.enters("y")
    desk.answers("x", "1001")
    desk.answers("y", "1002")
    desk.enters("first", needs="english")
    desk.clock.advance(10)
    desk.enters("second")
    assert offers(desk.over("x", "1001")) == [("second", "1001")]
    assert offers(desk.over("y", "1002")) == [("first", "1002")]


def test_a_need_overtakes_nobody_at_an_agent_who_can() -> None:
    desk = Desk(queue("support", "1001", **CALM))
    desk.can(a1001="english")
    desk.enters("x")
    desk.answers("x", "1001")
    desk.enters("plain")
    desk.clock.advance(1)
    desk.enters("needy", needs="english")
    assert offers(desk.over("x", "1001")) == [("plain", "1001")]


def test_a_sticky_agent_needs_the_skills_too_but_not_one_who_is_handed_a_caller() -> None:
    desk = Desk(queue("support", "1001", "1002", sticky_wait_seconds=60.0, **CALM))
    desk.can(a1002="english")
    assert offers(desk.enters("a", sticky=("1001",), needs="english")) == [("a", "1002")]
    assert offers(desk.enters("b", sticky=("1001",), needs="english", direct=True)) == [("b", "1001")]


def test_skills_that_change_count_at_once_and_nobody_loses_the_place() -> None:
    desk = Desk(queue("support", "1001", "1002", **CALM))
    desk.can(a1002="english")
    desk.enters("x")
    desk.enters("y")
    desk.answers("y", "1002")
    desk.clock.advance(5)
    desk.enters("a", needs="english")
    came = desk.now
    desk.clock.advance(5)
    desk.answers("x", "1001")
    assert offers(desk.over("x", "1001")) == []
    assert offers(desk.can(a1001="english")) == [("a", "1001")]
    assert desk.engine.since(CallId("a")) == came
    desk.misses("a", "1001")
    assert desk.offered() == {"a": "1001"}, "nobody else can: they are asked again"
    assert kinds(desk.can(a1002="english")) == [], "what rings goes on"
    desk.misses("a", "1001")
    assert desk.offered() == {}
    assert offers(desk.over("y", "1002")) == [("a", "1002")]


def test_levels_and_their_relaxing_hold_for_those_who_can() -> None:
    desk = Desk(queue("support", "1001", ("1002", 2), relax_seconds=30.0, **CALM))
    desk.can(a1002="english")
    assert offers(desk.enters("a", needs="english")) == []
    assert offers(desk.tick(29.0)) == []
    assert offers(desk.tick(1.0)) == [("a", "1002")]


def test_nobody_logged_in_who_can_is_as_if_nobody_were_logged_in() -> None:
    desk = Desk(queue("support", "1001", "1002", overflow_no_agents="voice_message", **CALM))
    desk.can(a1002="english")
    desk.enters("x")
    desk.enters("y")
    desk.answers("x", "1001")
    desk.answers("y", "1002")
    desk.enters("plain")
    assert kinds(desk.enters("a", needs="english")) == ["CallQueued"]
    assert only(desk.tell(LogOut(AgentNumber("1002"))), Overflow) == Overflow(CallId("a"), "voice_message", "no_agents")
    assert only(desk.enters("b", needs="english"), Overflow) == Overflow(CallId("b"), "voice_message", "no_agents")
    assert [place.call for place in desk.engine.waiting] == ["plain"]


def test_who_logs_out_takes_only_the_calls_along_that_nobody_else_can_take() -> None:
    desk = Desk(queue("support", "1001", "1002", "1003", overflow_no_agents="voice_message", **CALM))
    desk.can(a1001="english", a1002="english sql", a1003="tax")
    for call, agent in (("x", "1001"), ("y", "1002"), ("z", "1003")):
        desk.enters(call)
        desk.answers(call, agent)
    for call, needs in (("a", "english"), ("b", "sql"), ("c", "tax"), ("d", "")):
        desk.enters(call, needs=needs)
    gone = [c.call for c in desk.tell(LogOut(AgentNumber("1002"))) if isinstance(c, Overflow)]
    assert gone == ["b"]
    assert [place.call for place in desk.engine.waiting] == ["a", "c", "d"]


def test_without_such_an_overflow_they_wait_for_somebody_who_can() -> None:
    desk = Desk(queue("support", "1001", "1002", max_wait_seconds=100.0, wrap_up_seconds=0.0))
    desk.can(a1002="english")
    desk.tell(LogOut(AgentNumber("1002")))
    assert kinds(desk.enters("a", needs="english")) == ["CallQueued"]
    assert offers(desk.tell(LogIn(AgentNumber("1002")))) == [("a", "1002")]
    desk.tell(LogOut(AgentNumber("1002")))
    desk.quiet("a", "1002")
    assert only(desk.tick(100.0), Overflow).why == "max_wait"


@pytest.mark.parametrize("when", ["at_the_door", "later"])
def test_what_no_member_has_is_not_waited_for_and_an_alarm_says_so(when: str) -> None:
    desk = Desk(queue("support", "1001", **CALM), extra=("1002",))
    if when == "at_the_door":
        commands = desk.enters("a", needs="sql english")
    else:
        desk.can(a1001="english sql")
        desk.tell(LogOut(AgentNumber("1001")))
        assert kinds(desk.enters("a", needs="sql english")) == ["CallQueued"]
        desk.tell(LogIn(AgentNumber("1001")))
        desk.misses("a", "1001")
        commands = desk.can(a1002="english sql")
    alarm = only(commands, AlarmRaised)
    assert alarm.name == "skills_nobody_has"
    assert alarm.detail == "no member of queue support has english and sql: the call is for all members"
    assert desk.offered() == {"a": "1001"}


def test_estimates_are_learned_from_calls_that_need_the_same() -> None:
    desk = Desk(queue("support", "1001", ("1002", 2), **CALM))
    desk.can(a1002="english")
    for call, agent, needs, waits in (("p", "1001", "", 10), ("n", "1002", "english", 100)):
        desk.enters("x")
        desk.enters("y")
        desk.answers("x", "1001")
        desk.answers("y", "1002")
        desk.enters(call, needs=needs)
        desk.clock.advance(waits)
        desk.over("x" if agent == "1001" else "y", agent)
        desk.serves(call, agent)
        desk.over("x", "1001")
        desk.over("y", "1002")
    for call in ("x", "y"):
        desk.enters(call)
    desk.enters("plain")
    desk.enters("needy", needs="english")
    desk.enters("other", needs="english", priority=1)
    assert desk.engine.estimate(CallId("plain")) == pytest.approx(4 * 10)
    assert desk.engine.position(CallId("needy")) == 5
    assert desk.engine.estimate(CallId("needy")) == pytest.approx(5 * 100)


@pytest.mark.parametrize("wrong", ["", "two words", "x" * 41, "a,b"])
def test_what_is_no_skill_is_refused_and_nothing_is_changed(wrong: str) -> None:
    desk = Desk(queue("support", "1001"))
    agent = AgentNumber("1001")
    with pytest.raises(BadInput, match="is no skill"):
        desk.tell(Configure((), ((agent, "x"),), skills={agent: frozenset({wrong})}))
    assert list(desk.engine.queues) == ["support"]


def test_many_calls_that_nobody_free_can_take_do_not_slow_down_the_others() -> None:
    """A bound on work, not on time: the agents looked at for one call with a rare skill."""
    numbers = [str(10000 + index) for index in range(2000)]
    desk = Desk(queue("support", *numbers, **CALM))
    desk.can(a10000="rare", **{f"a{number}": "common" for number in numbers[1:]})
    assert offers(desk.enters("a", needs="rare")) == [("a", "10000")]
    desk.answers("a", "10000")
    looked: list[object] = []
    free = desk.engine._state.pool.free
    desk.engine._state.pool.free = lambda *given: (looked.append(one) or one for one in free(*given))  # type: ignore[method-assign]
    assert offers(desk.enters("b", needs="rare")) == []
    assert offers(desk.over("a", "10000")) == [("b", "10000")]
    assert looked == ["10000"]
