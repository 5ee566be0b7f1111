"""The driver: places, offers handed to whoever waits, leaving, the timer. In virtual time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from desk import queue

from contactcenter.acd.driver import Distributor, Place
from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import Configure, LogIn, Offer, Pause, PhoneIs, Resume
from contactcenter.agents.states import Activity, LiveAgent
from contactcenter.bus import Bus
from contactcenter.errors import NotFound
from contactcenter.events import CallFact, Fact
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.clock import LoopClock

SUPPORT = QueueName("support")
A, B = CallId("a"), CallId("b")
FIRST, SECOND = AgentNumber("1001"), AgentNumber("1002")


async def next_offer(place: Place) -> Offer:
    await place.agent_found.wait()
    offer = place.take_offer()
    assert offer is not None
    return offer


class Running:
    """A distributor that runs, with what it published."""

    def __init__(self) -> None:
        self.bus, self.clock = Bus(), LoopClock()
        self.facts: list[Fact] = []
        self.bus.subscribe(self.facts.append)
        self.distributor = Distributor(Engine(), self.bus, self.clock)
        queues = (queue("support", FIRST, SECOND, ring_seconds=20.0, wrap_up_seconds=10.0),)
        self.distributor.tell(Configure(queues, ((FIRST, "one"), (SECOND, "two"))))
        for agent in (FIRST, SECOND):
            self.distributor.tell(LogIn(agent))
            self.distributor.tell(PhoneIs(agent, "free"))
        self.distributor.tell(Pause(SECOND))
        self.facts.clear()

    def agent(self, number: AgentNumber) -> LiveAgent:
        return self.distributor.engine.agents[number]

    def told(self) -> list[tuple[str, datetime]]:
        return [(fact.kind, fact.at) for fact in self.facts]


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    center = Running()
    task = asyncio.create_task(center.distributor.run())
    yield center
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_place_gets_its_offer_and_its_answer_ends_it(running: Running) -> None:
    with running.distributor.enter(A, SUPPORT, 5) as place:
        assert place.agent_found.is_set()
        assert await next_offer(place) == Offer(A, SUPPORT, FIRST, 20.0, 1, "round_robin")
        assert not place.agent_found.is_set()
        assert place.take_offer() is None
        place.ringing(FIRST)
        assert running.agent(FIRST).activity is Activity.RINGING
        place.answered(FIRST)
    assert running.agent(FIRST).activity is Activity.TALKING
    assert [fact.kind for fact in running.facts] == ["CallQueued", "CallOffered", "CallAnswered"]


async def test_waiting_for_an_offer_ends_in_the_moment_an_agent_is_free(running: Running) -> None:
    running.distributor.tell(Pause(FIRST))
    with running.distributor.enter(A, SUPPORT, 5) as place:
        assert place.position == 1
        assert not place.agent_found.is_set()
        asyncio.get_running_loop().call_later(33, running.distributor.tell, Resume(SECOND))
        began = running.clock.now()
        offer = await next_offer(place)
        assert offer.agent == SECOND
        assert running.clock.now() - began == timedelta(seconds=33)


async def test_a_missed_offer_is_followed_by_the_next(running: Running) -> None:
    running.distributor.tell(Resume(SECOND))
    with running.distributor.enter(A, SUPPORT, 5) as place:
        first = await next_offer(place)
        place.missed(first.agent, "busy")
        second = await next_offer(place)
        assert [(first.agent, first.attempt), (second.agent, second.attempt)] == [(FIRST, 1), (SECOND, 2)]


@pytest.mark.parametrize("stage", ["offered", "taken", "ringing"])
async def test_leaving_with_an_offer_under_way_frees_the_agent(running: Running, stage: str) -> None:
    with running.distributor.enter(A, SUPPORT, 5) as place:
        if stage != "offered":
            await next_offer(place)
        if stage == "ringing":
            place.ringing(FIRST)
    assert running.agent(FIRST).available
    assert running.distributor.engine.waiting == []
    assert running.facts[-1].kind == "OfferMissed"


async def test_an_exception_gives_the_place_up(running: Running) -> None:
    with pytest.raises(LookupError), running.distributor.enter(A, SUPPORT, 5):
        raise LookupError
    assert running.agent(FIRST).available


async def test_the_agent_freed_by_leaving_goes_to_the_next_caller(running: Running) -> None:
    with running.distributor.enter(B, SUPPORT, 9), running.distributor.enter(A, SUPPORT, 1) as second:
        assert second.position == 2
        running.distributor.leave(B)
        assert second.position == 1
        offer = await next_offer(second)
        assert (offer.call, offer.agent) == (A, FIRST)


async def test_leaving_twice_and_after_the_answer_changes_nothing(running: Running) -> None:
    with running.distributor.enter(A, SUPPORT, 5) as place:
        place.answered((await next_offer(place)).agent)
        running.distributor.leave(A)
        running.distributor.leave(A)
    assert running.agent(FIRST).activity is Activity.TALKING


async def test_an_unknown_queue_leaves_no_place_behind(running: Running) -> None:
    with pytest.raises(NotFound):
        running.distributor.enter(A, QueueName("sales"), 5)
    assert running.distributor._places == {}
    assert running.facts == []


async def test_the_timer_ends_a_wrap_up_on_time_and_the_next_call_is_offered(running: Running) -> None:
    with running.distributor.enter(A, SUPPORT, 5) as place:
        place.answered((await next_offer(place)).agent)
    running.distributor.talk_over(A, FIRST)
    ended = running.clock.now()
    with running.distributor.enter(B, SUPPORT, 5) as place:
        offer = await next_offer(place)
        assert offer.agent == FIRST
        assert running.clock.now() - ended == timedelta(seconds=10)


async def test_the_timer_frees_a_reservation_that_nobody_takes(running: Running) -> None:
    entered = running.clock.now()
    with running.distributor.enter(A, SUPPORT, 5):
        running.distributor.tell(Resume(SECOND))
        await asyncio.sleep(31)
        alarm = next((fact.at for fact in running.facts if fact.kind == "AlarmRaised"), None)
        assert alarm == entered + timedelta(seconds=30)
        assert [fact.agent for fact in running.facts if fact.kind == "CallOffered"] == [FIRST, SECOND]


async def test_the_timer_sleeps_while_nothing_is_due(running: Running) -> None:
    """Without deadlines and without inputs there is nothing to wake up for, not even once a day."""
    await asyncio.sleep(0)
    handled = running.distributor.engine.handle
    count = []
    running.distributor.engine.handle = lambda *told: count.append(told) or handled(*told)  # type: ignore[method-assign]
    await asyncio.sleep(24 * 3600)
    assert count == []


async def test_a_deadline_that_moves_nearer_is_kept(running: Running) -> None:
    """The timer waits for a reservation 30 s ahead when a wrap-up of 10 s begins."""
    running.distributor.tell(Resume(SECOND))
    with running.distributor.enter(A, SUPPORT, 5) as place, running.distributor.enter(B, SUPPORT, 5):
        await asyncio.sleep(1)
        place.answered(FIRST)
        running.distributor.talk_over(A, FIRST)
        await asyncio.sleep(11)
        assert [at for kind, at in running.told() if kind == "WrapUpEnded"] == [
            at + timedelta(seconds=10) for kind, at in running.told() if kind == "WrapUpStarted"
        ]


async def test_two_calls_in_the_same_instant_and_one_agent(running: Running) -> None:
    async def wait(call: CallId) -> datetime:
        with running.distributor.enter(call, SUPPORT, 5) as place:
            offer = await next_offer(place)
            place.answered(offer.agent)
        answered = running.clock.now()
        await asyncio.sleep(60)
        running.distributor.talk_over(call, offer.agent)
        return answered

    first, second = await asyncio.gather(wait(A), wait(B))
    assert second - first == timedelta(seconds=60 + 10)
    answers = [fact.call for fact in running.facts if isinstance(fact, CallFact) and fact.kind == "CallAnswered"]
    assert answers == [A, B]


async def test_facts_of_a_call_come_in_the_order_of_what_happened(running: Running) -> None:
    with running.distributor.enter(A, SUPPORT, 5) as place:
        place.missed((await next_offer(place)).agent, "no_answer")
        place.answered((await next_offer(place)).agent)
    running.distributor.talk_over(A, FIRST)
    assert [fact.kind for fact in running.facts] == [
        "CallQueued",
        "CallOffered",
        "OfferMissed",
        "CallOffered",
        "CallAnswered",
        "WrapUpStarted",
    ]
