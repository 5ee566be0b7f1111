"""up, down, status, doctor: a site starts once, refuses what can't work with one clear line, and leaves no process."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from rig.center import CONTACTCENTER, Center, CommandFailed
from rig.ports import LOOPBACK


@pytest.fixture
async def made(folder: Path) -> AsyncIterator[Center]:
    """A site that is not up; what a failing test leaves running of it is ended."""
    center = Center(folder)
    await center.create()
    yield center
    if (await center.read("status"))["processes"]:
        await center.cc("down")


async def refused(center: Center, *words: str) -> str:
    """The one line that a refused command says."""
    with pytest.raises(CommandFailed) as failed:
        await center.cc(*words)
    assert failed.value.code == 1
    return failed.value.output.strip()


async def test_up_detached_status_doctor_down(made: Center) -> None:
    assert "is ready" in await made.cc("up", "--detach")
    try:
        assert "is up already" in await refused(made, "up")
        assert "is up already" in await refused(made, "up", "--detach")
        status = await made.read("status")
        assert status["up"]
        assert set(status["processes"]) == {"up", "serve", "asterisk"}
        assert {check["check"]: check["ok"] for check in await made.read("doctor")}["running"]
        processes = [psutil.Process(pid) for pid in status["processes"].values()]
    finally:
        await made.cc("down")
    assert not [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert "was not up" in await made.cc("down")
    assert not (await made.read("status"))["up"]


async def test_port_in_use(made: Center) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, made.sip_port))
        line = await refused(made, "up", "--detach")
    assert f"[sip] port: {LOOPBACK}:{made.sip_port}" in line
    assert "\n" not in line


async def test_flow_with_mistakes(made: Center) -> None:
    flow = made.folder / "dialplans" / "main.yaml"
    flow.write_text(
        flow.read_text(encoding="utf-8").replace("failed: not-understood", "faild: not-understood", 1), encoding="utf-8"
    )
    lines = (await refused(made, "flow", "publish", str(flow))).splitlines()
    number = next(n for n, text in enumerate(flow.read_text(encoding="utf-8").splitlines(), 1) if "faild" in text)
    assert any(f"main.yaml:{number}: unknown key faild. Did you mean failed?" in line for line in lines)
    assert [(row["version"], row["file"]) for row in await made.read("flow", "list")] == [(1, "differs")]


async def test_folder_not_writable(made: Center) -> None:
    """Root may write everywhere, so the place of a folder is taken by a file."""
    run = made.folder / "run"
    run.rmdir()
    run.write_text("")
    line = await refused(made, "up")
    assert "can't be written" in line
    assert "\n" not in line


async def test_leftovers_of_a_killed_supervisor_are_ended_by_down(made: Center) -> None:
    await made.up()
    processes = (await made.read("status"))["processes"]
    os.kill(processes["up"], 9)
    assert set((await made.read("status"))["processes"]) == {"serve", "asterisk"}
    assert "asterisk and serve still run from an `up` that was killed" in await refused(made, "up")
    await made.cc("down")
    assert (await made.read("status"))["processes"] == {}


async def test_hand_edits_survive(made: Center) -> None:
    custom = made.folder / "asterisk" / "custom" / "extensions.conf"
    await made.up()
    await made.down()
    custom.write_text("[mine]\nexten => 1,1,Hangup()\n")
    await made.up()
    await made.down()
    assert custom.read_text() == "[mine]\nexten => 1,1,Hangup()\n"


async def test_a_site_without_sample_data_starts(folder: Path) -> None:
    center = Center(folder)
    await center.create(sample=False)
    await center.up()
    try:
        assert await center.read("agent", "list") == []
        assert [queue["name"] for queue in await center.read("queue", "list")] == ["support", "vip", "renewals"]
        assert not [line for line in (folder / "log" / "asterisk.log").read_text().splitlines() if "ERROR" in line]
    finally:
        await center.down()


async def test_up_detached_interrupted_leaves_nothing(made: Center) -> None:
    interruptible = ("env", "--default-signal=INT")  # whoever runs the tests may have shut their ears to it
    process = await asyncio.create_subprocess_exec(
        *interruptible, *CONTACTCENTER, "--site", str(made.folder), "up", "--detach"
    )
    lock = made.folder / "run" / "up.pid"
    async with asyncio.timeout(30):
        while not (lock.exists() and lock.read_text()):
            await asyncio.sleep(0.002)
    process.send_signal(signal.SIGINT)
    await process.wait()
    assert process.returncode != 0
    assert (await made.read("status"))["processes"] == {}
