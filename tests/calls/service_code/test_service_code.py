"""An unknown number keys a wrong service code, then the right one; its second call joins the ticket and the same agent."""

import pytest

from rig.caller import Caller
from rig.center import Center, CommandFailed

CALLER_HZ, AGENT_HZ = 1300, 600
UNKNOWN, CODE = "13911112222", "100005"


async def test_service_code(center: Center) -> None:
    async with (
        center.agent("1002", answer_after=0.2, tone=AGENT_HZ) as first,
        center.agent("1001", answer_after=0.2, tone=AGENT_HZ),
    ):
        async with center.caller(UNKNOWN) as caller:
            await reach_menu(center, caller, 1, wrong="999999")
            await caller.press("0")
            answered = await center.wait_fact("CallAnswered")
            await caller.media.wait_hears(AGENT_HZ)
            await caller.hang_up()
        one = await center.wait_call(1)
        assert one["outcome"] == "answered"
        assert one["company"] == "成都锦里食品有限公司"
        assert one["queue"] == "support"
        assert center.facts("TalkEnded")[0]["by"] == "caller"
        assert [f["accepted"] for f in center.facts("ServiceCodeTried")] == [False, True]
        assert CODE not in str(center.facts())

        await center.cc("agent", "resume", one["agent"])
        async with center.caller(UNKNOWN) as caller:
            await reach_menu(center, caller, 2)
            await caller.press("0")
            await center.wait_fact("CallAnswered", call=(await second_call(center)))
            await caller.hang_up()
    two = await center.wait_call(2)
    assert two["ticket"] == one["ticket"]
    assert two["agent"] == one["agent"] == answered["agent"]
    assert center.facts("CallOffered", call=two["id"])[0]["why"] == "sticky"
    assert center.facts("CallAttached", call=two["id"])
    assert first.calls or answered["agent"] == "1001"

    await center.cc("ticket", "close", str(one["ticket"]))
    closed = await center.read("ticket", "show", str(one["ticket"]))
    assert (closed["status"], closed["calls"]) == ("closed", [one["id"], two["id"]])
    assert center.facts("TicketClosed", ticket=one["ticket"])
    assert "is closed already" in await refusal(center, one["ticket"])


async def reach_menu(center: Center, caller: Caller, number: int, wrong: str | None = None) -> None:
    await caller.dial()
    await caller.wait_answered()
    await center.wait_until(lambda: hours(center), lambda checked: len(checked) == number)
    await caller.media.wait_silence_after_speech(15)
    if wrong is not None:
        await caller.press(f"{wrong}#")
        await center.wait_fact("ServiceCodeTried", accepted=False)
        await caller.media.wait_silence_after_speech(15)
    await caller.press(f"{CODE}#")
    await center.wait_until(lambda: entered(center), lambda nodes: len(nodes) == number)


async def second_call(center: Center) -> str:
    return center.facts("CallArrived")[1]["call"]


async def hours(center: Center) -> list[dict]:
    return center.facts("HoursChecked")


async def entered(center: Center) -> list[dict]:
    return center.facts("NodeEntered", node="main-menu")


async def refusal(center: Center, ticket: int) -> str:
    with pytest.raises(CommandFailed) as failed:
        await center.cc("ticket", "close", str(ticket))
    return failed.value.output
