"""The disk fills up while a conversation is recorded: the call goes on to its end, and an alarm is raised."""

import subprocess

from rig.center import Center


async def test_full_disk(folder) -> None:
    center = Center(folder)
    await center.create()
    recordings = folder / "recordings"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", recordings], check=True)
    try:
        await center.up()
        async with center.agent("1004", answer_after=0.2, tone=600) as agent, center.caller() as caller:
            await caller.dial()
            await center.wait_fact("NodeEntered", node="main-menu")
            await caller.press("0")
            await agent.wait_answered()
            caller.media.start_tone(1100)
            await caller.media.wait_hears(600, at_least_seconds=6, timeout=12)
            await agent.hang_up()
            await center.wait_fact("TalkEnded", by="agent")
            await caller.press("4")
            await caller.wait_ended(15)
        call = await center.wait_call()
        assert (call["outcome"], call["rating"], call["recording"]) == ("answered", 4, "")
        assert center.facts("RecordingFailed", call=call["id"])
        assert "recording_failed" in {f["name"] for f in center.facts("AlarmRaised")}
        assert "alarm recording_failed" in (folder / "log" / "controller.out").read_text(encoding="utf-8")
        assert await center.leftovers() == []
    finally:
        await center.down()
        subprocess.run(["umount", recordings], check=True)
