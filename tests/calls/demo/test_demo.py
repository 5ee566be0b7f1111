"""scripts/demo --once: 0 when every call went as it should, 1 with what differed when something is broken."""

import asyncio
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"


async def demo(folder: Path, *options: str) -> tuple[int, str]:
    """Without scripts/setup, which has run before any test."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rig.demo", "--once", "--folder", str(folder), *options,
        cwd=SCRIPTS, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    return process.returncode or 0, output.decode()


@pytest.mark.timeout(240)
async def test_every_call_as_it_should(folder: Path) -> None:
    code, output = await demo(folder)
    assert code == 0, output
    assert output.count("\nok    ") == 4


@pytest.mark.timeout(240)
async def test_a_phone_that_never_answers(folder: Path) -> None:
    code, output = await demo(folder, "--never-answers", "1006")
    assert code == 1, output
    assert "FAIL  a company whose service has expired" in output
    assert "outcome is 'abandoned', should be 'answered'" in output
    assert output.count("\nok    ") == 3
