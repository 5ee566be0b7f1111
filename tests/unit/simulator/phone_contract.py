"""What every Phone must do, the fake one and that on Asterisk. Each function of CONTRACT is one promise; lines_contract.py
has those of the agents' lines beside it.

A World is a line that has just come in (not answered yet), with somebody at its other end and an agent's phone, and ways
to make both do something. Nothing here knows whether time or voice is real.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest

from contactcenter.acd.inputs import OfferAnswered, OfferFailed
from contactcenter.clock import Clock
from contactcenter.errors import CallerGone
from contactcenter.ids import AgentNumber
from contactcenter.phone import Phone, Talk


class World(Protocol):
    """agent: a phone that is there, which rings until it is told otherwise; nobody: one that never registered.

    words: all that was told of offers so far but OfferRinging.
    """

    phone: Phone
    clock: Clock
    agent: AgentNumber
    nobody: AgentNumber
    parts: tuple[Path, Path]
    words: list[OfferAnswered | OfferFailed]

    def ring(self, agent: AgentNumber, seconds: float, attempt: int = 1) -> None:
        """Offers the call to an agent."""

    def stop(self, agent: AgentNumber, attempt: int = 1) -> None:
        """Withdraws that offer."""

    async def word(self) -> OfferAnswered | OfferFailed:
        """The next of `words` that nobody has waited for yet."""

    async def hears(self, what: str) -> None:
        """Waits until the caller hears a prompt, or "music"; at once if it is the last thing they heard."""

    async def presses(self, keys: str) -> None: ...
    async def caller_hangs_up(self) -> None: ...
    async def agent_rings(self) -> None:
        """Waits until the agent's phone rings."""

    async def agent_answers(self) -> None: ...
    async def agent_rejects(self) -> None: ...
    async def agent_hangs_up(self) -> None: ...
    async def agent_transfers(self, to: AgentNumber) -> None:
        """The agent hands the caller over, in a conversation."""


RING = 3.0
"""Seconds an agent's phone is rung here."""


async def answered(world: World, seconds: float = RING) -> None:
    """The agent has answered, and waits to be connected."""
    world.ring(world.agent, seconds)
    await world.agent_rings()
    await world.agent_answers()
    assert await world.word() == OfferAnswered(world.phone.call, world.agent, 1)


async def talk(world: World) -> Talk:
    await answered(world)
    talk = await world.phone.connect(world.phone.call, world.agent, 1)
    assert talk is not None
    return talk


# ---- prompts and keys


async def prompts_play_one_after_the_other_to_their_end(world: World) -> None:
    await world.phone.answer()
    playing = asyncio.create_task(world.phone.play("welcome", "goodbye"))
    await world.hears("welcome")
    assert not playing.done()
    await world.hears("goodbye")
    assert not playing.done()
    await playing


async def an_event_stops_a_prompt_in_the_middle(world: World) -> None:
    await world.phone.answer()
    found = asyncio.Event()
    playing = asyncio.create_task(world.phone.play("menu-main", "goodbye", until=found))
    await world.hears("menu-main")
    before = world.clock.now()
    found.set()
    await playing
    assert (world.clock.now() - before).total_seconds() < 0.5


async def an_event_that_is_set_already_leaves_nothing_to_play(world: World) -> None:
    await world.phone.answer()
    found = asyncio.Event()
    found.set()
    before = world.clock.now()
    await world.phone.play("menu-main", "goodbye", until=found)
    assert (world.clock.now() - before).total_seconds() < 0.5


async def a_key_ends_the_prompt_and_is_returned(world: World) -> None:
    await world.phone.answer()
    for prompt, key in (("menu-main", "5"), ("menu-product", "*"), ("survey-ask", "#")):
        asking = asyncio.create_task(world.phone.ask_key(prompt, 5))
        await world.hears(prompt)
        await world.presses(key)
        assert await asking == key


