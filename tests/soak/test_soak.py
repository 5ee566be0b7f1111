"""Five minutes of calls while controller, AMI and database fail: none lost, none doubled, nothing stuck. `scripts/soak` is the same."""

import asyncio
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.mark.timeout(900)
async def test_five_minutes_of_chaos() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rig.soak", "--minutes", "5", "--cps", "3", "--agents", "20", "--chaos",
        cwd=SCRIPTS, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
