"""Callers, a thief of a phone's password, a phone and a provider who send calls on: none of them makes the site call outside."""

import asyncio

import pytest

from rig.center import Center
from rig.ports import LOOPBACK
from rig.raw_sip import RawSip
from rig.sip import SipMessage

HOTLINE, FAR, PREMIUM, ELSEWHERE = "4001234567", "0085223456789", "16812345", "13900000003"
MANAGER, EXPIRED = "13911110000", "13800000004"
DIALED = [
    "13900000002",
    FAR,
    "+85223456789",
    "13900000002%40trunk",
    "13900000002;phone-context=trunk",
    "13900000002%26PJSIP%2F13900000002%40trunk",
    "4001234567%23%2313900000002",
    "%2213900000002%22",
    "13900000002%2Cn%2CDial",
    "${EXTEN}",
    "s",
    "*41",
]
"""Who knows the numbers of a context could want these of it."""
HEADERS = [
    "Diversion: <sip:13900000002@trunk>;reason=unconditional",
    "Referred-By: <sip:13900000002@trunk>",
    'P-Asserted-Identity: "&PJSIP/13900000002@trunk" <sip:13900000002@trunk>',
    "Route: <sip:13900000002@127.0.0.1;lr>",
    "Alert-Info: ;info=alert-autoanswer",
]
DISPLAYS = ['"a&PJSIP/13900000002@trunk" ', '"a\\",Dial(PJSIP/13900000002@trunk)\\"" ', '"${SHELL(id)}#;|" ']


async def attempt(raw: RawSip, to: str, login: tuple[str, str], **more: object) -> SipMessage | None:
    try:
        answer = await raw.invite(to, login, **more)
    except TimeoutError:  # what is no SIP address at all is not answered
        return None
    if answer.status == 200:
        await asyncio.sleep(0.3)  # what the dialplan would do now, it does
        await raw.bye(answer, to, login, str(more.get("number", "")))
    return answer


async def refer(raw: RawSip, login: tuple[str, str], number: str) -> int | None:
    """A REFER inside a call to the hotline: the caller, or an agent in a call of their own, wants to be connected outside."""
    call = await raw.invite(HOTLINE, login, number=number)
    assert call.status == 200
    to = {"number": number, "call_id": call.call_id, "to_tag": (call.header("To") or "").partition("tag=")[2]}
    sent = await raw.ask("REFER", HOTLINE, login, cseq=20, more=[f"Refer-To: <sip:13900000002@{LOOPBACK}>"], **to)
    await asyncio.sleep(0.5)
    await raw.ask("BYE", HOTLINE, login, cseq=30, **to)
    return sent.status


async def forward(raw: RawSip, seconds: float = 20.0) -> None:
    """The phone answers its next call with: call somebody else instead."""
    invite = await raw.wait(method="INVITE", timeout=seconds)
    raw.answer(invite, 302, "Moved Temporarily", more=f"Contact: <sip:{ELSEWHERE}@{LOOPBACK}>")


OVERFLOWS = {
    "vip": {
        "max_wait_seconds": 4,
        "overflow_timeout": f"number:{FAR}",
        "callback": "agent_first",
        "announce_seconds": 2,
    },
    "renewals": {"max_wait_seconds": 1, "overflow_timeout": f"number:{MANAGER}"},
}


@pytest.mark.configured(queues=OVERFLOWS)
@pytest.mark.sql(f"insert into contact_numbers (number, contact_id, position) values ('+86{PREMIUM}', 1, 1)")
async def test_nobody_makes_the_site_call_outside(center: Center) -> None:
    """But for the manager, whom an admin named: that call goes to the provider, who forwards it, and is not followed."""
    server = (LOOPBACK, center.sip_port)
    trunk, thief = ("trunk", center.trunk_password), ("1004", center.password("1004"))
    async with (
        await RawSip.open(server, "127.0.0.3") as provider,
        await RawSip.open(server) as gateway,
        await RawSip.open(server, "127.0.0.4") as phone,
        center.caller(EXPIRED) as overflows,
        center.caller(PREMIUM) as shows_premium,
    ):
        assert await provider.register(*trunk) == 200
        assert await phone.register(*thief) == 200
        await center.wait_state("1004", "ready")
        await overflows.dial()
        manager = (await center.wait_fact("CallArrived"))["call"]
        premium = await center.queue_up(shows_premium)
        async with asyncio.TaskGroup() as group:
            for forwards in (phone, provider):
                group.create_task(forward(forwards))
            for to in DIALED:
                group.create_task(attempt(gateway, to, trunk, number="13800000009"))
                group.create_task(attempt(phone, to, thief))
            for line in HEADERS:
                group.create_task(attempt(gateway, "13900000002", trunk, number="13800000009", more=[line]))
            for display in DISPLAYS:
                group.create_task(attempt(gateway, "13900000002", trunk, number="13800000009", display=display))
            by_caller = group.create_task(refer(gateway, trunk, "13800000008"))
            group.create_task(refer(phone, thief, "1004"))
        assert by_caller.result() not in {200, 202}
        refused = await center.wait_fact("AlarmRaised", 30, name="outbound_refused")
        assert (refused["call"], FAR in refused["detail"]) == (premium, True)
        for call in (manager, premium):
            assert (await center.wait_fact("CallEnded", 20, call=call))["outcome"] == "failed"
        invited = {one.call_id: one.uri_user for one in provider.heard if one.method == "INVITE"}
        assert list(invited.values()) == [MANAGER]
    assert not center.facts("CallbackRequested")
    assert not center.facts("CallArrived", hotline=ELSEWHERE)
    answered = {one["caller"] for one in center.facts("CallArrived")}
    assert {"+8613800000009", "1004"} <= answered, "the attempts were taken as calls, and told that it is no hotline"