async def a_key_in_the_silence_after_the_prompt_counts(world: World) -> None:
    await world.phone.answer()
    await world.phone.play("welcome")
    asking = asyncio.create_task(world.phone.ask_key("goodbye", 10))
    await world.hears("goodbye")
    await asyncio.sleep(4)  # longer than the prompt
    await world.presses("7")
    assert await asking == "7"


async def no_key_in_time_is_an_empty_answer(world: World) -> None:
    await world.phone.answer()
    assert await world.phone.ask_key("welcome", 1) == ""


async def what_is_said_before_a_question_plays_first_and_a_key_ends_it(world: World) -> None:
    await world.phone.answer()
    asking = asyncio.create_task(world.phone.ask_key("menu-main", 5, before="wrong-key"))
    await world.hears("wrong-key")
    await world.hears("menu-main")
    await world.presses("1")
    assert await asking == "1"
    asking = asyncio.create_task(world.phone.ask_key("menu-main", 5, before="no-key"))
    await world.hears("no-key")
    await world.presses("2")
    assert await asking == "2"


async def digits_that_begin_in_what_is_said_before_count_all(world: World) -> None:
    await world.phone.answer()
    asking = asyncio.create_task(world.phone.ask_digits("enter-service-code", 5, 12, before="service-code-wrong"))
    await world.hears("service-code-wrong")
    await world.presses("100005#")
    assert await asking == "100005"


async def digits_end_with_the_pound_key(world: World) -> None:
    await world.phone.answer()
    asking = asyncio.create_task(world.phone.ask_digits("enter-service-code", 5, 12))
    await world.hears("enter-service-code")
    await world.presses("100005#")
    assert await asking == "100005"


async def digits_end_when_there_are_enough(world: World) -> None:
    await world.phone.answer()
    asking = asyncio.create_task(world.phone.ask_digits("enter-service-code", 5, 4))
    await world.hears("enter-service-code")
    await world.presses("1234")
    assert await asking == "1234"


async def digits_end_with_silence(world: World) -> None:
    await world.phone.answer()
    asking = asyncio.create_task(world.phone.ask_digits("enter-service-code", 1, 12))
    await world.hears("enter-service-code")
    await world.presses("12")
    assert await asking == "12"


async def no_digits_at_all_are_an_empty_answer(world: World) -> None:
    await world.phone.answer()
    assert await world.phone.ask_digits("welcome", 1, 12) == ""


# ---- waiting and ringing


async def music_plays_until_something_else_is_heard(world: World) -> None:
    await world.phone.answer()
    await world.phone.music(on=True)
    await world.hears("music")
    await world.phone.music(on=True)
    await world.phone.play("welcome")
    await world.phone.music(on=True)
    await world.hears("music")
    await world.phone.music(on=False)


async def an_answer_is_connected_to_a_talk_that_the_agent_ends(world: World) -> None:
    await world.phone.answer()
    await world.phone.music(on=True)
    before = world.clock.now()
    begun = await talk(world)
    assert begun.agent == world.agent
    assert not begun.recorded
    assert before <= begun.answered_at <= world.clock.now()
    ending = asyncio.create_task(begun.ended())
    await world.agent_hangs_up()
    end = await ending
    assert (end.by, end.transferred_to) == ("agent", "")
    assert begun.answered_at <= end.at <= world.clock.now()
    await world.phone.play("goodbye")  # the line is ours again


async def a_talk_that_the_caller_ends_is_no_error_but_the_line_is_gone(world: World) -> None:
    await world.phone.answer()
    begun = await talk(world)
    ending = asyncio.create_task(begun.ended())
    await world.caller_hangs_up()
    assert (await ending).by == "caller"
    with pytest.raises(CallerGone):
        await world.phone.play("welcome")


async def a_hand_over_ends_the_talk_and_takes_the_caller_off_this_line(world: World) -> None:
    await world.phone.answer()
    begun = await talk(world)
    ending = asyncio.create_task(begun.ended())
    await world.agent_transfers(world.nobody)
    end = await ending
    assert (end.by, end.transferred_to) == ("agent", world.nobody)
    with pytest.raises(CallerGone):
        await world.phone.play("goodbye")


