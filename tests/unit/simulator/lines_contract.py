"""What the lines of agents must do, the fake ones and those on Asterisk: see AgentLines in acd/ports.py. Each function of
CONTRACT is one promise; the World is that of phone_contract.py.
"""

import asyncio
from collections.abc import Awaitable, Callable

from phone_contract import RING, World, answered, talk

from contactcenter.acd.inputs import OfferAnswered, OfferFailed

SOON = 2.0
"""Seconds within which what is at once must be there."""


async def the_last_word(world: World, within: float = SOON, attempt: int = 1) -> OfferFailed:
    """The one OfferFailed of an offer; nothing follows it."""
    before = world.clock.now()
    word = await world.word()
    assert isinstance(word, OfferFailed)
    assert (word.call, word.agent, word.attempt) == (world.phone.call, word.agent, attempt)
    assert (world.clock.now() - before).total_seconds() < within
    await asyncio.sleep(SOON)
    assert world.words[-1] is word
    assert sum(isinstance(word, OfferFailed) for word in world.words) == attempt
    return word


# ---- phones that are not answered


async def a_phone_that_is_not_answered_in_time_is_no_answer(world: World) -> None:
    world.ring(world.agent, RING)
    await world.agent_rings()
    before = world.clock.now()
    assert (await the_last_word(world, RING + SOON)).reason == "no_answer"
    assert (world.clock.now() - before).total_seconds() > RING - 1


async def a_rejection_comes_back_at_once(world: World) -> None:
    world.ring(world.agent, 30)
    await world.agent_rings()
    await world.agent_rejects()
    assert (await the_last_word(world)).reason in {"busy", "rejected"}


async def a_phone_that_is_not_there_is_unreachable(world: World) -> None:
    world.ring(world.nobody, RING)
    assert (await the_last_word(world)).reason == "unreachable"


# ---- phones that are stopped


async def a_stop_while_it_rings_is_told_soon_but_never_in_the_same_call(world: World) -> None:
    world.ring(world.agent, 30)
    await world.agent_rings()
    world.stop(world.agent)
    assert world.words == []
    await the_last_word(world)


async def a_stop_before_it_rings_is_told_soon_but_never_in_the_same_call(world: World) -> None:
    world.ring(world.agent, 30)
    world.stop(world.agent)
    assert world.words == []
    await the_last_word(world)


async def a_stop_may_be_repeated(world: World) -> None:
    world.ring(world.agent, 30)
    await world.agent_rings()
    world.stop(world.agent)
    world.stop(world.agent)
    await the_last_word(world)
    world.stop(world.agent)
    await asyncio.sleep(SOON)
    assert len(world.words) == 1


async def a_stop_of_what_never_rang_is_nothing(world: World) -> None:
    world.stop(world.agent)
    await asyncio.sleep(SOON)
    assert world.words == []


async def an_answer_that_crosses_a_stop_is_not_told(world: World) -> None:
    await world.phone.answer()
    world.ring(world.agent, 30)
    await world.agent_rings()
    world.stop(world.agent)
    await world.agent_answers()
    await the_last_word(world)
    assert len(world.words) == 1
    assert await world.phone.connect(world.phone.call, world.agent, 1) is None


async def an_answer_that_is_stopped_is_over(world: World) -> None:
    await world.phone.answer()
    await answered(world)
    world.stop(world.agent)
    assert len(world.words) == 1
    await the_last_word(world)
    assert await world.phone.connect(world.phone.call, world.agent, 1) is None


async def a_phone_that_was_stopped_rings_for_the_next_offer(world: World) -> None:
    await world.phone.answer()
    world.ring(world.agent, 30)
    await world.agent_rings()
    world.stop(world.agent)
    await the_last_word(world)
    world.ring(world.agent, 30, attempt=2)
    await world.agent_rings()
    await world.agent_answers()
    assert await world.word() == OfferAnswered(world.phone.call, world.agent, 2)
    assert await world.phone.connect(world.phone.call, world.agent, 1) is None
    world.stop(world.agent, 1)
    begun = await world.phone.connect(world.phone.call, world.agent, 2)
    assert begun is not None
    await world.agent_hangs_up()
    await begun.ended()


# ---- phones that are answered


async def a_phone_that_only_rings_is_not_connected(world: World) -> None:
    await world.phone.answer()
    world.ring(world.agent, 30)
    await world.agent_rings()
    assert await world.phone.connect(world.phone.call, world.agent, 1) is None
    await world.agent_answers()
    assert await world.word() == OfferAnswered(world.phone.call, world.agent, 1)
    world.stop(world.agent)
    await the_last_word(world)


async def an_agent_who_hangs_up_before_the_connection_is_not_there(world: World) -> None:
    await world.phone.answer()
    await answered(world)
    await world.agent_hangs_up()
    assert (await the_last_word(world)).reason == "failed"
    assert await world.phone.connect(world.phone.call, world.agent, 1) is None
    await world.phone.play("goodbye")


async def an_answer_that_nobody_connects_is_over_after_a_while(world: World) -> None:
    await world.phone.answer()
    await answered(world)
    assert (await the_last_word(world, 10 + SOON)).reason == "failed"
    assert await world.phone.connect(world.phone.call, world.agent, 1) is None


async def an_answer_may_be_connected_later_than_the_ringing_would_have_lasted(world: World) -> None:
    await world.phone.answer()
    await answered(world)
    await asyncio.sleep(RING + 1)
    begun = await world.phone.connect(world.phone.call, world.agent, 1)
    assert begun is not None
    await world.agent_hangs_up()
    await begun.ended()


async def a_connection_never_fails_afterwards(world: World) -> None:
    await world.phone.answer()
    begun = await talk(world)
    await asyncio.sleep(10 + SOON)
    await world.agent_hangs_up()
    assert (await begun.ended()).by == "agent"
    await asyncio.sleep(SOON)
    assert world.words == [OfferAnswered(world.phone.call, world.agent, 1)]


async def an_answer_is_connected_once(world: World) -> None:
    await world.phone.answer()
    begun = await talk(world)
    ending = asyncio.create_task(begun.ended())
    await world.agent_hangs_up()
    await ending
    await asyncio.sleep(SOON)
    assert await world.phone.connect(world.phone.call, world.agent, 1) is None


CONTRACT: tuple[Callable[[World], Awaitable[None]], ...] = (
    a_phone_that_is_not_answered_in_time_is_no_answer,
    a_rejection_comes_back_at_once,
    a_phone_that_is_not_there_is_unreachable,
    a_stop_while_it_rings_is_told_soon_but_never_in_the_same_call,
    a_stop_before_it_rings_is_told_soon_but_never_in_the_same_call,
    a_stop_may_be_repeated,
    a_stop_of_what_never_rang_is_nothing,
    an_answer_that_crosses_a_stop_is_not_told,
    an_answer_that_is_stopped_is_over,
    a_phone_that_was_stopped_rings_for_the_next_offer,
    a_phone_that_only_rings_is_not_connected,
    an_agent_who_hangs_up_before_the_connection_is_not_there,
    an_answer_that_nobody_connects_is_over_after_a_while,
    an_answer_may_be_connected_later_than_the_ringing_would_have_lasted,
    a_connection_never_fails_afterwards,
    an_answer_is_connected_once,
)
