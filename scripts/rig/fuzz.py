"""scripts/fuzz: atheris (libFuzzer for Python) at everything that reads bytes of others, for a fixed time each."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("ami", "agi", "answers", "flow", "sheet", "company", "http")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"which; all without any: {', '.join(NAMES)}")
    parser.add_argument("--seconds", type=int, default=20, help="for each target (20)")
    parser.add_argument("--input", type=Path, help="only this file, as it was kept when a target failed")
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        parser.exit(1, "scripts/fuzz: atheris is not installed; it has packages for Linux on x86-64 only\n")
    if unknown := set(options.targets) - set(NAMES):
        parser.error(f"there is no target {min(unknown)}. Use: {', '.join(NAMES)}")
    if options.input and len(options.targets) != 1:
        parser.error("--input needs the one target that it is for")
    failed = [name for name in options.targets or NAMES if not fuzz(name, options.seconds, options.input)]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return bool(failed)


def fuzz(name: str, seconds: int, only: Path | None) -> bool:
    """One target in a process of its own, which libFuzzer ends; whether nothing was found."""
    kept = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    words = [sys.executable, "-m", "rig.fuzz_child", name, str(kept)]
    words += [str(only)] if only else [f"-max_total_time={seconds}"]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=seconds + 300, check=False)
    lines = done.stderr.splitlines()
    runs = next((line for line in reversed(lines) if line.startswith("Done ")), "").removeprefix("Done ")
    if done.returncode == 0:
        print(f"{name:<8} {runs or 'nothing found'}", flush=True)
        shutil.rmtree(kept)
        return True
    told = [line for line in lines if not line.startswith(("INFO: ", "#"))]
    print(f"{name:<8} FAILED", *told[-60:], sep="\n")
    for file in kept.glob("*-*"):
        print(f"again: scripts/fuzz {name} --input {file}")
    return False


if __name__ == "__main__":
    sys.exit(main())
