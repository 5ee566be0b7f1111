"""Phones over TLS with SRTP: baresip signs in and talks, what it is offered is encryption alone, and without it there is no call."""

import re

import pytest

from rig.baresip_phone import BaresipPhone
from rig.center import Center
from rig.ports import LOOPBACK, free_port
from rig.raw_sip import RawSip

CALLER_HZ, AGENT_HZ = 1100, 850
TLS_PORT = free_port("tcp")


async def secured(center: Center) -> list[str]:
    """CHANNEL(rtp,secure,audio) of the phones' channels."""
    async with center.ami() as ami:
        return [
            (await ami.action("Getvar", Channel=name, Variable="CHANNEL(rtp,secure,audio)"))["Value"]
            for name in await center.channels()
            if name.startswith("PJSIP/1004-")
        ]


@pytest.mark.configured(queues={"*": {"wrap_up_seconds": 0}})
@pytest.mark.settings(tls='"required"', tls_port=str(TLS_PORT))
async def test_phones_have_to_be_encrypted(center: Center) -> None:
    phone = BaresipPhone(
        "1004", center.password("1004"), LOOPBACK, TLS_PORT, tone_hz=AGENT_HZ, answer_after=0.5, encrypted=True
    )
    plain = ("1004", center.password("1004"))
    async with phone, center.caller() as caller:
        await center.wait_state("1004", "ready")
        await center.queue_up(caller, wait_queued=False)
        await phone.wait_answered()
        caller.media.start_tone(CALLER_HZ)
        await caller.media.wait_hears(AGENT_HZ)
        await phone.wait_hears(CALLER_HZ)
        assert await secured(center) == ["1"]
        await caller.hang_up()
        await phone.wait_ended()
    assert (await center.wait_call())["outcome"] == "answered"
    async with (
        await RawSip.open((LOOPBACK, TLS_PORT), tls=True) as over_tls,
        await RawSip.open((LOOPBACK, center.sip_port)) as over_udp,
        center.caller() as caller,
    ):
        refused = await over_udp.invite("4001234567", plain)
        assert refused.status == 488, "RTP/AVP is not acceptable here"
        assert await over_udp.register(*plain) == 200
        assert await over_tls.register("1005", center.password("1005")) == 200
        for agent in ("1004", "1005"):
            await center.wait_state(agent, "ready")
        await center.queue_up(caller, wait_queued=False)
        offer = (await over_tls.wait(method="INVITE", timeout=10)).raw.decode()
        assert re.findall(r"^m=audio \d+ (\S+)", offer, re.MULTILINE) == ["RTP/SAVP"]
        assert re.search(r"^a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:[A-Za-z0-9+/=]{40}", offer, re.MULTILINE)
        over_tls.answer(over_tls.heard[-1], 486, "Busy Here")
        missed = await center.wait_fact("OfferMissed", agent="1004")
        assert missed["reason"] in {"unreachable", "failed", "rejected"}
        assert not [one for one in over_udp.heard if one.method == "INVITE" and b"RTP/AVP" in one.raw]
        await caller.hang_up()