async def prompts_play_while_a_phone_rings(world: World) -> None:
    await world.phone.answer()
    world.ring(world.agent, 30)
    await world.agent_rings()
    await world.phone.play("welcome")
    world.stop(world.agent)
    await world.word()


async def a_key_is_heard_whatever_plays(world: World) -> None:
    await world.phone.answer()
    for what in ("music", "welcome"):
        waiting = asyncio.create_task(world.phone.wait_key("1"))
        playing = asyncio.create_task(world.phone.music(on=True) if what == "music" else world.phone.play("welcome"))
        await world.hears(what)
        await world.presses("21")
        assert await waiting == "1"
        await playing


async def a_message_ends_with_the_pound_key(world: World) -> None:
    await world.phone.answer()
    before = world.clock.now()
    taking = asyncio.create_task(world.phone.take_message(world.parts[0], 30))
    await asyncio.sleep(2)
    await world.presses("#")
    assert await taking < 4
    assert (world.clock.now() - before).total_seconds() < 4


async def recording_twice_is_recording_once(world: World) -> None:
    await world.phone.answer()
    await world.phone.record(*world.parts)
    await world.phone.record(*world.parts)
    begun = await talk(world)
    assert begun.recorded
    ending = asyncio.create_task(begun.ended())
    await world.agent_hangs_up()
    await ending
    await world.phone.stop_recording()


# ---- waiting for something else


async def what_was_waited_for_comes_back(world: World) -> None:
    await world.phone.answer()
    assert await world.phone.unless_gone(asyncio.sleep(0.1, "done")) == "done"


async def what_fails_while_waited_for_fails_here(world: World) -> None:
    async def broken() -> None:
        raise LookupError("broken")

    await world.phone.answer()
    with pytest.raises(LookupError, match="broken"):
        await world.phone.unless_gone(broken())


async def what_was_waited_for_is_cancelled_with_the_call(world: World) -> None:
    await world.phone.answer()
    await world.phone.music(on=True)
    never = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(world.phone.unless_gone(never))
    await world.hears("music")
    await world.caller_hangs_up()
    with pytest.raises(CallerGone):
        await waiting
    assert never.cancelled()


# ---- the caller hangs up


async def a_hang_up_in_a_prompt_is_caller_gone(world: World) -> None:
    await _gone_during(world, world.phone.play("menu-main", "menu-product"), "menu-main")


async def a_hang_up_in_a_prompt_that_could_be_stopped_is_caller_gone(world: World) -> None:
    await _gone_during(world, world.phone.play("menu-main", "goodbye", until=asyncio.Event()), "menu-main")


async def a_hang_up_when_a_key_is_asked_is_caller_gone(world: World) -> None:
    await _gone_during(world, world.phone.ask_key("menu-main", 10), "menu-main")


async def a_hang_up_when_digits_are_asked_is_caller_gone(world: World) -> None:
    await _gone_during(world, world.phone.ask_digits("enter-service-code", 10, 12), "enter-service-code")


async def _gone_during(world: World, something: Awaitable[object], prompt: str) -> None:
    await world.phone.answer()
    task = asyncio.ensure_future(something)
    await world.hears(prompt)
    before = world.clock.now()
    await world.caller_hangs_up()
    with pytest.raises(CallerGone):
        await task
    assert (world.clock.now() - before).total_seconds() < 2


async def a_hang_up_when_a_key_is_waited_for_is_caller_gone(world: World) -> None:
    await world.phone.answer()
    await world.phone.music(on=True)
    waiting = asyncio.create_task(world.phone.wait_key("1"))
    await world.hears("music")
    await world.caller_hangs_up()
    with pytest.raises(CallerGone):
        await waiting


