"""SIP as nobody should write it (RFC 4475), from a stranger and from a provider's address: a conversation goes on, and so do new calls."""

import asyncio
import contextlib

import pytest
from messages import MESSAGES

from rig.center import Center
from rig.ports import LOOPBACK
from rig.raw_sip import RawSip

PROVIDER, STRANGER = "127.0.0.69", "127.0.0.70"
SETTLED_SECONDS = 1.0
"""In which calls that came of a message are answered, so that they can be ended."""


async def end_calls(raw: RawSip) -> None:
    """BYE for whatever was answered: a device that is broken hangs up all the same."""
    for answer in [one for one in raw.heard if one.status == 200 and one.cseq[1] == "INVITE"]:
        tag = (answer.header("To") or "").partition("tag=")[2]
        bye = raw.request("BYE", "4001234567", answer.user_in("From"), answer.call_id, answer.cseq[0] + 1, to_tag=tag)
        sent_from = answer.header("From") or ""
        lines = [f"From: {sent_from}" if line.startswith("From:") else line for line in bye.split("\r\n")]
        raw.send("\r\n".join(lines))


@pytest.mark.settings(trunk_addresses=f'["{PROVIDER}"]')
async def test_broken_messages_break_nothing(center: Center) -> None:
    server = (LOOPBACK, center.sip_port)
    async with (
        center.agent("1004", answer_after=0.2, tone=700),
        center.caller() as caller,
        await RawSip.open(server, PROVIDER) as provider,
        await RawSip.open(server, STRANGER) as stranger,
    ):
        await center.wait_state("1004", "ready")
        await center.queue_up(caller)
        since = await caller.media.wait_hears(700)
        for raw in (provider, stranger):
            for text in MESSAGES.values():
                own, to = f"{raw.own[0]}:{raw.own[1]}", f"{server[0]}:{server[1]}"
                with contextlib.suppress(OSError):
                    raw.send(text.replace(b"%OWN%", own.encode()).replace(b"%TO%", to.encode())[:65000])
                await asyncio.sleep(0.01)
        await asyncio.sleep(SETTLED_SECONDS)
        await end_calls(provider)
        statuses = [one.status for one in provider.heard if one.status]
        assert {200, 404} & set(statuses), "some of them are valid, and were answered"
        assert {one.status for one in stranger.heard if one.status} <= {400, 401, 416, 420, 481, 501, 505}
        assert not [one for one in stranger.heard if one.status == 200]
        options = await provider.ask("OPTIONS", "4001234567", ("nobody", "none"))
        assert options.status in {200, 404}
        async with center.caller("13800000002") as another:
            await another.dial()
            await another.wait_answered(5)
            await center.wait_prompt(another, "welcome")
            await another.hang_up()
        assert caller.media.longest_gap(since) < 0.5
        assert not caller.leg.over
        await caller.hang_up()
    log = (center.folder / "log" / "up.out").read_text(errors="replace")
    assert "starting it again" not in log
