"""Agents' phones keep the contract of every line, and do what their script says."""

import asyncio

import pytest
from fake_world import AGENT, FakeWorld

from contactcenter.acd.inputs import Offer, OfferAnswered, OfferFailed, PhoneIs
from contactcenter.acd.ports import Shown
from contactcenter.errors import CallerGone
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.agents import SETUP_SECONDS, Answers, Misses
from contactcenter.simulator.caller import CallerScript, HangUp
from contactcenter.simulator.phone import FakePhone


async def test_an_agent_answers_after_so_long_and_talks_so_long() -> None:
    world = FakeWorld()
    world.phones.script(AGENT, Answers(after=3, talk=40))
    began = world.clock.now()
    world.ring(AGENT, 20)
    assert await world.word() == OfferAnswered(world.phone.call, AGENT, 1)
    assert (world.clock.now() - began).total_seconds() == 3 + SETUP_SECONDS
    talk = await world.phone.connect(world.phone.call, AGENT, 1)
    assert talk is not None
    end = await talk.ended()
    assert (end.by, (end.at - talk.answered_at).total_seconds()) == ("agent", 40)


@pytest.mark.parametrize(
    ("behaviour", "reason", "seconds"),
    [
        (Answers(after=30), "no_answer", 20 + SETUP_SECONDS),
        (Misses("no_answer"), "no_answer", 20 + SETUP_SECONDS),
        (Misses("rejected"), "rejected", 1 + SETUP_SECONDS),
        (Misses("busy"), "busy", SETUP_SECONDS),
        (Misses("unreachable"), "unreachable", SETUP_SECONDS),
    ],
)
async def test_each_way_to_miss_takes_its_time(behaviour: Answers | Misses, reason: str, seconds: float) -> None:
    world = FakeWorld()
    world.phones.script(AGENT, behaviour)
    before = asyncio.get_running_loop().time()
    world.ring(AGENT, 20)
    assert await world.word() == OfferFailed(world.phone.call, AGENT, 1, reason)
    assert asyncio.get_running_loop().time() - before == pytest.approx(seconds)
    assert world.phones.in_use == {}


async def test_a_phone_in_use_is_busy_for_the_second_caller() -> None:
    world = FakeWorld()
    world.ring(AGENT, 20)
    await world.agent_rings()
    world.phones.ring(Offer(CallId("2.sim"), QueueName("support"), AGENT, 20, 1, "test"), Shown())
    assert await world.word() == OfferFailed(CallId("2.sim"), AGENT, 1, "busy")


async def test_two_phones_answer_in_the_same_instant() -> None:
    world = FakeWorld()
    other = AgentNumber("1002")
    world.ring(AGENT, 20)
    world.ring(other, 20)
    while len(world.phones.in_use) < 2:
        await asyncio.sleep(0.01)
    before = world.clock.now()
    world.phones.answer(other, AGENT)
    assert [(await world.word()).agent, (await world.word()).agent] == [other, AGENT]
    assert world.clock.now() == before


async def test_distribution_is_told_of_the_phone_as_asterisk_would() -> None:
    world = FakeWorld()
    world.told.clear()
    world.ring(AGENT, 5)
    await world.agent_rings()
    assert world.told == [PhoneIs(AGENT, "busy")]
    await world.word()
    assert world.told == [PhoneIs(AGENT, "busy"), PhoneIs(AGENT, "free")]
    world.phones.lose(AGENT)
    world.phones.come_back(AGENT)
    assert world.told[2:] == [PhoneIs(AGENT, "unreachable"), PhoneIs(AGENT, "free")]


def told(world: FakeWorld) -> list[str]:
    """Every event in its order, in a word."""
    return [event.phone if isinstance(event, PhoneIs) else type(event).__name__ for event in world.events]


@pytest.mark.parametrize("end", ["stop", "reject", "no answer", "not connected"])
async def test_the_phone_is_free_after_the_last_word_of_its_line(end: str) -> None:
    """As Asterisk says it: Hangup first, then the state of the device."""
    world = FakeWorld()
    world.events.clear()
    world.ring(AGENT, 5)
    await world.agent_rings()
    if end == "stop":
        world.stop(AGENT)
    elif end == "reject":
        world.phones.reject(AGENT)
    elif end == "not connected":
        world.phones.answer(AGENT)
        await world.word()
    assert isinstance(await world.word(), OfferFailed)
    assert told(world)[:2] == ["busy", "OfferRinging"]
    assert told(world)[-2:] == ["OfferFailed", "free"]


async def test_a_phone_that_is_stopped_before_it_rings_never_was_busy() -> None:
    world = FakeWorld()
    world.events.clear()
    world.ring(AGENT, 5)
    world.stop(AGENT)
    await asyncio.sleep(10)
    assert told(world) == ["OfferFailed"]
    assert world.phones.rung == []


@pytest.mark.parametrize(("lost_after", "reason", "seconds"), [(0, "unreachable", SETUP_SECONDS), (1, "no_answer", 5)])
async def test_nobody_answers_a_phone_that_is_lost(lost_after: float, reason: str, seconds: float) -> None:
    world = FakeWorld()
    world.phones.script(AGENT, Answers(after=2))
    began = world.clock.now()
    world.ring(AGENT, 5)
    await asyncio.sleep(lost_after)
    world.phones.lose(AGENT)
    assert await world.word() == OfferFailed(world.phone.call, AGENT, 1, reason)
    assert (world.clock.now() - began).total_seconds() == pytest.approx(seconds, abs=SETUP_SECONDS)
    assert told(world)[-1] == "OfferFailed"  # and not free
    world.phones.come_back(AGENT)
    assert told(world)[-1] == "free"


