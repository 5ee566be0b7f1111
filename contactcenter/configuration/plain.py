"""A whole configuration from and to the rows that the store keeps."""

from collections.abc import Iterable, Mapping
from typing import Any

from contactcenter.configuration.kinds import KINDS
from contactcenter.configuration.models import Configuration


def read_rows(rows: Iterable[tuple[str, str, Mapping[str, Any]]], revision: int = 0) -> Configuration:
    """rows: kind, key, plain form, in the order of each kind. Raises BadInput."""
    sections: dict[str, Any] = {kind.section: {} for kind in KINDS.values()}
    for kind, key, data in rows:
        sections[KINDS[kind].section][key] = KINDS[kind].read(key, data)
    return Configuration(**sections, revision=revision)


def rows_of(document: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Rows for the table of configuration, from sections as an exported file has them, with all that is left out filled in."""
    return [
        {"kind": kind.name, "key": key, "position": place, "data": kind.plain(kind.read(key, plain))}
        for kind in KINDS.values()
        for place, (key, plain) in enumerate(document.get(kind.section, {}).items())
    ]
