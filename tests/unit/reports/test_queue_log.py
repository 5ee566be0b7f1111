"""Whole lines for whole stories. Fields as in Asterisk 22, apps/app_queue.c and main/logger.c."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter import events as e
from contactcenter.acd import holding
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.reports.queue_log import CALLBACK_KEY, QueueLog

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
T = int(START.timestamp())
VIP, SUPPORT = QueueName("vip"), QueueName("support")
CALL, OTHER, THIRD = CallId("1795500000.42"), CallId("1795500000.44"), CallId("1795500000.46")
LI, WANG = AgentNumber("1001"), AgentNumber("1002")
NUMBER = "+8613800000001"
DATA_FIELDS = {
    "QUEUESTART": 1,
    "ENTERQUEUE": 3,
    "CONNECT": 3,
    "COMPLETEAGENT": 3,
    "COMPLETECALLER": 3,
    "BLINDTRANSFER": 5,
    "ABANDON": 3,
    "EXITWITHTIMEOUT": 3,
    "EXITEMPTY": 3,
    "EXITWITHKEY": 4,
    "RINGNOANSWER": 1,
    "RINGCANCELED": 1,
    "AGENTDUMP": 1,
    "ADDMEMBER": 1,
    "REMOVEMEMBER": 1,
    "PAUSEALL": 1,
    "PAUSE": 1,
    "UNPAUSEALL": 1,
    "UNPAUSE": 1,
}


class Center:
    """members: who is in which queues; promises: callbacks that are open."""

    def __init__(self) -> None:
        self.members = {LI: (VIP, SUPPORT), WANG: (SUPPORT,)}
        self.promises: dict[CallId, str] = {}
        self.log = QueueLog(lambda agent: self.members.get(agent, ()), lambda call: self.promises.get(call, ""))

    def lines(self, facts: Iterable[e.Fact]) -> list[str]:
        """With times as seconds after START."""
        made = [line for fact in facts for line in self.log.lines(fact)]
        for line in made:
            epoch, *_, event = line.split("|")[:5]
            assert len(line.split("|")) == 5 + DATA_FIELDS[event], line
            assert epoch.isdecimal()
        return [f"{int(line.split('|')[0]) - T}|{line.partition('|')[2]}" for line in made]


@pytest.fixture
def center() -> Center:
    return Center()


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def arrived(seconds: float, call: CallId = CALL, caller: str = NUMBER, name: str = "") -> e.Fact:
    return e.CallArrived(at=at(seconds), call=call, hotline="4001234567", caller=caller, caller_name=name)


def queued(seconds: float, call: CallId = CALL, queue: QueueName = VIP, position: int = 1) -> e.Fact:
    return e.CallQueued(at=at(seconds), call=call, queue=queue, priority=5, position=position)


def offered(seconds: float, agent: AgentNumber = LI, call: CallId = CALL, queue: QueueName = VIP) -> e.Fact:
    return e.CallOffered(at=at(seconds), call=call, queue=queue, agent=agent, attempt=1, why="longest_idle")


def missed(seconds: float, reason: e.MissReason, ring: float, agent: AgentNumber = LI) -> e.Fact:
    return e.OfferMissed(at=at(seconds), call=CALL, queue=VIP, agent=agent, reason=reason, ring_seconds=ring)


def withdrawn(seconds: float, why: e.WithdrawReason, agent: AgentNumber = LI) -> e.Fact:
    return e.OfferWithdrawn(at=at(seconds), call=CALL, queue=VIP, agent=agent, why=why)


def answered(seconds: float, ring: float, agent: AgentNumber = LI, queue: QueueName = VIP) -> e.Fact:
    return e.CallAnswered(at=at(seconds), call=CALL, queue=queue, agent=agent, agent_name="李", ring_seconds=ring)


def talked(seconds: float, talk: float, by: e.Party = "caller", agent: AgentNumber = LI, to: str = "") -> e.Fact:
    return e.TalkEnded(at=at(seconds), call=CALL, agent=agent, by=by, talk_seconds=talk, transferred_to=to)


def overflowed(seconds: float, to: str, why: e.OverflowReason, queue: QueueName = VIP) -> e.Fact:
    return e.CallOverflowed(at=at(seconds), call=CALL, queue=queue, to=to, why=why)


def ended(seconds: float, outcome: e.Outcome = "answered", call: CallId = CALL) -> e.Fact:
    return e.CallEnded(at=at(seconds), call=call, outcome=outcome)


@pytest.mark.parametrize(
    ("by", "event"), [("caller", "COMPLETECALLER"), ("agent", "COMPLETEAGENT"), ("system", "COMPLETEAGENT")]
)
def test_an_answered_call(center: Center, by: e.Party, event: str) -> None:
    story = [arrived(0), queued(5), offered(5.2), answered(12.9, 7.7), talked(72.9, 60, by), ended(80)]
    assert center.lines(story) == [
        f"5|{CALL}|vip|NONE|ENTERQUEUE||{NUMBER}|1",
        f"12|{CALL}|vip|PJSIP/1001|CONNECT|7||7",
        f"72|{CALL}|vip|PJSIP/1001|{event}|7|60|1",
    ]


def test_seconds_are_differences_of_clock_readings_and_ring_times_are_cut(center: Center) -> None:
    """As time(NULL) has it: 7.9 to 9.1 are two seconds."""
    *_, connect, complete = center.lines(
        [arrived(0), queued(7.9), offered(8), answered(9.1, 1.999), talked(11.05, 1.95), ended(12)]
    )
    assert connect.endswith("|CONNECT|2||1")
    assert complete.endswith("|2|2|1")


def test_a_caller_who_gives_up_at_another_position(center: Center) -> None:
    story = [
        arrived(0, OTHER),
        queued(1, OTHER),
        arrived(1),
        queued(2, position=2),
        arrived(2, THIRD),
        queued(3, THIRD, position=1),
        e.CallAbandoned(at=at(20), call=OTHER, step="acd"),
        ended(20, "abandoned", OTHER),
        offered(31),
        withdrawn(33.25, "caller_gone"),
        e.CallAbandoned(at=at(33.25), call=CALL, step="acd"),
        ended(33.3, "abandoned"),
    ]
    assert center.lines(story)[3:] == [
        f"20|{OTHER}|vip|NONE|ABANDON|2|1|19",
        f"33|{CALL}|vip|PJSIP/1001|RINGCANCELED|2250",
        f"33|{CALL}|vip|NONE|ABANDON|2|2|31",
    ]


def test_a_caller_who_gives_up_before_any_queue_leaves_no_line(center: Center) -> None:
    story = [arrived(0), e.CallAbandoned(at=at(3), call=CALL, step="ivr"), ended(3, "abandoned")]
    assert center.lines(story) == []


@pytest.mark.parametrize(
    ("reason", "ring", "milliseconds"), [("no_answer", 15.0004, 15000), ("busy", 0.02, 20), ("unreachable", 0.0, 0)]
)
def test_missed_then_answered_by_another(center: Center, reason: e.MissReason, ring: float, milliseconds: int) -> None:
    """app_queue, too, has RINGNOANSWER for a phone that is busy."""
    story = [arrived(0), queued(5), offered(5), missed(21, reason, ring), offered(21, WANG), answered(25, 4, WANG)]
    assert center.lines([*story, talked(30, 5, "agent", WANG), ended(31)])[1:] == [
        f"21|{CALL}|vip|PJSIP/1001|RINGNOANSWER|{milliseconds}",
        f"25|{CALL}|vip|PJSIP/1002|CONNECT|20||4",
        f"30|{CALL}|vip|PJSIP/1002|COMPLETEAGENT|20|5|1",
    ]


def test_who_loses_a_broadcast_is_not_mentioned_and_who_goes_away_missed_nothing(center: Center) -> None:
    story = [arrived(0), queued(5), *(offered(5, AgentNumber(str(n))) for n in (1001, 1002, 1003))]
    story += [withdrawn(7, "agent_gone", AgentNumber("1003")), answered(9, 4, WANG)]
    assert center.lines([*story, withdrawn(9, "answered_elsewhere"), talked(20, 11, agent=WANG)])[1:] == [
        f"7|{CALL}|vip|PJSIP/1003|RINGCANCELED|2000",
        f"9|{CALL}|vip|PJSIP/1002|CONNECT|4||4",
        f"20|{CALL}|vip|PJSIP/1002|COMPLETECALLER|4|11|1",
    ]


@pytest.mark.parametrize(
    ("why", "event"),
    [("max_wait", "EXITWITHTIMEOUT"), ("no_agents", "EXITEMPTY"), ("queue_removed", "EXITWITHTIMEOUT")],
)
def test_overflow_to_another_queue(center: Center, why: e.OverflowReason, event: str) -> None:
    story = [arrived(0), queued(5), overflowed(65, "queue:support", why), queued(65, queue=SUPPORT, position=1)]
    assert center.lines([*story, answered(70, 2, queue=SUPPORT), talked(80, 10), ended(81)]) == [
        f"5|{CALL}|vip|NONE|ENTERQUEUE||{NUMBER}|1",
        f"65|{CALL}|vip|NONE|{event}|1|1|60",
        f"65|{CALL}|support|NONE|ENTERQUEUE||{NUMBER}|1",
        f"70|{CALL}|support|PJSIP/1001|CONNECT|5||2",
        f"80|{CALL}|support|PJSIP/1001|COMPLETECALLER|5|10|1",
    ]


@pytest.mark.parametrize("why", ["full", "closed", "no_agents"])
def test_a_queue_that_takes_nobody_in_leaves_no_line(center: Center, why: e.OverflowReason) -> None:
    assert center.lines([arrived(0), overflowed(5, "hang_up", why), ended(9, "refused")]) == []


def test_a_number_outside_that_answers_is_none_of_the_queues(center: Center) -> None:
    story = [arrived(0), queued(5), overflowed(65, "number:13900000000", "max_wait")]
    story += [answered(70, 0, AgentNumber("13900000000")), talked(90, 20, agent=AgentNumber("13900000000"))]
    assert [line.split("|")[4] for line in center.lines([*story, ended(91)])] == ["ENTERQUEUE", "EXITWITHTIMEOUT"]


def test_who_calls_again_soon_begins_at_the_old_place_and_with_a_new_wait(center: Center) -> None:
    """The caller's own wait began when they came; that the place is older shows in the position."""
    again = e.CallQueued(at=at(100), call=CALL, queue=VIP, priority=5, position=1, since=at(3))
    assert center.lines([arrived(0, OTHER), queued(50, OTHER), arrived(99), again, answered(104, 1)])[1:] == [
        f"100|{CALL}|vip|NONE|ENTERQUEUE||{NUMBER}|1",
        f"104|{CALL}|vip|PJSIP/1001|CONNECT|4||1",
    ]