async def test_nobody_rejects_on_a_phone_that_is_lost() -> None:
    world = FakeWorld()
    world.ring(AGENT, 5)
    await world.agent_rings()
    world.phones.lose(AGENT)
    world.phones.reject(AGENT)
    assert await world.word() == OfferFailed(world.phone.call, AGENT, 1, "no_answer")


async def test_an_answer_has_one_caller() -> None:
    world = FakeWorld()
    world.ring(AGENT, 5)
    await world.agent_rings()
    world.phones.answer(AGENT)
    other = FakePhone(CallId("2.sim"), world.phones, world.clock)
    assert await world.phone.connect(world.phone.call, AGENT, 1) is not None
    assert await other.connect(world.phone.call, AGENT, 1) is None


async def test_a_phone_that_is_back_while_in_use_is_busy() -> None:
    world = FakeWorld()
    world.ring(AGENT, 20)
    await world.agent_rings()
    world.phones.answer(AGENT)
    world.phones.lose(AGENT)
    world.phones.come_back(AGENT)
    assert told(world)[-2:] == ["unreachable", "busy"]


async def test_hanging_up_a_phone_that_rings_rejects_it() -> None:
    world = FakeWorld()
    world.ring(AGENT, 20)
    await world.agent_rings()
    world.phones.hang_up(AGENT)
    assert await world.word() == OfferFailed(world.phone.call, AGENT, 1, "rejected")


async def test_two_offers_in_the_same_instant_ring_the_phone_once() -> None:
    world = FakeWorld()
    world.ring(AGENT, 20)
    world.phones.ring(Offer(CallId("2.sim"), QueueName("support"), AGENT, 20, 1, "test"), Shown())
    assert await world.word() == OfferFailed(CallId("2.sim"), AGENT, 1, "busy")
    assert world.phones.rung == [AGENT]


async def test_a_phone_in_use_keeps_its_script_for_the_next_time() -> None:
    world = FakeWorld()
    world.ring(AGENT, 20)
    await world.agent_rings()
    world.phones.script(AGENT, Misses("rejected"))
    world.phones.ring(Offer(CallId("2.sim"), QueueName("support"), AGENT, 20, 1, "test"), Shown())
    await world.word()
    world.stop(AGENT)
    await world.word()
    world.ring(AGENT, 20, attempt=2)
    assert await world.word() == OfferFailed(world.phone.call, AGENT, 2, "rejected")


async def test_what_is_stopped_can_not_be_connected_any_more() -> None:
    world = FakeWorld()
    world.ring(AGENT, 20)
    await world.agent_rings()
    world.phones.answer(AGENT)
    world.stop(AGENT)
    assert await world.phone.connect(world.phone.call, AGENT, 1) is None


async def test_the_first_of_two_answers_in_an_instant_can_stop_the_other() -> None:
    world = FakeWorld()
    other = AgentNumber("1002")
    world.ring(AGENT, 20)
    world.ring(other, 20)
    await asyncio.sleep(1)
    world.phones.answer(AGENT)
    world.stop(other)
    world.phones.answer(other)
    await asyncio.sleep(1)
    assert world.words == [
        OfferAnswered(world.phone.call, AGENT, 1),
        OfferFailed(world.phone.call, other, 1, "no_answer"),
    ]
    assert await world.phone.connect(world.phone.call, AGENT, 1) is not None


async def test_a_stop_in_a_conversation_ends_it() -> None:
    world = FakeWorld()
    world.ring(AGENT, 20)
    await world.agent_rings()
    world.phones.answer(AGENT)
    talk = await world.phone.connect(world.phone.call, AGENT, 1)
    assert talk is not None
    world.stop(AGENT)
    assert not talk.over.done()
    assert (await talk.ended()).by == "agent"
    assert world.phones.in_use == {}


@pytest.mark.parametrize(
    ("scene", "rings", "hangs_up"), [("ringing 1001", 3, False), ("ringing 1001", 9, True), ("ringing", 9, True)]
)
async def test_a_caller_hangs_up_while_that_phone_rings_and_only_then(scene: str, rings: float, hangs_up: bool) -> None:
    world = FakeWorld(CallerScript(hang_up=HangUp(scene, 5)))
    world.ring(AGENT, rings)
    world.ring(AgentNumber("1002"), 20)
    await asyncio.sleep(30)
    assert world.phone.ended_by == ("caller" if hangs_up else "")


async def test_a_conversation_ends_the_ringing_for_its_caller() -> None:
    world = FakeWorld(CallerScript(hang_up=HangUp("ringing 1002", 5)))
    world.ring(AgentNumber("1002"), 20)
    world.ring(AGENT, 20)
    await world.agent_rings()
    world.phones.answer(AGENT)
    await world.phone.connect(world.phone.call, AGENT, 1)
    await asyncio.sleep(10)
    assert world.phone.ended_by == ""


async def test_nothing_is_kept_of_calls_that_are_over() -> None:
    world = FakeWorld()
    world.ring(AGENT, 20)
    await world.agent_rings()
    world.phone.hangs_up()
    world.stop(AGENT)
    await world.word()
    with pytest.raises(CallerGone):
        await world.phone.connect(world.phone.call, AGENT, 1)
    assert world.phones._lines == {}
    assert world.phones._watchers == {}
    assert world.phone.heard == ["ringing 1001"]
