"""The fake phone keeps the contract of every phone, and does what its script says."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from phone_contract import CONTRACT, World

from contactcenter.acd.inputs import PhoneIs
from contactcenter.errors import CallerGone
from contactcenter.ids import AgentNumber, CallId
from contactcenter.simulator.agents import SETUP_SECONDS, AgentPhones, Answers, Misses, Waits
from contactcenter.simulator.caller import CallerScript, HangUp
from contactcenter.simulator.clock import LoopClock
from contactcenter.simulator.phone import FakePhone

AGENT = AgentNumber("1001")


class FakeWorld:
    """The World of the contract on a FakePhone."""

    agent, nobody = AGENT, AgentNumber("1999")
    parts = Path("caller.wav"), Path("agent.wav")

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.told: list[PhoneIs] = []
        self.rung = asyncio.Event()
        self.phones = AgentPhones(self._tell, usual=Waits())
        self.phones.lose(self.nobody)
        self.taped: list[float] = []
        self.phone = FakePhone(CallId("1.sim"), self.phones, self.clock, tape=lambda *part: self.taped.append(part[-1]))

    def _tell(self, state: PhoneIs) -> None:
        self.told.append(state)
        if state == PhoneIs(AGENT, "busy"):
            self.rung.set()

    async def hears(self, what: str) -> None:
        await self.phone.until_heard(what)

    async def presses(self, keys: str) -> None:
        self.phone.presses(keys)

    async def caller_hangs_up(self) -> None:
        self.phone.hangs_up()

    async def agent_rings(self) -> None:
        await self.rung.wait()

    async def agent_answers(self) -> None:
        self.phones.answer(AGENT)

    async def agent_rejects(self) -> None:
        self.phones.reject(AGENT)

    async def agent_hangs_up(self) -> None:
        self.phones.hang_up(AGENT)


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda promise: promise.__name__)
async def test_the_contract_of_every_phone(promise: Callable[[World], Awaitable[None]]) -> None:
    world = FakeWorld()
    await promise(world)
    world.phone.let_go()
    await asyncio.sleep(0)
    assert world.phones.in_use == {}
    assert asyncio.all_tasks() == {asyncio.current_task()}


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


async def test_an_agent_answers_after_so_long_and_talks_so_long() -> None:
    phone, _ = line(None, a1001=Answers(after=3, talk=40))
    talk = await phone.ring(AGENT, 20, lambda: None)
    assert not isinstance(talk, str)
    end = await talk.ended()
    assert end.by == "agent"
    assert (end.at - talk.answered_at).total_seconds() == 40
    assert (talk.answered_at - phone.log[0].at).total_seconds() == 3


async def test_an_agent_slower_than_the_ring_does_not_answer() -> None:
    phone, phones = line(None, a1001=Answers(after=30))
    assert await phone.ring(AGENT, 20, lambda: None) == "no_answer"
    assert phones.in_use == {}


@pytest.mark.parametrize(
    ("reason", "seconds"),
    [
        ("no_answer", 20 + SETUP_SECONDS),
        ("rejected", 1 + SETUP_SECONDS),
        ("busy", SETUP_SECONDS),
        ("unreachable", SETUP_SECONDS),
    ],
)
async def test_each_way_to_miss_takes_its_time(reason: str, seconds: float) -> None:
    phone, _ = line(None, a1001=Misses(reason))
    before = asyncio.get_running_loop().time()
    assert await phone.ring(AGENT, 20, lambda: None) == reason
    assert asyncio.get_running_loop().time() - before == pytest.approx(seconds)


async def test_a_phone_in_use_is_busy_for_the_second_caller() -> None:
    first, phones = line(None, a1001=Answers(after=2, talk=50))
    second = FakePhone(CallId("2.sim"), phones, LoopClock())
    talk = await first.ring(AGENT, 20, lambda: None)
    assert not isinstance(talk, str)
    assert await second.ring(AGENT, 20, lambda: None) == "busy"


async def test_distribution_is_told_of_the_phone_as_asterisk_would() -> None:
    world = FakeWorld()
    world.told.clear()
    ringing = asyncio.create_task(world.phone.ring(AGENT, 5, lambda: None))
    await world.agent_rings()
    assert world.told == [PhoneIs(AGENT, "busy")]
    await ringing
    assert world.told == [PhoneIs(AGENT, "busy"), PhoneIs(AGENT, "free")]
    world.phones.lose(AGENT)
    world.phones.come_back(AGENT)
    assert world.told[2:] == [PhoneIs(AGENT, "unreachable"), PhoneIs(AGENT, "free")]


async def test_the_tape_has_what_was_said_while_recording() -> None:
    world = FakeWorld()
    world.phones.script(AGENT, Answers(after=1, talk=33))
    await world.phone.record(*world.parts)
    talk = await world.phone.ring(AGENT, 5, lambda: None)
    assert not isinstance(talk, str)
    await talk.ended()
    assert world.taped == [33.0]
