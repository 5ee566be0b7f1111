"""requirements.lock has everything that pyproject.toml asks for, with hashes, and no word of where it came from."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;]+)(?: ;[^\\]*)? \\\n(?P<hashes>(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)


def wanted() -> list[Requirement]:
    """Of the project, its phones and its tools, but for the project itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [one for line in lines if (one := Requirement(line)).name != project["name"]]


def pins() -> list[tuple[str, Version]]:
    """A package may be there twice, for older and newer Pythons."""
    return [(canonicalize_name(found["name"]), Version(found["version"])) for found in PIN.finditer(LOCK)]


def test_everything_that_is_asked_for_is_locked() -> None:
    requirements, there = wanted(), pins()
    assert len(requirements) > 30
    missing = []
    for one in requirements:
        versions = [version for name, version in there if name == canonicalize_name(one.name)]
        if not versions or not all(one.specifier.contains(version) for version in versions):
            missing.append(str(one))
    assert missing == [], "run scripts/lock"


def test_every_package_has_its_hashes() -> None:
    assert len(re.findall(r"^[A-Za-z0-9]", LOCK, re.MULTILINE)) == len(pins()) > 60


def test_it_tells_no_address() -> None:
    assert re.findall(r"[a-z]+://|--(?:extra-)?index|--find-links|\.(?:org|com|io|net)\b", LOCK) == []
