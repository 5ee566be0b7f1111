"""The fake phone keeps the contract of every phone, and does what its script says."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import lines_contract
import phone_contract
import pytest
from fake_world import AGENT, FakeWorld
from phone_contract import World

from contactcenter.acd.inputs import PhoneIs
from contactcenter.errors import CallerGone
from contactcenter.ids import CallId
from contactcenter.simulator.agents import AgentPhones, Answers, Misses, Waits
from contactcenter.simulator.caller import CallerScript, HangUp, Press
from contactcenter.simulator.clock import LoopClock
from contactcenter.simulator.phone import FakePhone


@pytest.mark.parametrize(
    "promise", phone_contract.CONTRACT + lines_contract.CONTRACT, ids=lambda promise: promise.__name__
)
async def test_the_contracts_of_every_phone_and_line(promise: Callable[[World], Awaitable[None]]) -> None:
    world = FakeWorld()
    await promise(world)
    world.phone.let_go()
    await asyncio.sleep(0)
    assert world.phones.in_use == {}
    assert asyncio.all_tasks() == {asyncio.current_task()}


HELPERS = {"answered", "talk", "the_last_word"}


@pytest.mark.parametrize("contract", [phone_contract, lines_contract])
def test_no_promise_is_forgotten_in_the_list(contract: ModuleType) -> None:
    written = {
        name
        for name, what in vars(contract).items()
        if asyncio.iscoroutinefunction(what) and what.__module__ == contract.__name__ and name[0] != "_"
    }
    assert written - HELPERS == {promise.__name__ for promise in contract.CONTRACT}


def line(script: CallerScript | None = None, **agents: Answers | Misses | Waits) -> tuple[FakePhone, AgentPhones]:
    told: list[PhoneIs] = []
    phones = AgentPhones(told.append, {number.removeprefix("a"): [does] for number, does in agents.items()})
    return FakePhone(CallId("1.sim"), phones, LoopClock(), script), phones


async def test_keys_of_the_script_come_each_time_the_prompt_asks() -> None:
    phone, _ = line(CallerScript({"menu-main": ("1", "", "2")}))
    assert [await phone.ask_key("menu-main", 3) for _ in range(4)] == ["1", "", "2", ""]
    assert phone.heard == ["menu-main (cut)", "menu-main", "menu-main (cut)", "menu-main"]


async def test_keys_later_than_the_prompt_still_count() -> None:
    phone, _ = line(CallerScript({"menu-main": ("1",)}, key_after=4.0))
    assert await phone.ask_key("menu-main", 3) == "1"
    assert await phone.ask_key("menu-main", 1) == ""


async def test_keys_pressed_before_a_prompt_are_not_an_answer_to_it() -> None:
    phone, _ = line()
    phone.presses("9")
    assert await phone.ask_key("menu-main", 1) == ""


async def test_a_scene_that_is_over_sooner_passes_without_a_hang_up() -> None:
    phone, _ = line(CallerScript(hang_up=HangUp("prompt welcome", 5)))
    await phone.play("welcome", "menu-main", "goodbye")
    assert phone.ended_by == ""


async def test_only_the_nth_scene_counts() -> None:
    phone, _ = line(CallerScript(hang_up=HangUp("prompt welcome", 1, 3)))
    await phone.play("welcome", "welcome")
    with pytest.raises(CallerGone):
        await phone.play("welcome")
    assert phone.heard == ["welcome"] * 3


async def test_a_hang_up_in_music() -> None:
    phone, _ = line(CallerScript(hang_up=HangUp("music", 7)))
    await phone.music(on=True)
    before = asyncio.get_running_loop().time()
    with pytest.raises(CallerGone):
        await phone.unless_gone(asyncio.sleep(100))
    assert asyncio.get_running_loop().time() - before == 7


async def test_a_key_in_music() -> None:
    phone, _ = line(CallerScript(press=Press("1", "music", 7)))
    await phone.music(on=True)
    before = asyncio.get_running_loop().time()
    assert await phone.wait_key("123") == "1"
    assert asyncio.get_running_loop().time() - before == 7


async def test_a_hand_over_ends_the_talk_and_the_caller_goes_on_elsewhere() -> None:
    world = FakeWorld()
    world.phones.script(AGENT, Answers(after=1, talk=None))
    world.ring(AGENT, 20)
    await world.word()
    talk = await world.phone.connect(world.phone.call, AGENT, 1)
    world.phones.transfer(AGENT, "1002")
    end = await talk.ended()
    assert (end.by, end.transferred_to) == ("agent", "1002")
    with pytest.raises(CallerGone):
        await world.phone.play("goodbye")
    assert world.phone.ended_by == ""
    line = world.phone.handed_over()
    await line.play("transfer-connecting")
    assert world.phone.heard[-2:] == ["talking 1001", "transfer-connecting"]


@pytest.mark.parametrize("behaviour", [Answers(after=2, talk=9), Misses("busy")])
async def test_a_number_outside(behaviour: Answers | Misses) -> None:
    phone, _ = line(None, a13900000000=behaviour)
    talk = await phone.dial("13900000000", 20)
    if isinstance(behaviour, Misses):
        assert talk == "busy"
    else:
        assert not isinstance(talk, str)
        assert (await talk.ended()).by == "agent"
        assert talk.agent == "13900000000"


async def test_the_tape_has_what_was_said_while_recording() -> None:
    world = FakeWorld()
    world.phones.script(AGENT, Answers(after=1, talk=33))
    await world.phone.record(*world.parts)
    world.ring(AGENT, 5)
    await world.word()
    talk = await world.phone.connect(world.phone.call, AGENT, 1)
    await talk.ended()
    assert world.taped == [33.0]


async def test_a_caller_who_speaks_as_long_as_they_like_or_may() -> None:
    phone, _ = line(CallerScript(message=7))
    assert [await phone.take_message(Path("message.wav"), seconds) for seconds in (60, 4)] == [7.0, 4.0]


async def test_a_key_ends_the_message_sooner() -> None:
    phone, _ = line(CallerScript(message=7, press=Press("#", "recording", 3)))
    assert await phone.take_message(Path("message.wav"), 60) == 3.0


async def test_no_message_leaves_no_tape() -> None:
    world = FakeWorld(CallerScript(message=0))
    assert await world.phone.take_message(world.parts[0], 60) == 0.0
    assert world.taped == []


async def test_a_caller_who_hangs_up_in_the_message_has_left_it() -> None:
    world = FakeWorld(CallerScript(hang_up=HangUp("recording", 2)))
    with pytest.raises(CallerGone):
        await world.phone.take_message(world.parts[0], 60)
    assert world.taped == [2.0]


async def test_music_begins_again_after_a_message() -> None:
    phone, _ = line()
    for _ in range(2):
        await phone.music(on=True)
        await phone.take_message(Path("message.wav"), 60)
    assert phone.heard == ["music", "recording"] * 2


async def test_who_hangs_up_while_a_number_outside_rings_leaves_it_quiet() -> None:
    for ringing in (1.0, 2.0):  # and in the moment of the answer
        phone, phones = line(None, a13900000000=Answers(after=2))
        dialing = asyncio.create_task(phone.dial("13900000000", 20))
        await phone.until_heard("ringing 13900000000")
        await asyncio.sleep(ringing)
        phone.hangs_up()
        with pytest.raises(CallerGone):
            await dialing
        assert phones.in_use == {}


async def test_a_number_outside_that_hangs_up_as_it_answers_has_failed() -> None:
    phone, phones = line(None, a13900000000=Waits())
    dialing = asyncio.create_task(phone.dial("13900000000", 20))
    await phone.until_heard("ringing 13900000000")
    phones.answer("13900000000")
    phones.hang_up("13900000000")
    assert await dialing == "failed"


async def test_a_key_pressed_twice_is_one_answer_and_the_other_is_nobodys() -> None:
    phone, _ = line()
    waiting = asyncio.create_task(phone.wait_key("1"))
    await asyncio.sleep(1)
    phone.presses("11")
    assert await waiting == "1"
    assert await phone.ask_key("menu-main", 1) == ""


async def test_a_caller_handed_over_hangs_up_and_presses_on_the_other_line() -> None:
    phone, phones = line(
        CallerScript(hang_up=HangUp("prompt goodbye", 1), press=Press("1", "music", 3)), a1001=Answers()
    )
    talk = await phone.dial("1001", 20)
    assert not isinstance(talk, str)
    phones.transfer("1001", "1002")
    await talk.ended()
    other = phone.handed_over()
    phone.let_go()
    await other.music(on=True)
    assert await other.wait_key("1") == "1"
    with pytest.raises(CallerGone):
        await other.play("goodbye")
    assert (phone.ended_by, other.ended_by) == ("", "caller")


async def test_the_tape_has_the_message() -> None:
    world = FakeWorld()
    assert await world.phone.take_message(world.parts[0], 60) == 5.0
    assert world.taped == [5.0]