def test_an_agent_who_is_gone_before_the_talk_begins(center: Center) -> None:
    """The call goes on waiting where it was; its wait is one."""
    returned = e.CallReturned(at=at(13), call=CALL, queue=VIP, agent=LI)
    story = [arrived(0), queued(5), arrived(6, OTHER), queued(6, OTHER, position=2), answered(12, 7), returned]
    assert center.lines([*story, answered(20, 3, WANG), talked(30, 10, agent=WANG), ended(31)])[2:] == [
        f"12|{CALL}|vip|PJSIP/1001|CONNECT|7||7",
        f"13|{CALL}|vip|PJSIP/1001|AGENTDUMP|",
        f"20|{CALL}|vip|PJSIP/1002|CONNECT|15||3",
        f"30|{CALL}|vip|PJSIP/1002|COMPLETECALLER|15|10|1",
    ]


def test_a_call_that_came_back_from_an_agent_is_where_it_was(center: Center) -> None:
    returned = e.CallReturned(at=at(13), call=CALL, queue=VIP, agent=LI)
    story = [arrived(0), queued(5), arrived(6, OTHER), queued(6, OTHER, position=2), answered(12, 7), returned]
    gone = e.CallAbandoned(at=at(20), call=CALL, step="acd")
    assert center.lines([*story, gone, ended(20, "abandoned")])[4:] == [f"20|{CALL}|vip|NONE|ABANDON|1|1|15"]


