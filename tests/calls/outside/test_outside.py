"""Numbers outside: where their calls go, what the called side sees, and that neither phones nor callers get there."""

import pytest

from rig.caller import Caller
from rig.center import Center
from rig.ports import LOOPBACK, free_port
from rig.trunk import TrunkPeer

CUSTOMER = "13800000001"
PORT = free_port("udp")


async def call_out(center: Center, number: str) -> None:
    async with center.ami() as ami:
        await ami.action(
            "Originate", Channel=f"PJSIP/{number}@trunk", CallerID='"4001234567" <4001234567>', Async="true",
            Application="Playback", Data="welcome", Timeout="10000",
        )  # fmt: skip


@pytest.mark.settings(trunk_contact=f'"sip:{LOOPBACK}:{PORT}"')
async def test_calls_go_to_the_contact_even_if_somebody_registered(center: Center) -> None:
    async with (
        TrunkPeer(center.trunk_password, LOOPBACK, center.sip_port) as registered,
        TrunkPeer(center.trunk_password, LOOPBACK, center.sip_port, port=PORT, answer_after=None) as outside,
    ):
        await call_out(center, CUSTOMER)
        call = await outside.next_call(CUSTOMER)
        assert call.caller == "4001234567"
        await outside.answer(call)
        await center.wait_prompt(call, "welcome")
        await call.hang_up()
        await call_out(center, CUSTOMER)
        refused = await outside.reject(await outside.next_call(CUSTOMER), 486)
        assert (refused.how, refused.code) == ("refused", 486)
        assert not registered.calls


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0}})
async def test_nobody_gets_outside_alone(center: Center) -> None:
    async with (
        TrunkPeer(center.trunk_password, LOOPBACK, center.sip_port) as outside,
        center.agent("1004", answer_after=0.2, tone=700) as agent,
        center.caller() as caller,
    ):
        await center.wait_state("1004", "ready")
        for number in ("13900000002", "13900000002%40trunk"):
            async with center.caller(hotline=number) as stranger:
                await stranger.dial()
                await stranger.wait_ended(20)
            phone = ("1004", center.password("1004"))
            async with Caller(LOOPBACK, center.sip_port, *phone, number="1004", hotline=number) as own:
                await own.dial()
                await own.wait_ended(20)
        await center.queue_up(caller)
        await caller.media.wait_hears(700)
        await agent.transfer("13900000002")
        await center.wait_fact("CallTransferred", to="13900000002")
        await center.wait_until(lambda: answers(center), lambda found: len(found) == 2)
        await caller.hang_up()
        assert not outside.calls


async def answers(center: Center) -> list[dict]:
    return center.facts("CallAnswered")
