"""Cases in words, for people."""

from collections.abc import Mapping

from contactcenter.routing.space import OTHER

FLAGS = {
    "open": ("within the opening hours", "outside the opening hours"),
    "identified": ("a known caller", "a caller who is not known"),
    "open_ticket": ("with an open ticket", "without an open ticket"),
    "last_agent": ("who spoke with an agent before", "who never spoke with an agent"),
}
LEADING = ("hotline", "open", "identified")


def in_words(example: Mapping[str, str]) -> str:
    """Dimensions of routing/space.py, each with a value, as one line."""
    names = sorted(example, key=lambda name: (LEADING.index(name) if name in LEADING else len(LEADING), name))
    return ", ".join(_part(name, example[name]) for name in names) or "any caller"


def _part(name: str, value: str) -> str:
    kind, _, part = name.partition(".")
    if kind in FLAGS:
        return FLAGS[kind][value != "yes"]
    other = "another" if value == OTHER else value
    words = {
        "product": f"{'with' if value == 'yes' else 'without'} product {part}",
        "menu": f"key {value} at {part}" if value else f"no key at {part}",
        "values": f"{part} is {other or 'not set'}",
        "caller": f"caller {value[:-1]}..." if value.endswith("*") else f"{other} caller",
    }
    return words.get(kind, f"{other} {kind}" if value == OTHER else f"{kind} {value or 'none'}")
