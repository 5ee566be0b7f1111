"""The driver: places, offers rung on agents' phones, leaving, the timer. In virtual time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from desk import queue

from contactcenter.acd.driver import Distributor, Place
from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import CallEnters, Configure, LogIn, LogOut, Offer, Pause, PhoneIs, Resume
from contactcenter.acd.ports import Shown
from contactcenter.agents.states import Activity, LiveAgent
from contactcenter.bus import Bus
from contactcenter.errors import CallerGone, NotFound
from contactcenter.events import CallFact, Fact
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.agents import SETUP_SECONDS, AgentPhones, Answers, Misses, Waits
from contactcenter.simulator.clock import LoopClock

SUPPORT = QueueName("support")
A, B = CallId("a"), CallId("b")
FIRST, SECOND = AgentNumber("1001"), AgentNumber("1002")


class Running:
    """A distributor that runs, with what it published. Phones ring until they are told otherwise."""

    def __init__(self) -> None:
        self.bus, self.clock = Bus(), LoopClock()
        self.facts: list[Fact] = []
        self.bus.subscribe(self.facts.append)
        self.phones = AgentPhones(lambda event: self.distributor.word(event), usual=Waits())  # noqa: PLW0108 (it is made below)
        self.distributor = Distributor(Engine(), self.bus, self.clock, self.phones)
        queues = (queue("support", FIRST, SECOND, ring_seconds=20.0, wrap_up_seconds=10.0),)
        self.distributor.tell(Configure(queues, ((FIRST, "one"), (SECOND, "two"))))
        for agent in (FIRST, SECOND):
            self.distributor.tell(LogIn(agent))
            self.distributor.tell(PhoneIs(agent, "free"))
        self.distributor.tell(Pause(SECOND))
        self.facts.clear()

    def place(self, call: CallId, priority: int = 5, **more: object) -> Place:
        return self.distributor.place(CallEnters(call, SUPPORT, priority, **more), Shown())

    def agent(self, number: AgentNumber) -> LiveAgent:
        return self.distributor.engine.agents[number]

    def told(self) -> list[tuple[str, datetime]]:
        return [(fact.kind, fact.at) for fact in self.facts]

    def kinds(self) -> list[str]:
        return [fact.kind for fact in self.facts if fact.kind != "PhoneChanged"]


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    center = Running()
    task = asyncio.create_task(center.distributor.run())
    yield center
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until_rung(running: Running, *agents: AgentNumber) -> None:
    while not all(agent in running.phones.in_use for agent in agents):
        await asyncio.sleep(0.01)


async def test_an_offer_rings_the_phone_and_its_answer_settles_the_place(running: Running) -> None:
    with running.place(A) as place:
        assert running.agent(FIRST).activity is Activity.RESERVED
        await until_rung(running, FIRST)
        assert running.agent(FIRST).activity is Activity.RINGING
        assert not place.settled.is_set()
        running.phones.answer(FIRST)
        assert place.settled.is_set()
        assert (place.connection.agent, place.connection.attempt) == (FIRST, 1)
        place.taken = True
    assert running.agent(FIRST).activity is Activity.TALKING
    assert running.kinds() == ["CallQueued", "CallOffered", "CallAnswered"]


async def test_the_phone_rings_in_the_moment_an_agent_is_free(running: Running) -> None:
    running.distributor.tell(Pause(FIRST))
    running.phones.script(SECOND, Answers(after=0))
    with running.place(A) as place:
        assert place.position == 1
        asyncio.get_running_loop().call_later(33, running.distributor.tell, Resume(SECOND))
        began = running.clock.now()
        await place.settled.wait()
        assert running.clock.now() - began == timedelta(seconds=33 + SETUP_SECONDS)
        place.taken = True


async def test_a_missed_offer_is_followed_by_the_next(running: Running) -> None:
    running.distributor.tell(Resume(SECOND))
    running.phones.script(FIRST, Misses("busy"))
    running.phones.script(SECOND, Answers(after=1))
    with running.place(A) as place:
        await place.settled.wait()
        assert (place.connection.agent, place.connection.attempt) == (SECOND, 2)
        place.taken = True


@pytest.mark.parametrize("stage", ["offered", "ringing"])
async def test_leaving_with_an_offer_under_way_stops_the_phone(running: Running, stage: str) -> None:
    with running.place(A):
        if stage == "ringing":
            await until_rung(running, FIRST)
    await asyncio.sleep(0.01)
    assert running.phones.in_use == {}
    assert running.agent(FIRST).available
    assert running.distributor.engine.waiting == []
    assert running.kinds()[-1] == "OfferWithdrawn"


async def test_an_exception_gives_the_place_up(running: Running) -> None:
    with pytest.raises(LookupError), running.place(A):
        raise LookupError
    await asyncio.sleep(0.01)
    assert running.agent(FIRST).available


async def test_a_caller_who_is_gone_may_come_back_to_the_place_and_an_error_may_not(running: Running) -> None:
    running.distributor.tell(Pause(FIRST))
    for error, regains in ((CallerGone, True), (LookupError, False)):
        with pytest.raises(error), running.place(A, caller="+86138") as place:
            raise error
        await asyncio.sleep(10)
        with running.place(B, caller="+86138") as place:
            assert place.regained is regains
        await asyncio.sleep(200)


async def test_an_answer_that_nobody_takes_is_given_back(running: Running) -> None:
    """As when the journey fails between the answer and the conversation."""
    with contextlib.suppress(LookupError), running.place(A):
        await until_rung(running, FIRST)
        running.phones.answer(FIRST)
        raise LookupError
    assert running.agent(FIRST).activity is Activity.WRAP_UP
    await asyncio.sleep(11)
    assert running.phones.in_use == {}
    assert running.agent(FIRST).available


async def test_the_agent_freed_by_leaving_goes_to_the_next_caller(running: Running) -> None:
    with running.place(B, 9), running.place(A, 1) as second:
        assert second.position == 2
        running.distributor.leave(B)
        assert second.position == 1
        await until_rung(running, FIRST)
        running.phones.answer(FIRST)
        assert second.connection.agent == FIRST
        second.taken = True


async def test_leaving_twice_and_after_the_answer_changes_nothing(running: Running) -> None:
    with running.place(A) as place:
        await until_rung(running, FIRST)
        running.phones.answer(FIRST)
        place.taken = True
        running.distributor.leave(A)
        running.distributor.leave(A)
    assert running.agent(FIRST).activity is Activity.TALKING


async def test_an_unknown_queue_leaves_no_place_behind(running: Running) -> None:
    with pytest.raises(NotFound):
        running.distributor.place(CallEnters(A, QueueName("sales")), Shown())
    assert running.distributor._places == {}
    assert running.facts == []


async def test_the_timer_ends_a_wrap_up_on_time_and_the_next_call_is_offered(running: Running) -> None:
    running.phones.script(FIRST, Answers(after=0), Answers(after=0))
    with running.place(A) as place:
        await place.settled.wait()
        place.taken = True
    running.phones.in_use[FIRST].end()
    running.distributor.talk_over(A, FIRST)
    ended = running.clock.now()
    with running.place(B) as place:
        await place.settled.wait()
        assert running.clock.now() - ended == timedelta(seconds=10 + SETUP_SECONDS)
        place.taken = True


async def test_the_timer_frees_a_reservation_that_nobody_ends(running: Running) -> None:
    """A phone that never says what became of its ring."""
    entered = running.clock.now()
    running.phones.ring = lambda *_: None  # type: ignore[method-assign]
    with running.place(A):
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


async def test_an_overflow_settles_the_place(running: Running) -> None:
    running.distributor.tell(
        Configure((queue("support", FIRST, overflow_no_agents="callback"),), ((FIRST, "one"), (SECOND, "two")))
    )
    running.distributor.tell(Pause(FIRST))
    with running.place(A) as place:
        running.distributor.tell(LogOut(FIRST))
        assert place.settled.is_set()
        assert (place.overflow.to, place.overflow.why) == ("callback", "no_agents")
    with running.place(B) as place:
        assert place.settled.is_set()


async def test_what_an_offer_does_can_be_put_off(running: Running) -> None:
    offered: list[Offer] = []
    place = running.place(A)
    place.on_offer = offered.append
    with place:
        await asyncio.sleep(1)
        assert [offer.agent for offer in offered] == [FIRST]
        assert place.is_offered(offered[0])
        assert running.phones.rung == []
        place.ring(offered[0])
        await until_rung(running, FIRST)
    assert not place.is_offered(offered[0])


async def test_an_offer_put_off_and_never_rung_frees_the_agent_when_the_call_leaves(running: Running) -> None:
    place = running.place(A)
    place.on_offer = lambda _: None
    with place:
        assert running.agent(FIRST).activity is Activity.RESERVED
    assert running.agent(FIRST).available


async def test_facts_come_in_the_order_of_what_happened_also_when_a_subscriber_tells_more(running: Running) -> None:
    running.bus.subscribe(
        lambda fact: running.distributor.tell(Pause(FIRST, "lunch")) if fact.kind == "CallOffered" else None
    )
    with running.place(A) as place:
        await until_rung(running, FIRST)
        running.phones.answer(FIRST)
        place.taken = True
    running.distributor.talk_over(A, FIRST)
    assert running.kinds() == ["CallQueued", "CallOffered", "AgentPaused", "CallAnswered", "WrapUpStarted"]


async def test_two_calls_in_the_same_instant_and_one_agent(running: Running) -> None:
    running.phones.script(FIRST, Answers(after=0), Answers(after=0))

    async def wait(call: CallId) -> datetime:
        with running.place(call) as place:
            await place.settled.wait()
            place.taken = True
        answered = running.clock.now()
        await asyncio.sleep(5)
        running.phones.in_use[FIRST].end()
        running.distributor.talk_over(call, FIRST)
        return answered

    first, second = await asyncio.gather(wait(A), wait(B))
    assert second - first == timedelta(seconds=5 + 10 + SETUP_SECONDS)
    answers = [fact.call for fact in running.facts if isinstance(fact, CallFact) and fact.kind == "CallAnswered"]
    assert answers == [A, B]
