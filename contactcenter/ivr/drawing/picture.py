"""What a picture of a flow shows: a box for each node, an arrow for each way."""

from collections.abc import Mapping
from dataclasses import dataclass

from contactcenter.ivr.flow import Flow
from contactcenter.ivr.nodes.base import Node

ABOUT = ("prompt", "queue", "to", "flow", "language", "calendar", "say", "into", "url", "values")
"""The field that tells most of a node, the first it has."""
KINDS = {
    "asks": ("menu", "collect", "identify"),
    "decides": ("hours", "service", "route", "http", "set", "language"),
    "leads": ("queue", "transfer", "voice_message", "callback", "subflow"),
    "ends": ("hangup", "done", "return"),
}
"""What nodes have in common -> their types; all others speak."""
LONGEST, MOST_LINES = 36, 3


@dataclass(frozen=True, slots=True)
class Box:
    """name: the node's; about: its type and what it is about; said: lines of what its prompt says, as far as that is known."""

    name: str
    kind: str
    about: str
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """label: when this way is taken, several ones with commas."""

    source: str
    target: str
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    flow: str
    start: str
    boxes: dict[str, Box]
    arrows: tuple[Arrow, ...]


def picture_of(flow: Flow, texts: Mapping[str, str] | None = None) -> Picture:
    """texts: prompt -> what it says."""
    boxes = {name: _box(name, node, texts or {}) for name, node in flow.nodes.items()}
    labels: dict[tuple[str, str], list[str]] = {}
    for name, node in flow.nodes.items():
        for exit_ in node.exits():
            if exit_.target in flow.nodes:
                labels.setdefault((name, exit_.target), []).append(exit_.label)
    arrows = tuple(
        Arrow(*ends, ", ".join("" if label == "next" else label for label in several))
        for ends, several in labels.items()
    )
    return Picture(flow.name, flow.start, boxes, arrows)


def _box(name: str, node: Node, texts: Mapping[str, str]) -> Box:
    kind = next((kind for kind, types in KINDS.items() if node.type in types), "speaks")
    field = next((field for field in ABOUT if isinstance(getattr(node, field, None), str | tuple | dict)), "")
    value = getattr(node, field, "") if field else ""
    about = ", ".join(map(str, value)) if isinstance(value, tuple | dict) else str(value)
    first = value[0] if isinstance(value, tuple) else value
    said = texts.get(str(first), "") if field == "prompt" else ""
    return Box(name, kind, cut(f"{node.type} {about}".strip()), _wrapped(said))


def _wrapped(text: str) -> tuple[str, ...]:
    """At most MOST_LINES lines of LONGEST columns, broken after a mark or a space where there is one."""
    lines: list[str] = []
    while text and len(lines) < MOST_LINES - 1 and width(text) > LONGEST:
        line = cut(text)[:-1]
        broken = max((line.rfind(mark) for mark in " ，。、；,."), default=-1)
        line = line[: broken + 1] if broken > len(line) // 2 else line
        lines.append(line.strip())
        text = text[len(line) :]
    return (*lines, cut(text.strip())) if text else tuple(lines)


def width(text: str) -> int:
    """In columns: Chinese characters take two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)


def cut(text: str, longest: int = LONGEST) -> str:
    """At most so many columns, with an ellipsis where something is left out."""
    if width(text) <= longest:
        return text
    while width(text) > longest - 1:
        text = text[:-1]
    return f"{text}…"
