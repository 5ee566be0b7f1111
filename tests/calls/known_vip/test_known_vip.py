"""A VIP whose number is known calls, chooses by menu, talks to a VIP agent and rates the call.

Caller and agent speak in tones; each must hear the other, and the recording must hold the caller on the left and the
agent on the right.
"""

from rig import sound
from rig.center import Center

CALLER_HZ, AGENT_HZ = 1100, 700


async def test_known_vip(center: Center) -> None:
    async with center.agent("1004", answer_after=0.3, tone=AGENT_HZ) as agent, center.caller() as caller:
        await caller.dial()
        await caller.wait_answered()
        await center.wait_fact("NodeEntered", node="main-menu")
        await caller.press("1")
        await center.wait_fact("NodeEntered", node="product-menu")
        await caller.press("1")
        await agent.wait_answered()
        caller.media.start_tone(CALLER_HZ)
        await caller.media.wait_hears(AGENT_HZ, at_least_seconds=1.0)
        await agent.media.wait_hears(CALLER_HZ, at_least_seconds=1.0)
        await agent.hang_up()
        caller.media.stop()
        await center.wait_fact("TalkEnded", by="agent")
        await caller.press("5")
        ending = await caller.wait_ended()
        await center.wait_prompt(caller, "welcome")
        await center.wait_prompt(caller, "survey-thanks")
    assert ending.how == "remote_bye"
    call_id = (await center.wait_call())["id"]
    call = next(row for row in await center.read("call", "list") if row["id"] == call_id)
    assert {
        key: call[key] for key in ("company", "contact", "level", "service", "queue", "agent", "outcome", "rating")
    } == {
        "company": "北京华远商贸有限公司",
        "contact": "王建国",
        "level": "vip",
        "service": "active",
        "queue": "vip",
        "agent": "1004",
        "outcome": "answered",
        "rating": 5,
    }
    await check_recording(center, call)
    await check_ticket(center, call)


async def check_recording(center: Center, call: dict) -> None:
    pcm, rate = sound.read_wav(center.folder / "recordings" / call["recording"])
    assert (rate, pcm.ndim, pcm.shape[1]) == (8000, 2, 2)
    assert abs(len(pcm) / rate - call["talk_seconds"]) < 0.5
    caller, agent = pcm[:, 0], pcm[:, 1]
    assert sound.hears(caller, CALLER_HZ)
    assert not sound.hears(caller, AGENT_HZ)
    assert sound.hears(agent, AGENT_HZ)
    assert not sound.hears(agent, CALLER_HZ)


async def check_ticket(center: Center, call: dict) -> None:
    ticket = await center.read("ticket", "show", str(call["ticket"]))
    assert ticket["status"] == "open"
    assert ticket["company"] == "北京华远商贸有限公司"
    assert ticket["contact"] == "王建国"
    assert ticket["assignee"] == "1004"
    assert ticket["calls"] == [call["id"]]
