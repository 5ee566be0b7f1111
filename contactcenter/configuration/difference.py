"""What lies between two configurations, thing by thing; and a configuration with such differences put into it."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from contactcenter.changes import Item
from contactcenter.configuration.kinds import KINDS, ROUTE
from contactcenter.configuration.models import Configuration
from contactcenter.errors import BadInput

ORDER = "route-order"
"""The kind of the item that tells the order of the rules: {"order": [names]}."""


def difference(before: Configuration, after: Configuration) -> tuple[Item, ...]:
    items = []
    for kind in KINDS.values():
        old, new = plain_section(before, kind.section), plain_section(after, kind.section)
        keys = dict.fromkeys((*old, *new))
        items += [Item(kind.name, key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)]
    orders = [*before.routes], [*after.routes]
    if orders[0] != orders[1]:
        items.append(Item(ORDER, "all", {"order": orders[0]}, {"order": orders[1]}))
    return tuple(items)


def backwards(items: Iterable[Item]) -> tuple[Item, ...]:
    """What takes these back."""
    return tuple(Item(item.kind, item.key, item.after, item.before) for item in items)


def with_items(configuration: Configuration, items: Iterable[Item]) -> Configuration:
    """The configuration with these differences in it. Raises BadInput when a thing is not as it was before them."""
    sections: dict[str, Any] = {k.section: dict(getattr(configuration, k.section)) for k in KINDS.values()}
    for item in items:
        if item.kind == ORDER:
            rules = sections[ROUTE.section]
            wanted = (item.after or {"order": []})["order"]
            sections[ROUTE.section] = {name: rules[name] for name in (*wanted, *rules) if name in rules}
            continue
        kind = KINDS[item.kind]
        section = sections[kind.section]
        now = kind.plain(section[item.key]) if item.key in section else None
        if now != item.before:
            raise BadInput(f"{item.kind} {item.key} was changed since. See: contactcenter audit list --of {item.key}")
        if item.after is None:
            del section[item.key]
        else:
            section[item.key] = kind.read(item.key, item.after)
    return dataclasses.replace(configuration, **sections)


def plain_section(configuration: Configuration, section: str) -> dict[str, dict[str, Any]]:
    kind = next(kind for kind in KINDS.values() if kind.section == section)
    return {key: kind.plain(thing) for key, thing in getattr(configuration, section).items()}
