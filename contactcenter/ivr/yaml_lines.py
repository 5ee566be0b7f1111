"""YAML with the line of every key, so that an error can point at it."""

import re
from pathlib import Path
from typing import Any

import yaml

from contactcenter.errors import FileProblem

LARGEST_FILE = 1_000_000
NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""What only an escape can have put there, such as \\x1b."""
TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")}
Place = tuple[str | int, ...]
"""The way to a value, such as ("nodes", "main-menu", "keys")."""


def read_text(file: Path) -> str:
    """Raises FileProblem for a file that is missing, too large, or not UTF-8."""
    try:
        if not file.is_file() and file.exists():
            raise FileProblem(file, None, "this is no file", "Name a file.")
        if file.stat().st_size > LARGEST_FILE:
            raise FileProblem(file, None, "the file is larger than 1 MB", "Split it.")
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileProblem(file, None, "the file is missing", "Create it, or name another one.") from None
    except PermissionError:
        raise FileProblem(file, None, "the file may not be read", "Give yourself the right to read it.") from None
    except OSError as error:  # a name that is too long, a file in a file
        raise FileProblem(file, None, f"the file can't be read: {error.strerror}", "Name another one.") from None
    except UnicodeDecodeError:
        raise FileProblem(file, None, "the file is not UTF-8", "Save it as UTF-8.") from None


def load(file: Path, text: str | None = None) -> tuple[Any, dict[Place, int]]:
    """The file's values, and for the place of each the line (1-based) where its key or item stands.

    text: what the file would hold, where there is none. Raises FileProblem for a file that can't be read, is not YAML, has a
    key twice, has control characters, or uses anchors (which can blow a small file up to gigabytes).
    """
    text = read_text(file) if text is None else text
    if len(text) > LARGEST_FILE:
        raise FileProblem(file, None, "the text is larger than 1 MB", "Split it.")
    lines: dict[Place, int] = {}
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise FileProblem(file, None, "YAML anchors and aliases are not used here", "Write the value out.")
            if isinstance(event, yaml.ScalarEvent) and NO_TEXT.search(event.value):
                line = event.start_mark.line + 1 if event.start_mark else None
                raise FileProblem(file, line, "a control character, or half of one", "Write the character itself.")
        root = yaml.compose(text, yaml.SafeLoader)
        if root is None:
            return None, lines
        _note(file, root, (), lines)
        return _value(root), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise FileProblem(file, line, f"not YAML: {error.problem}", "Check the indentation and the quotes.") from None
    except RecursionError:
        raise FileProblem(file, None, "the values are nested too deeply", "Flatten them.") from None
    except yaml.YAMLError as error:
        words = " ".join(str(error).split())
        raise FileProblem(file, None, f"not YAML: {words}", "Check for control characters.") from None


def line_of(lines: dict[Place, int], place: Place) -> int | None:
    """The line of a place, or of the nearest place around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place)


def _value(node: yaml.Node) -> Any:
    """The value of a node; keys are taken as they are written, so that `on`, `no` and `1` stay the words they are."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if node.tag == "tag:yaml.org,2002:bool" and node.value not in {"true", "false"}:
        return node.value
    return yaml.SafeLoader("").construct_object(node)


def _note(file: Path, node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if node.tag not in TAGS:
        problem = f"not YAML: could not determine a constructor for the tag '{node.tag}'"
        raise FileProblem(file, node.start_mark.line + 1, problem, "Check the indentation and the quotes.")
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise FileProblem(file, line, "a key is a list or a mapping here", "Write a word before the colon.")
            if key.value in seen:
                raise FileProblem(file, line, f"the key {key.value} stands here twice", "Keep one of them.")
            seen.add(key.value)
            lines[*place, key.value] = line
            _note(file, value, (*place, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[*place, index] = value.start_mark.line + 1
            _note(file, value, (*place, index), lines)
