"""The disk fills up, under the recording of a conversation or under the database and the facts: the call goes on to its end, and an
alarm is raised.
"""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

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


@contextlib.contextmanager
def small(folder: Path, size: str) -> Iterator[None]:
    """A disk of its own for a folder of a site, with what is in it."""
    kept = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        for name, content in kept.items():
            (folder / name).write_bytes(content)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(file: Path) -> None:
    """Until nothing more fits on its disk."""
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as out:
        while True:
            out.write(bytes(4096))


async def test_no_room_for_facts(folder) -> None:
    """Neither the database nor the spool takes them: they wait in memory, and are written in order when there is room again."""
    center = Center(folder)
    await center.create()
    with small(folder / "data", "8m"):
        try:
            await center.up()
            async with center.agent("1004", answer_after=0.2, tone=600) as agent, center.caller() as caller:
                await caller.dial()
                await center.wait_fact("NodeEntered", node="main-menu")
                center.write("PRAGMA wal_checkpoint(TRUNCATE)")  # SQLite would write over what its log has room for
                fill(folder / "data" / "too-much")
                await caller.press("0")
                await agent.wait_answered()
                await caller.media.wait_hears(600)
                await agent.hang_up()
                await center.wait_prompt(caller, "survey-ask")
                await caller.press("4")
                await caller.wait_ended()
                await center.wait_until(center.health, lambda health: "facts" in health["degraded"], 20)
                async with center.caller() as another:  # what is left of the spool's last page does not hold two calls
                    await another.dial()
                    await center.wait_prompt(another, "welcome")
                    await another.hang_up()
                assert center.facts("TalkEnded") == []
                (folder / "data" / "too-much").unlink()
            first, second = await center.wait_call(1), await center.wait_call(2)
            assert (first["outcome"], first["rating"], second["outcome"]) == ("answered", 4, "abandoned")
            facts = center.facts()
            assert [fact["at"] for fact in facts] == sorted(fact["at"] for fact in facts)
            assert "facts_in_memory_only" in {fact["name"] for fact in center.facts("AlarmRaised")}
            assert await center.leftovers() == []
        finally:
            await center.down()
