"""The map in contactcenter/__init__.py is true: it names every room on the way of a call, and only rooms that exist."""

import re
from pathlib import Path

import contactcenter

PACKAGE = Path(contactcenter.__file__).parent
HOUSES = {"backup", "cli", "configuration", "monitoring", "privacy", "simulator", "store", "web"}
"""Packages that are no step of the way."""

NOT_YET: set[str] = set()
"""Steps on the map that nobody has built. May only shrink."""


def steps() -> dict[int, list[str]]:
    """Step -> the packages named beside it."""
    rows = re.findall(r"^ ?(\d+)\. (.+)$", contactcenter.__doc__ or "", re.MULTILINE)
    return {int(number): re.findall(r"contactcenter\.(\w+)", row) for number, row in rows}


def named() -> set[str]:
    return {name for names in steps().values() for name in names}


def packages() -> set[str]:
    return {folder.parent.name for folder in PACKAGE.glob("*/__init__.py")}


def test_the_way_has_twelve_steps_and_each_leads_somewhere() -> None:
    assert list(steps()) == list(range(1, 13))
    assert all(steps().values())


def test_every_room_on_the_map_exists() -> None:
    there = packages() | {file.stem for file in PACKAGE.glob("*.py")}
    assert named() - there == NOT_YET


def test_every_package_is_on_the_map_or_a_house_of_its_own() -> None:
    assert packages() == (named() & packages()) | HOUSES
    assert HOUSES & named() == set()