def test_a_transfer_and_the_second_queue_after_it(center: Center) -> None:
    """The caller hangs up while being handed over: no fact but the last says so."""
    story = [arrived(0), queued(5), answered(10, 5), talked(40, 30, "agent", to="1002")]
    story += [e.CallTransferred(at=at(40), call=CALL, agent=LI, to="1002"), queued(41), offered(41, WANG)]
    assert center.lines([*story, withdrawn(44, "caller_gone", WANG), ended(44)])[2:] == [
        f"40|{CALL}|vip|PJSIP/1001|BLINDTRANSFER|1002|transfer|5|30|1",
        f"41|{CALL}|vip|NONE|ENTERQUEUE||{NUMBER}|1",
        f"44|{CALL}|vip|PJSIP/1002|RINGCANCELED|3000",
        f"44|{CALL}|vip|NONE|ABANDON|1|1|3",
    ]


def promised(center: Center) -> list[str]:
    """A caller who waited 25 seconds, pressed the key, and is to be called back."""
    requested = e.CallbackRequested(at=at(30), call=CALL, queue=VIP, number=NUMBER, priority=5, since=at(5))
    center.promises[CALL] = NUMBER
    return center.lines([arrived(0), queued(5), requested, ended(33, "callback")])


def test_the_key_for_a_callback(center: Center) -> None:
    assert promised(center)[1:] == [f"30|{CALL}|vip|NONE|EXITWITHKEY|1|1|1|25"]
    assert CALLBACK_KEY == holding.CALLBACK_KEY


