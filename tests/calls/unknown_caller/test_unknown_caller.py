"""A caller whom neither number nor three codes identify goes to a person; an unknown hotline is refused by voice."""

from rig.center import Center


async def test_three_wrong_codes_go_to_support(center: Center) -> None:
    async with center.agent("1003", answer_after=0.2, tone=500) as agent, center.caller("13911112222") as caller:
        await caller.dial()
        await caller.wait_answered()
        for attempt in (1, 2, 3):
            await caller.media.wait_silence_after_speech(15)
            await caller.press(f"00000{attempt}#")
            await center.wait_fact("ServiceCodeTried", attempt=attempt, accepted=False)
        await agent.wait_answered(20)
        await caller.media.wait_hears(500)
        await agent.hang_up()
        await center.wait_fact("TalkEnded")
        await caller.press("9")
        await center.wait_prompt(caller, "wrong-key")
        await caller.press("9")
        await center.wait_prompt(caller, "goodbye")
        await caller.wait_ended()
    call = await center.wait_call()
    assert (call["company"], call["service"], call["queue"], call["outcome"]) == ("", "none", "support", "answered")
    assert call["rating"] is None
    assert center.facts("SurveySkipped")[0]["why"] == "no_key"
    ticket = await center.read("ticket", "show", str(call["ticket"]))
    assert ticket["caller"] == "+8613911112222"


async def test_unknown_hotline_is_told_and_refused(center: Center) -> None:
    async with center.caller(hotline="4009999999") as caller:
        await caller.dial()
        await caller.wait_answered()
        await center.wait_prompt(caller, "unknown-hotline")
        ending = await caller.wait_ended(10)
    assert ending.how == "remote_bye"
    call = await center.wait_call()
    assert (call["outcome"], call["hotline"]) == ("refused", "4009999999")
    assert "4009999999 is no hotline" in center.facts("CallEnded")[0]["why"]
