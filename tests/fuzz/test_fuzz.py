"""atheris at everything that reads bytes of others, for twenty seconds each: scripts/fuzz does the same for as long as you like."""

import subprocess
from pathlib import Path

import pytest

from rig.fuzz import NAMES
from rig.fuzzing import SEEDS, TARGETS

ROOT = Path(__file__).parents[2]
SECONDS = 20


@pytest.mark.timeout(SECONDS + 240)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found(name: str) -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "fuzz", "--seconds", str(SECONDS), name], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.splitlines()[-1].split()[1]) > 100, done.stdout  # runs


def test_every_target_is_run_and_has_a_beginning() -> None:
    assert set(NAMES) == TARGETS.keys() == SEEDS.keys()
