"""A phone that is not registered, or busy with another call, is never offered a call; once free, it is at once."""

from rig.caller import Caller
from rig.center import Center
from rig.ports import LOOPBACK


async def test_busy_and_unregistered_phones(center: Center) -> None:
    password = center.password("1004")
    async with center.agent("1004", answer_after=0.2, tone=600) as agent:
        await center.wait_state("1004", "ready")
        async with (
            Caller(LOOPBACK, center.sip_port, "1004", password, number="1004") as own_call,
            center.caller() as caller,
        ):
            await own_call.dial()
            await own_call.wait_answered()
            await center.wait_state("1004", "on_another_call")
            await caller.dial()
            await center.wait_fact("NodeEntered", node="main-menu")
            await caller.press("0")
            await center.wait_fact("CallQueued")
            await center.wait_prompt(caller, "queue-connecting")
            assert not center.facts("CallOffered")
            await own_call.hang_up()
            await agent.wait_answered()
            await caller.media.wait_hears(600)
            await caller.hang_up()
        assert (await center.wait_call(2))["agent"] == "1004"
    await center.wait_fact("PhoneChanged", agent="1004", phone="unreachable")
    states = {a["number"]: a["state"] for a in (await center.status())["agents"]}
    assert states["1005"] == "unreachable"
    assert {f["agent"] for f in center.facts("CallOffered")} == {"1004"}
