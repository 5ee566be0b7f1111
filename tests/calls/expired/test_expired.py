"""A company whose service has expired is told so and goes to renewals, without a menu."""

from rig.center import Center


async def test_expired(center: Center) -> None:
    async with center.agent("1006", answer_after=0.2, tone=500) as agent, center.caller("13800000004") as caller:
        await caller.dial()
        await center.wait_prompt(caller, "service-expired")
        await agent.wait_answered(20)
        await caller.media.wait_hears(500)
        await agent.hang_up()
        await center.wait_fact("TalkEnded")
        await caller.press("2")
        await caller.wait_ended(15)
    call = await center.wait_call()
    assert (call["service"], call["queue"], call["agent"], call["rating"]) == ("expired", "renewals", "1006", 2)
    assert "main-menu" not in {fact["node"] for fact in center.facts("NodeEntered")}
    routed = center.facts("CallRouted")[0]
    assert routed["rule"] == "expired service to renewals"
    explained = await center.cc("call", "explain", call["id"])
    assert "rule 'expired service to renewals' matched" in explained
