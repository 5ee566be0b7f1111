"""YAML with the line of every key, so that an error can point at it."""

from pathlib import Path
from typing import Any

import yaml

from contactcenter.errors import FileProblem

LARGEST_FILE = 1_000_000
Place = tuple[str | int, ...]
"""The way to a value, such as ("nodes", "main-menu", "keys")."""


def load(file: Path) -> tuple[Any, dict[Place, int]]:
    """The file's values, and for the place of each the line (1-based) where its key or item stands.

    Raises FileProblem for a file that is missing, too large, not UTF-8, not YAML, has a key twice, or uses anchors
    (which can blow a small file up to gigabytes).
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise FileProblem(file, None, "the file is larger than 1 MB", "Split it.")
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileProblem(file, None, "the file is missing", "Create it, or name another one.") from None
    except UnicodeDecodeError:
        raise FileProblem(file, None, "the file is not UTF-8", "Save it as UTF-8.") from None
    lines: dict[Place, int] = {}
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise FileProblem(file, None, "YAML anchors and aliases are not used here", "Write the value out.")
        root = yaml.compose(text, yaml.SafeLoader)
        if root is not None:
            _note(file, root, (), lines)
        return yaml.safe_load(text), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise FileProblem(file, line, f"not YAML: {error.problem}", "Check the indentation and the quotes.") from None
    except RecursionError:
        raise FileProblem(file, None, "the values are nested too deeply", "Flatten them.") from None
    except yaml.YAMLError as error:
        raise FileProblem(file, None, f"not YAML: {error}", "Check for control characters.") from None


def line_of(lines: dict[Place, int], place: Place) -> int | None:
    """The line of a place, or of the nearest place around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place)


def _note(file: Path, node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise FileProblem(file, line, f"the key {key.value} stands here twice", "Keep one of them.")
            seen.add(key.value)
            lines[*place, key.value] = line
            _note(file, value, (*place, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[*place, index] = value.start_mark.line + 1
            _note(file, value, (*place, index), lines)
