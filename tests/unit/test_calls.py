"""A call's record from its facts."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contactcenter import events as e
from contactcenter.calls.record import CallRecord
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, QueueName, TicketNumber

CALL, VIP, AGENT = CallId("1795500000.42"), QueueName("vip"), AgentNumber("1004")
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def record(facts: Iterable[e.CallFact]) -> dict[str, Any]:
    made = CallRecord(CALL)
    for fact in facts:
        made.apply(fact)
    return made.row()


ARRIVED = e.CallArrived(at=START, call=CALL, hotline="4001234567", caller="+8613800000001", raw_caller="13800000001")
OPEN = e.HoursChecked(at=START, call=CALL, calendar="always", open=True, why="wed 00:00-24:00")
KNOWN = e.CallerIdentified(
    at=after(1),
    call=CALL,
    by="number",
    company=CompanyId(1),
    company_name="华远",
    contact=ContactId(2),
    contact_name="王建国",
    level="vip",
)
PAID = e.ServiceChecked(at=after(1), call=CALL, service="active", until=date(2027, 1, 1).isoformat())
QUEUED = e.CallQueued(at=after(5), call=CALL, queue=VIP, priority=8, position=1)
EMPTY = CallRecord(CALL).row()
BEFORE_THE_QUEUE = {
    **EMPTY,
    "hotline": "4001234567",
    "caller": "+8613800000001",
    "company_id": 1,
    "company": "华远",
    "contact_id": 2,
    "contact": "王建国",
    "level": "vip",
    "service": "active",
    "arrived_at": START,
}


def test_an_answered_call_from_arrival_to_recording() -> None:
    facts = [
        ARRIVED,
        OPEN,
        KNOWN,
        PAID,
        e.NodeEntered(at=after(2), call=CALL, flow="main", node="main-menu"),
        e.KeyPressed(at=after(3), call=CALL, flow="main", node="main-menu", key="1"),
        e.CallRouted(at=after(4), call=CALL, queue=VIP, priority=8, rule="VIP"),
        QUEUED,
        e.CallOffered(at=after(6), call=CALL, queue=VIP, agent=AgentNumber("1005"), attempt=1, why="round_robin"),
        e.OfferMissed(at=after(26), call=CALL, queue=VIP, agent=AgentNumber("1005"), reason="no_answer"),
        e.CallOffered(at=after(26), call=CALL, queue=VIP, agent=AGENT, attempt=2, why="round_robin"),
        e.CallAnswered(at=after(30.5), call=CALL, queue=VIP, agent=AGENT, agent_name="黄磊"),
        e.TicketOpened(at=after(31), call=CALL, ticket=TicketNumber(7), title="Call", assignee=AGENT),
        e.TalkEnded(at=after(90.5), call=CALL, agent=AGENT, by="agent", talk_seconds=60.00049),
        e.SurveyAnswered(at=after(95), call=CALL, rating=5, agent=AGENT),
        e.CallEnded(at=after(97), call=CALL, outcome="answered"),
        e.RecordingSaved(at=after(98), call=CALL, path="2026/11/25/1795500000.42.wav", seconds=60.0),
    ]
    assert record(facts) == {
        **BEFORE_THE_QUEUE,
        "queue": "vip",
        "priority": 8,
        "agent": "1004",
        "outcome": "answered",
        "queued_at": after(5),
        "answered_at": after(30.5),
        "talk_ended_at": after(90.5),
        "ended_at": after(97),
        "wait_seconds": 25.5,
        "talk_seconds": 60.0,
        "rating": 5,
        "ticket": 7,
        "recording": "2026/11/25/1795500000.42.wav",
    }


def test_a_caller_who_hangs_up_while_waiting() -> None:
    facts = [
        ARRIVED,
        OPEN,
        KNOWN,
        PAID,
        QUEUED,
        e.CallAbandoned(at=after(47.25), call=CALL, step="acd"),
        e.CallEnded(at=after(47.25), call=CALL, outcome="abandoned", why="the caller hung up at acd"),
    ]
    assert record(facts) == {
        **BEFORE_THE_QUEUE,
        "queue": "vip",
        "priority": 8,
        "outcome": "abandoned",
        "queued_at": after(5),
        "ended_at": after(47.25),
        "wait_seconds": 42.25,
    }


def test_a_call_outside_opening_hours() -> None:
    facts = [
        ARRIVED,
        e.HoursChecked(at=START, call=CALL, calendar="work", open=False, why="sat 10:00 is outside closed all day"),
        e.CallEnded(at=after(8), call=CALL, outcome="refused", why="closed"),
    ]
    assert record(facts) == {
        **EMPTY,
        "hotline": "4001234567",
        "caller": "+8613800000001",
        "arrived_at": START,
        "outcome": "refused",
        "ended_at": after(8),
    }


def test_an_unknown_caller_has_no_company_but_a_level() -> None:
    row = record([ARRIVED, e.CallerIdentified(at=after(1), call=CALL, by="unknown")])
    assert (row["company_id"], row["company"], row["contact_id"], row["contact"]) == (None, "", None, "")
    assert row["level"] == "standard"


def test_joining_a_ticket_counts_like_opening_one() -> None:
    assert record([ARRIVED, e.CallAttached(at=after(9), call=CALL, ticket=TicketNumber(3))])["ticket"] == 3


def test_a_call_that_changes_its_queue_waits_from_the_first() -> None:
    moved = e.CallQueued(at=after(65), call=CALL, queue=QueueName("support"), priority=5, position=1)
    answered = e.CallAnswered(at=after(70), call=CALL, queue=QueueName("support"), agent=AGENT)
    row = record([ARRIVED, QUEUED, moved, answered])
    assert (row["queue"], row["priority"], row["queued_at"], row["wait_seconds"]) == ("support", 5, after(5), 65.0)


def test_the_wait_ends_with_the_answer_not_with_the_call() -> None:
    answered = e.CallAnswered(at=after(6), call=CALL, queue=VIP, agent=AGENT)
    ended = e.CallEnded(at=after(600), call=CALL, outcome="answered")
    assert record([ARRIVED, QUEUED, answered, ended])["wait_seconds"] == 1.0
