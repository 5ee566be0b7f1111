"""A phone that nobody here wrote: baresip registers as an agent, is rung, answers, is heard and recorded."""

from rig import sound
from rig.baresip_phone import BaresipPhone
from rig.center import Center
from rig.ports import LOOPBACK

CALLER_HZ, AGENT_HZ = 1100, 850


async def test_baresip(center: Center) -> None:
    phone = BaresipPhone("1004", center.password("1004"), LOOPBACK, center.sip_port, tone_hz=AGENT_HZ, answer_after=0.5)
    async with phone, center.caller() as caller:
        await center.wait_state("1004", "ready")
        await caller.dial()
        await center.wait_fact("NodeEntered", node="main-menu")
        await caller.press("0")
        await phone.wait_ringing()
        await phone.wait_answered()
        caller.media.start_tone(CALLER_HZ)
        await caller.media.wait_hears(AGENT_HZ)
        await phone.wait_hears(CALLER_HZ)
        phone.hang_up()
        await center.wait_fact("TalkEnded", by="agent")
        await caller.press("4")
        await caller.wait_ended()
    call = await center.wait_call()
    assert (call["agent"], call["outcome"], call["rating"]) == ("1004", "answered", 4)
    pcm, _ = sound.read_wav(center.folder / "recordings" / call["recording"])
    assert sound.hears(pcm[:, 0], CALLER_HZ)
    assert sound.hears(pcm[:, 1], AGENT_HZ)