def test_a_callback_is_seen_when_the_customer_is_there(center: Center) -> None:
    """Before, nobody waits: a try that fails, and an agent who waited for it, leave no line; a missed offer does."""
    promised(center)
    tried = e.CallbackTried(at=at(90), call=CALL, attempt=1, outcome="no_answer", agent=LI)
    first = [queued(34), offered(60), withdrawn(90, "caller_gone"), tried]
    assert center.lines(first) == []
    others = [arrived(91, OTHER), queued(91, OTHER)]
    second = [queued(95, position=2), offered(100), missed(115, "no_answer", 15), offered(115, WANG)]
    kept = e.CallbackTried(at=at(180), call=CALL, attempt=2, outcome="answered", agent=WANG)
    done = e.CallbackEnded(at=at(180), call=CALL, outcome="answered")
    assert center.lines([*others, *second, answered(125, 6, WANG), talked(170, 45, agent=WANG), ended(175)])[1:] == [
        f"115|{CALL}|vip|PJSIP/1001|RINGNOANSWER|15000",
        f"125|{CALL}|vip|NONE|ENTERQUEUE||{NUMBER}|2",
        f"125|{CALL}|vip|PJSIP/1002|CONNECT|0||6",
        f"170|{CALL}|vip|PJSIP/1002|COMPLETECALLER|0|45|2",
    ]
    assert center.lines([kept, done]) == []


def test_a_promise_waits_already_while_the_caller_hears_that_it_is_made(center: Center) -> None:
    requested = e.CallbackRequested(at=at(30), call=CALL, queue=VIP, number=NUMBER, priority=5, since=at(5))
    early = [arrived(0), queued(5), requested, queued(30), offered(30), ended(33, "callback")]
    assert center.lines([*early, answered(40, 5), talked(50, 10), ended(55)])[1:] == [
        f"30|{CALL}|vip|NONE|EXITWITHKEY|1|1|1|25",
        f"40|{CALL}|vip|NONE|ENTERQUEUE||{NUMBER}|1",
        f"40|{CALL}|vip|PJSIP/1001|CONNECT|0||5",
        f"50|{CALL}|vip|PJSIP/1001|COMPLETECALLER|0|10|1",
    ]


def test_a_customer_who_was_called_back_waits_in_sight_after_a_transfer(center: Center) -> None:
    promised(center)
    talk = [queued(34), answered(40, 5), talked(50, 10, "agent", to="1002")]
    assert center.lines([*talk, queued(51), answered(56, 5, WANG), talked(60, 4), ended(61)])[2:] == [
        f"50|{CALL}|vip|PJSIP/1001|BLINDTRANSFER|1002|transfer|0|10|1",
        f"51|{CALL}|vip|NONE|ENTERQUEUE||{NUMBER}|1",
        f"56|{CALL}|vip|PJSIP/1002|CONNECT|5||5",
        f"60|{CALL}|vip|PJSIP/1002|COMPLETECALLER|5|4|1",
    ]


def test_a_customer_who_is_called_back_and_does_not_wait_for_the_agent(center: Center) -> None:
    promised(center)
    gone = e.CallAbandoned(at=at(130), call=CALL, step="acd")
    assert center.lines([queued(95), offered(100), withdrawn(130, "caller_gone"), gone, ended(130, "abandoned")]) == [
        f"130|{CALL}|vip|NONE|ENTERQUEUE||{NUMBER}|1",
        f"130|{CALL}|vip|NONE|ABANDON|1|1|0",
    ]


def test_a_callback_as_overflow_leaves_the_queue_once(center: Center) -> None:
    requested = e.CallbackRequested(at=at(65), call=CALL, queue=VIP, number=NUMBER, priority=5, since=at(5))
    story = [arrived(0), queued(5), overflowed(65, "callback", "max_wait"), requested, ended(68, "callback")]
    assert center.lines(story)[1:] == [f"65|{CALL}|vip|NONE|EXITWITHTIMEOUT|1|1|60"]


