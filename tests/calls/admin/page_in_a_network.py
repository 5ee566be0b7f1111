"""Runs the commands of docs/admin.md in a fresh network and an empty home, then calls the hotline that they made."""

import asyncio
import contextlib
import fcntl
import os
import re
import socket
import struct
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

from rig.agent import SippAgent  # noqa: E402
from rig.caller import Caller  # noqa: E402
from rig.center import Center  # noqa: E402
from rig.ports import LOOPBACK  # noqa: E402

SET_FLAGS, UP = 0x8914, 1
TODAY = 'contactcenter calendar special workdays "$(TZ=Asia/Shanghai date +%F)" 00:00-24:00'
"""The test may run at night."""


def bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))


def page() -> str:
    """Every command of the page, in its order."""
    return "\n".join(
        re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "admin.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )


def shell(script: str) -> None:
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], check=True, env=os.environ)


async def call() -> str:
    site = Path(os.environ["HOME"]) / "center"
    center = Center(site)
    center.sip_port, center.http_port, center.ami_port, center.agi_port = 5060, 8088, 5038, 4573
    secrets = tomllib.loads((site / "secrets.toml").read_text(encoding="utf-8"))
    center.trunk_password, center.ami_secret, center.token = (
        secrets[name] for name in ("trunk_password", "ami_secret", "api_token")
    )
    phone = SippAgent("1004", center.password("1004"), LOOPBACK, 5060, answer_after=0.2, tone=600)
    async with phone, Caller(LOOPBACK, 5060, "trunk", center.trunk_password, number="13800000001") as caller:
        await center.wait_state("1004", "ready")
        await center.queue_up(caller)
        await caller.media.wait_hears(600, 40)
        await phone.hang_up()
        await center.wait_fact("TalkEnded")
        await caller.hang_up()
    record = await center.wait_call()
    (routed,) = center.facts("CallRouted")
    return f"{record['outcome']} by {record['agent']} in {record['queue']}, rule {routed['rule']}"


def main() -> None:
    bring_up_loopback()
    os.environ.pop("CONTACTCENTER_SITE", None)
    try:
        shell(page())
        os.environ["CONTACTCENTER_SITE"] = str(Path(os.environ["HOME"]) / "center")
        shell(TODAY)
        said = asyncio.run(call())
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            shell("contactcenter --site ~/center down")
    print(said)  # noqa: T201 (what the test reads)


if __name__ == "__main__":
    main()
