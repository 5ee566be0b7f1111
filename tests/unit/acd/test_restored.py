"""What a new controller tells the engine of what was under way when the one before ended."""

from datetime import timedelta

import pytest

from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import CallEnters, Configure, Input, PhoneIs, Restore, RestoreTalk, TalkOver, Tick
from contactcenter.acd.settings import Member, QueueSettings
from contactcenter.events import CallOffered, CallQueued, WrapUpEnded, WrapUpStarted
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.clock import MONDAY_MORNING as NOW

ANNA, QUEUE, CALL = AgentNumber("1001"), QueueName("support"), CallId("1.1")


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


class Desk:
    def __init__(self, wrap_up_seconds: float = 10.0, **settings: float) -> None:
        self.engine = Engine()
        queue = QueueSettings(QUEUE, members=(Member(ANNA),), wrap_up_seconds=wrap_up_seconds, **settings)  # type: ignore[arg-type]
        self.tell(Configure((queue,), ((ANNA, "Anna"),)))

    def tell(self, event: Input, after: float = 0.0) -> list[object]:
        return list(self.engine.handle(event, NOW + seconds(after)))

    @property
    def state(self) -> str:
        return str(self.engine.agents[ANNA].state)


def test_a_talk_that_goes_on_keeps_its_agent_and_is_followed_by_the_wrap_up() -> None:
    desk = Desk()
    desk.tell(Restore(ANNA, logged_in=True))
    desk.tell(RestoreTalk(CALL, QUEUE, ANNA, NOW - seconds(60)))
    desk.tell(PhoneIs(ANNA, "busy"))
    assert desk.state == "talking"
    desk.tell(CallEnters(CallId("1.2"), QUEUE))
    (started,) = desk.tell(TalkOver(CALL, ANNA), 5)
    assert started == WrapUpStarted(at=NOW + seconds(5), agent=ANNA, call=CALL, until=NOW + seconds(15))


@pytest.mark.parametrize(
    ("ended", "state", "facts"),
    [
        (-4, "wrap_up", [WrapUpStarted(at=NOW - seconds(4), agent=ANNA, call=CALL, until=NOW + seconds(6))]),
        (
            -30,
            "ready",
            [
                WrapUpStarted(at=NOW - seconds(30), agent=ANNA, call=CALL, until=NOW - seconds(20)),
                WrapUpEnded(at=NOW - seconds(20), agent=ANNA, call=CALL),
            ],
        ),
    ],
    ids=["some of it is left", "nothing is left"],
)
def test_a_talk_that_ended_meanwhile_leaves_the_rest_of_the_wrap_up(
    ended: float, state: str, facts: list[object]
) -> None:
    desk = Desk()
    desk.tell(Restore(ANNA, logged_in=True))
    told = desk.tell(RestoreTalk(CALL, QUEUE, ANNA, NOW - seconds(60), NOW + seconds(ended)))
    desk.tell(PhoneIs(ANNA, "free"))
    assert told == facts
    assert desk.state == state
    assert desk.tell(Tick(), 6) == (
        [WrapUpEnded(at=NOW + seconds(6), agent=ANNA, call=CALL)] if state == "wrap_up" else []
    )


def test_a_queue_without_wrap_up_has_none_left() -> None:
    desk = Desk(wrap_up_seconds=0)
    desk.tell(Restore(ANNA, logged_in=True))
    assert desk.tell(RestoreTalk(CALL, QUEUE, ANNA, NOW - seconds(60), NOW - seconds(1))) == []
    desk.tell(PhoneIs(ANNA, "free"))
    assert desk.state == "ready"


@pytest.mark.parametrize("event", [("gone", ANNA), (QUEUE, "9999")], ids=["queue", "agent"])
def test_a_talk_of_what_was_removed_meanwhile_is_passed_over(event: tuple[str, str]) -> None:
    desk = Desk()
    assert desk.tell(RestoreTalk(CALL, QueueName(event[0]), AgentNumber(event[1]), NOW)) == []


def test_a_wrap_up_goes_on_with_its_call_or_was_over_in_its_time() -> None:
    desk = Desk()
    desk.tell(Restore(ANNA, logged_in=True, wrap_up_until=NOW + seconds(3), wrap_up_call=CALL))
    desk.tell(PhoneIs(ANNA, "free"))
    assert (desk.state, desk.engine.agents[ANNA].call) == ("wrap_up", CALL)
    assert desk.tell(Tick(), 3) == [WrapUpEnded(at=NOW + seconds(3), agent=ANNA, call=CALL)]
    desk = Desk()
    told = desk.tell(Restore(ANNA, logged_in=True, wrap_up_until=NOW - seconds(3), wrap_up_call=CALL))
    assert told == [WrapUpEnded(at=NOW - seconds(3), agent=ANNA, call=CALL)]


def test_a_call_that_comes_back_has_its_place_its_wait_and_its_limit() -> None:
    desk = Desk(max_wait_seconds=100.0)
    desk.tell(CallEnters(CallId("1.2"), QUEUE))
    since, entered = NOW - seconds(90), NOW - seconds(60)
    (queued,) = desk.tell(CallEnters(CALL, QUEUE, since=since, entered=entered))
    assert queued == CallQueued(at=NOW, call=CALL, queue=QUEUE, priority=0, position=1, since=since, recovered=True)
    assert desk.engine.next_deadline() == entered + seconds(100)
    desk.tell(Restore(ANNA, logged_in=True))
    offered = desk.tell(PhoneIs(ANNA, "free"))
    assert [fact.call for fact in offered if isinstance(fact, CallOffered)] == [CALL]