def test_a_mistake_of_ours_while_the_call_waits_is_an_end_too(center: Center) -> None:
    assert center.lines([arrived(0), queued(5), ended(15, "failed")])[1:] == [
        f"15|{CALL}|vip|NONE|EXITWITHTIMEOUT|1|1|10"
    ]


def test_the_day_of_an_agent(center: Center) -> None:
    facts: list[e.Fact] = [
        e.AgentLoggedIn(at=at(0), agent=LI),
        e.AgentPaused(at=at(10), agent=LI, reason="lunch"),
        e.AgentResumed(at=at(20), agent=LI),
        e.WrapUpStarted(at=at(30), agent=LI, call=CALL, until=at(60)),
        e.AgentLoggedOut(at=at(70), agent=LI),
        e.AgentPaused(at=at(80), agent=AgentNumber("1009"), reason="in no queue"),
    ]
    assert center.lines(facts) == [
        "0|MANAGER|vip|PJSIP/1001|ADDMEMBER|",
        "0|MANAGER|support|PJSIP/1001|ADDMEMBER|",
        "10|NONE|NONE|PJSIP/1001|PAUSEALL|lunch",
        "10|NONE|vip|PJSIP/1001|PAUSE|lunch",
        "10|NONE|support|PJSIP/1001|PAUSE|lunch",
        "20|NONE|NONE|PJSIP/1001|UNPAUSEALL|",
        "20|NONE|vip|PJSIP/1001|UNPAUSE|",
        "20|NONE|support|PJSIP/1001|UNPAUSE|",
        "70|MANAGER|vip|PJSIP/1001|REMOVEMEMBER|",
        "70|MANAGER|support|PJSIP/1001|REMOVEMEMBER|",
    ]


def test_an_agent_who_changes_queues_while_logged_in(center: Center) -> None:
    center.lines([e.AgentLoggedIn(at=at(0), agent=WANG), arrived(1), queued(1)])
    center.members[WANG] = (VIP,)
    assert center.lines([offered(9, WANG), offered(9, LI)]) == [
        "9|MANAGER|support|PJSIP/1002|REMOVEMEMBER|",
        "9|MANAGER|vip|PJSIP/1002|ADDMEMBER|",
    ]
    center.members[WANG] = ()
    assert center.lines([e.AgentLoggedOut(at=at(20), agent=WANG)]) == ["20|MANAGER|vip|PJSIP/1002|REMOVEMEMBER|"]


def test_a_start_says_who_is_there(center: Center) -> None:
    assert center.log.start(at(0), [(LI, False), (WANG, True)]) == [
        f"{T}|NONE|NONE|NONE|QUEUESTART|",
        f"{T}|MANAGER|vip|PJSIP/1001|ADDMEMBER|",
        f"{T}|MANAGER|support|PJSIP/1001|ADDMEMBER|",
        f"{T}|MANAGER|support|PJSIP/1002|ADDMEMBER|PAUSED",
    ]
    assert center.lines([e.AgentLoggedOut(at=at(5), agent=WANG)]) == ["5|MANAGER|support|PJSIP/1002|REMOVEMEMBER|"]


HOSTILE = "1|2\r\n1795500000|x|vip|Agent/1|COMPLETEAGENT|9|9|1\x00\x85\u2028\ud800"


@given(st.text() | st.just(HOSTILE))
def test_nothing_that_others_write_breaks_a_line(text: str) -> None:
    center = Center()
    center.members[LI] = (QueueName(text),)
    paused = e.AgentPaused(at=at(3), agent=LI, reason=text)
    story = [arrived(0, caller=text, name=text), queued(5, queue=QueueName(text)), answered(6, 1), paused]
    lines = center.lines([*story, talked(9, 3, to=text or "1002"), ended(9)])
    assert len(lines) == 5
    for line in lines:
        assert line.splitlines() == [line]
        assert line.encode().decode() == line


def test_ended_calls_are_forgotten(center: Center) -> None:
    """A broken story, too, leaves nothing behind once the call has ended."""
    promised(center)
    tried = e.CallbackTried(at=at(90), call=CALL, attempt=1, outcome="no_answer", agent=LI)
    center.lines([queued(34), offered(60), tried, arrived(100, OTHER), queued(101, OTHER), arrived(102, OTHER)])
    center.lines([ended(110, "failed", OTHER), answered(111, 1), talked(112, 1), ended(113)])
    assert center.lines([missed(114, "no_answer", 1), withdrawn(114, "stuck"), talked(115, 1)]) == []
    assert (center.log._calls, center.log._line_of) == ({}, {})
