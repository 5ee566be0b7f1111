"""The caller hangs up, at each step of the way: the facts say what happened, the agent's phone stops, nobody stays reserved."""

import pytest

from rig.agent import SippAgent
from rig.caller import Caller
from rig.center import Center

KNOWN, UNKNOWN = "13800000001", "13911112222"


async def to_welcome(center: Center, caller: Caller, agent: SippAgent) -> None:
    await center.wait_fact("HoursChecked")
    await caller.media.wait_for_audio()


async def to_code(center: Center, caller: Caller, agent: SippAgent) -> None:
    await center.wait_fact("HoursChecked")
    await caller.media.wait_silence_after_speech(15)
    await caller.press("12")


async def to_menu(center: Center, caller: Caller, agent: SippAgent) -> None:
    await center.wait_fact("NodeEntered", node="main-menu")


async def to_waiting(center: Center, caller: Caller, agent: SippAgent) -> None:
    await agent.unregister()
    await to_menu(center, caller, agent)
    await caller.press("0")
    await center.wait_fact("CallQueued")


async def to_ringing(center: Center, caller: Caller, agent: SippAgent) -> None:
    await to_menu(center, caller, agent)
    await caller.press("0")
    await agent.wait_ringing()


async def to_talking(center: Center, caller: Caller, agent: SippAgent) -> None:
    await to_ringing(center, caller, agent)
    await agent.answer_now()
    caller.media.start_tone(1100)
    await agent.media.wait_hears(1100)


async def to_survey(center: Center, caller: Caller, agent: SippAgent) -> None:
    await to_talking(center, caller, agent)
    await agent.hang_up()
    await center.wait_fact("TalkEnded", by="agent")


@pytest.mark.parametrize(
    ("number", "go", "outcome", "step"),
    [
        (KNOWN, to_welcome, "abandoned", "customers"),
        (UNKNOWN, to_code, "abandoned", "customers"),
        (KNOWN, to_menu, "abandoned", "ivr"),
        (KNOWN, to_waiting, "abandoned", "acd"),
        (KNOWN, to_ringing, "abandoned", "acd"),
        (KNOWN, to_talking, "answered", None),
        (KNOWN, to_survey, "answered", None),
    ],
    ids=["welcome", "keying", "menu", "waiting", "ringing", "talking", "survey"],
)
async def test_caller_gone(center: Center, number: str, go, outcome: str, step: str | None) -> None:
    async with center.agent("1004", answer_after=None, tone=600) as agent, center.caller(number) as caller:
        await caller.dial()
        await caller.wait_answered()
        await go(center, caller, agent)
        ending = await caller.hang_up()
        assert ending.how == "own_bye"
        call = await center.wait_call()
        assert call["outcome"] == outcome
        assert [f["step"] for f in center.facts("CallAbandoned")] == ([step] if step else [])
        if go is to_ringing:
            await agent.wait_cancelled(2)
            assert center.facts("OfferWithdrawn")[0]["why"] == "caller_gone"
            assert (await center.wait_state("1004", "ready"))["pause_reason"] == ""
        if go is to_talking:
            await agent.wait_ended(2)
            assert center.facts("TalkEnded")[0]["by"] == "caller"
            await center.wait_state("1004", "wrap_up")
        if go is to_survey:
            assert center.facts("SurveySkipped")[0]["why"] == "hung_up"
