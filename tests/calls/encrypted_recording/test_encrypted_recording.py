"""Recordings are encrypted at rest: after a talk nothing of the voices is on the disk but an age file; a person with the key hears both of
them. Then the caller is erased while the controller is up, and it never brings the number back.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rig import sound
from rig.center import Center, CommandFailed

CALLER_HZ, AGENT_HZ = 1100, 700


@pytest.fixture
async def sealed(folder: Path) -> AsyncIterator[Center]:
    center = Center(folder, settings={"encrypt": "true"})
    await center.create()
    yield center
    await center.down()


async def test_encrypted(sealed: Center) -> None:
    center = sealed
    with pytest.raises(CommandFailed, match=r"there is no key\. Make one: contactcenter recording key new"):
        await center.cc("up", "--detach")
    await center.cc("recording", "key", "new")
    await center.up()
    async with center.agent("1004", answer_after=0.1, tone=AGENT_HZ) as agent, center.caller() as caller:
        await caller.dial()
        await center.wait_fact("NodeEntered", node="main-menu")
        await caller.press("0")
        await agent.wait_answered()
        caller.media.start_tone(CALLER_HZ)
        await caller.media.wait_hears(AGENT_HZ, at_least_seconds=1.0)
        await agent.media.wait_hears(CALLER_HZ, at_least_seconds=1.0)
        await caller.hang_up()
    call = await center.wait_call()
    saved = await center.wait_fact("RecordingSaved")
    assert saved["path"].endswith(".wav.age")
    files = [file for file in (center.folder / "recordings").rglob("*") if file.is_file()]
    assert files == [center.folder / "recordings" / saved["path"]]
    heard = center.folder.with_name("heard.wav")
    await center.cc("recording", "export", call["id"], str(heard))
    pcm, _ = sound.read_wav(heard)
    assert sound.hears(pcm[:, 0], CALLER_HZ)
    assert sound.hears(pcm[:, 1], AGENT_HZ)
    await center.cc("person", "erase", call["caller"], "--yes")
    assert not files[0].exists()
    (row,) = await center.read("call", "list")
    assert row["caller"].startswith("erased-")
    for name in ("queue_log", "cdr-csv/Master.csv"):
        content = (center.folder / "log" / name).read_bytes()
        assert content
        assert call["caller"].removeprefix("+86").encode() not in content
    await center.cc("ticket", "close", str(row["ticket"]))
    await center.wait_fact("TicketClosed")
    assert [one["caller"] for one in await center.read("call", "list")] == [row["caller"]]
    assert await center.leftovers() == []
    check_logs(center)


def check_logs(center: Center) -> None:
    """No password and no key is in what Asterisk, the controller or `up` said."""
    key = (center.folder / "recording-keys" / "0001.key").read_text().split()[-1]
    secrets = {center.trunk_password, center.ami_secret, center.token, center.password("1004"), key}
    assert len(secrets) == 5
    logs = [file for file in (center.folder / "log").rglob("*") if file.is_file()]
    assert {file.name for file in logs} >= {"controller.out", "asterisk.log", "up.out", "Master.csv", "queue_log"}
    assert [(file.name, secret) for file in logs for secret in secrets if secret.encode() in file.read_bytes()] == []