async def a_hang_up_between_the_answer_and_the_connection_is_caller_gone(world: World) -> None:
    await world.phone.answer()
    await answered(world)
    await world.caller_hangs_up()
    with pytest.raises(CallerGone):
        await world.phone.connect(world.phone.call, world.agent, 1)
    world.stop(world.agent)
    assert isinstance(await world.word(), OfferFailed)


async def after_a_hang_up_every_method_raises_caller_gone(world: World) -> None:
    await world.phone.answer()
    await world.caller_hangs_up()
    await _all_raise(world)


async def after_our_own_hang_up_every_method_raises_caller_gone(world: World) -> None:
    await world.phone.answer()
    await world.phone.hang_up()
    await _all_raise(world)


async def _all_raise(world: World) -> None:
    phone = world.phone
    with pytest.raises(CallerGone):
        await phone.unless_gone(asyncio.get_running_loop().create_future())
    methods: dict[str, Callable[[], Awaitable[object]]] = {
        "answer": phone.answer,
        "play": lambda: phone.play("welcome"),
        "play until": lambda: phone.play("welcome", until=asyncio.Event()),
        "ask_key": lambda: phone.ask_key("welcome", 1),
        "ask_digits": lambda: phone.ask_digits("welcome", 1, 4),
        "music": lambda: phone.music(on=True),
        "record": lambda: phone.record(*world.parts),
        "stop_recording": phone.stop_recording,
        "connect": lambda: phone.connect(phone.call, world.agent, 1),
        "dial": lambda: phone.dial("13900000000", RING),
        "wait_key": lambda: phone.wait_key("1"),
        "take_message": lambda: phone.take_message(world.parts[0], 1),
        "hang_up": phone.hang_up,
        "give_to_fallback": phone.give_to_fallback,
    }
    silent_ones = []
    for name, method in methods.items():
        try:
            await method()
            silent_ones.append(name)
        except CallerGone:
            continue
    assert silent_ones == []


async def letting_go_never_fails(world: World) -> None:
    await world.phone.answer()
    world.phone.let_go()
    world.phone.let_go()
    with pytest.raises(CallerGone):
        await world.phone.play("welcome")


CONTRACT: tuple[Callable[[World], Awaitable[None]], ...] = (
    prompts_play_one_after_the_other_to_their_end,
    an_event_stops_a_prompt_in_the_middle,
    an_event_that_is_set_already_leaves_nothing_to_play,
    a_key_ends_the_prompt_and_is_returned,
    a_key_in_the_silence_after_the_prompt_counts,
    no_key_in_time_is_an_empty_answer,
    what_is_said_before_a_question_plays_first_and_a_key_ends_it,
    digits_that_begin_in_what_is_said_before_count_all,
    digits_end_with_the_pound_key,
    digits_end_when_there_are_enough,
    digits_end_with_silence,
    no_digits_at_all_are_an_empty_answer,
    music_plays_until_something_else_is_heard,
    an_answer_is_connected_to_a_talk_that_the_agent_ends,
    a_talk_that_the_caller_ends_is_no_error_but_the_line_is_gone,
    a_hand_over_ends_the_talk_and_takes_the_caller_off_this_line,
    prompts_play_while_a_phone_rings,
    a_key_is_heard_whatever_plays,
    a_message_ends_with_the_pound_key,
    recording_twice_is_recording_once,
    what_was_waited_for_comes_back,
    what_fails_while_waited_for_fails_here,
    what_was_waited_for_is_cancelled_with_the_call,
    a_hang_up_in_a_prompt_is_caller_gone,
    a_hang_up_in_a_prompt_that_could_be_stopped_is_caller_gone,
    a_hang_up_when_a_key_is_asked_is_caller_gone,
    a_hang_up_when_digits_are_asked_is_caller_gone,
    a_hang_up_when_a_key_is_waited_for_is_caller_gone,
    a_hang_up_between_the_answer_and_the_connection_is_caller_gone,
    after_a_hang_up_every_method_raises_caller_gone,
    after_our_own_hang_up_every_method_raises_caller_gone,
    letting_go_never_fails,
)
