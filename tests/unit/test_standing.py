"""Where a call stood, told by the facts that were written before its controller ended: at every instant of a call."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contactcenter import events as e
from contactcenter.calls.standing import Standing, standing_of
from contactcenter.ids import AgentNumber, CallId, CompanyId, QueueName, TicketNumber

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CALL, VIP, SECOND = CallId("1.1"), QueueName("vip"), QueueName("second")
ANNA, BO = AgentNumber("1001"), AgentNumber("1002")
TO_QUEUE = {"kind": "ToQueue", "queue": "vip", "priority": 8, "then": None}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def facts(*kinds: tuple[type[e.CallFact], dict[str, Any]]) -> list[e.Fact]:
    """One a second."""
    return [kind(at=at(number), call=CALL, **fields) for number, (kind, fields) in enumerate(kinds)]


ARRIVED = (e.CallArrived, {"hotline": "4001234567", "caller": "+8613800000001"})
QUEUED = (e.CallQueued, {"queue": VIP, "priority": 8, "position": 1})
OFFERED = (e.CallOffered, {"queue": VIP, "agent": ANNA, "attempt": 1, "why": "round_robin"})
ANSWERED = (e.CallAnswered, {"queue": VIP, "agent": ANNA})
TALKED = (e.TalkEnded, {"agent": ANNA, "by": "agent", "talk_seconds": 1.0})
SENT = (e.FlowLeft, {"to": TO_QUEUE})
IN_FLOW = (
    ARRIVED,
    (e.FlowStarted, {"flow": "main", "version": 1}),
    (e.NodeEntered, {"flow": "main", "node": "menu"}),
)
WHOLE = (
    *IN_FLOW,
    (e.CallerIdentified, {"by": "number", "company": CompanyId(1)}),
    (e.KeyPressed, {"flow": "main", "node": "menu", "key": "7", "counts": False}),
    (e.KeyPressed, {"flow": "main", "node": "menu", "key": "1"}),
    SENT,
    QUEUED,
    OFFERED,
    ANSWERED,
    (e.TicketOpened, {"ticket": TicketNumber(1), "title": "Call", "assignee": ANNA}),
    TALKED,
    (e.SurveyAnswered, {"rating": 5, "agent": ANNA}),
    (e.CallEnded, {"outcome": "answered"}),
)
STEPS = [
    "hours",
    "ivr",
    "ivr",
    "ivr",
    "ivr",
    "ivr",
    "acd",
    "acd",
    "acd",
    "calls",
    "calls",
    "survey",
    "survey",
    "survey",
]


@pytest.mark.parametrize("count", range(1, len(WHOLE) + 1))
def test_the_step_at_every_instant(count: int) -> None:
    stood = standing_of(CALL, facts(*WHOLE[:count]))
    assert stood.step == STEPS[count - 1]
    assert stood.waits == (count in {8, 9})
    assert (stood.agent is not None) == (count in {10, 11})
    assert stood.ended == (count == len(WHOLE))
    assert stood.last_at == at(count - 1)


def test_all_that_is_known_at_the_end() -> None:
    stood = standing_of(CALL, facts(*WHOLE))
    assert stood.arrival is not None
    assert (stood.arrival.hotline, stood.arrival.caller) == ("4001234567", "+8613800000001")
    assert (stood.by, stood.company, stood.menu) == ("number", 1, {"menu": "1"})
    assert (stood.flows, stood.node, stood.to) == ([("main", None)], "menu", TO_QUEUE)
    assert (stood.first_answer, stood.talked_to, stood.ticket, stood.surveyed) == (at(9), ANNA, True, True)


@pytest.mark.parametrize(
    ("more", "flows", "node"),
    [
        ([(e.FlowStarted, {"flow": "sub", "then": "after"})], [("main", None), ("sub", "after")], ""),
        (
            [
                (e.FlowStarted, {"flow": "sub", "then": "after"}),
                (e.NodeEntered, {"flow": "sub", "node": "ask"}),
                (e.FlowStarted, {"flow": "deep", "then": "back"}),
                (e.NodeEntered, {"flow": "deep", "node": "say"}),
            ],
            [("main", None), ("sub", "after"), ("deep", "back")],
            "say",
        ),
        (
            [
                (e.FlowStarted, {"flow": "sub", "then": "after"}),
                (e.NodeEntered, {"flow": "sub", "node": "ask"}),
                (e.NodeEntered, {"flow": "main", "node": "after"}),
            ],
            [("main", None)],
            "after",
        ),
        ([(e.FlowStarted, {"flow": "other"})], [("other", None)], ""),
    ],
    ids=["into a subflow", "two deep", "back again", "left for good"],
)
def test_the_flows_under_way(more: list[Any], flows: list[Any], node: str) -> None:
    stood = standing_of(CALL, facts(*IN_FLOW, *more))
    assert (stood.flows, stood.node) == (flows, node)


def test_the_flow_that_goes_on_after_a_conversation_has_the_call_again() -> None:
    stood = standing_of(
        CALL, facts(*IN_FLOW, SENT, QUEUED, ANSWERED, TALKED, (e.NodeEntered, {"flow": "main", "node": "then"}))
    )
    assert (stood.to, stood.node, stood.step, stood.talked_to) == (None, "then", "ivr", ANNA)


def test_a_place_that_was_kept_before_is_still_as_old() -> None:
    overflowed = (e.CallOverflowed, {"queue": VIP, "to": "queue:second", "why": "max_wait"})
    again = (e.CallQueued, {"queue": SECOND, "priority": 8, "position": 1, "since": at(4)})
    taken_over = (e.CallQueued, {"queue": SECOND, "priority": 8, "position": 1, "since": at(4), "recovered": True})
    stood = standing_of(CALL, facts(*IN_FLOW, SENT, QUEUED, overflowed))
    assert (stood.waits, stood.overflow) == (False, ("queue:second", "max_wait"))
    for more in ([again], [again, taken_over], [again, taken_over, taken_over]):
        stood = standing_of(CALL, facts(*IN_FLOW, SENT, QUEUED, overflowed, *more))
        assert (stood.waits, stood.queue, stood.since, stood.entered) == (True, "second", at(4), at(6))
        assert stood.overflow is None


def test_whose_phones_ring() -> None:
    other = (e.CallOffered, {"queue": VIP, "agent": BO, "attempt": 2, "why": "broadcast"})
    missed = (e.OfferMissed, {"queue": VIP, "agent": ANNA, "reason": "busy"})
    assert standing_of(CALL, facts(*IN_FLOW, SENT, QUEUED, OFFERED, other)).offered == [ANNA, BO]
    assert standing_of(CALL, facts(*IN_FLOW, SENT, QUEUED, OFFERED, other, missed)).offered == [BO]
    assert standing_of(CALL, facts(*IN_FLOW, SENT, QUEUED, OFFERED, other, missed, ANSWERED)).offered == []


def test_an_agent_who_was_gone_gives_the_place_back() -> None:
    returned = (e.CallReturned, {"queue": VIP, "agent": ANNA})
    stood = standing_of(CALL, facts(*IN_FLOW, SENT, QUEUED, OFFERED, ANSWERED, returned))
    assert (stood.waits, stood.agent, stood.first_answer) == (True, None, None)


def test_a_secret_variable_is_known_to_be_missing() -> None:
    plain = (e.VariableSet, {"name": "a", "value": "1"})
    secret = (e.VariableSet, {"name": "card", "value": "", "secret": True})
    assert standing_of(CALL, facts(*IN_FLOW, plain)).secret is False
    stood = standing_of(CALL, facts(*IN_FLOW, plain, secret))
    assert (stood.secret, stood.values) == (True, {"a": "1", "card": ""})


def test_a_promise_and_the_call_that_keeps_it() -> None:
    promised = (
        e.CallbackRequested,
        {"queue": VIP, "number": "+8613800000001", "priority": 8, "since": at(3)},
    )
    first = (*IN_FLOW, SENT, QUEUED, promised, (e.CallEnded, {"outcome": "callback"}))
    stood = standing_of(CALL, facts(*first))
    assert (stood.promised, stood.ended, stood.waits) == (True, True, False)
    stood = standing_of(CALL, facts(*first, QUEUED, OFFERED, ANSWERED))
    assert (stood.ended, stood.agent, stood.talked) == (False, ANNA, False)
    tried = (e.CallbackTried, {"attempt": 1, "outcome": "no_answer"})
    stood = standing_of(CALL, facts(*first, QUEUED, OFFERED, tried))
    assert (stood.waits, stood.talked) == (False, False)


def test_of_no_facts_nothing_is_known() -> None:
    assert standing_of(CALL, []) == Standing(CALL)
