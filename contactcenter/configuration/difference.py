"""What lies between two configurations, thing by thing; and a configuration with such differences put into it."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from contactcenter.changes import Item, Plain
from contactcenter.configuration.document import kept
from contactcenter.configuration.kinds import FLOW, KINDS, ROUTE, TRUNK, Kind
from contactcenter.configuration.models import Configuration
from contactcenter.errors import BadInput

ORDER = "route-order"
ORDERS: dict[str, Kind[Any]] = {ORDER: ROUTE, "trunk-order": TRUNK}
"""Kinds of items that tell the order of things whose order matters, {"order": [names]}: rules are tried one after the other, and
so are trunks.
"""


def difference(before: Configuration, after: Configuration) -> tuple[Item, ...]:
    items = []
    for kind in KINDS.values():
        old, new = plain_section(before, kind.section), plain_section(after, kind.section)
        keys = dict.fromkeys((*old, *new))
        items += [Item(kind.name, key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)]
    for name, kind in ORDERS.items():
        order, wanted = [*getattr(before, kind.section)], [*getattr(after, kind.section)]
        if order != wanted and len(order) + len(wanted) > 1:
            items.append(Item(name, "all", {"order": order}, {"order": wanted}))
    return tuple(items)


def backwards(items: Iterable[Item]) -> tuple[Item, ...]:
    """What takes these back."""
    return tuple(Item(item.kind, item.key, item.after, item.before) for item in items)


def with_items(configuration: Configuration, items: Iterable[Item]) -> Configuration:
    """The configuration with these differences in it; a text of a flow that comes back has a version of its own again. Raises
    BadInput when a thing is not as it was before them.
    """
    sections: dict[str, Any] = {k.section: dict(getattr(configuration, k.section)) for k in KINDS.values()}
    for item in items:
        if item.kind in ORDERS:
            section = ORDERS[item.kind].section
            things = sections[section]
            wanted = (item.after or {"order": []})["order"]
            sections[section] = {name: things[name] for name in (*wanted, *things) if name in things}
            continue
        kind = KINDS[item.kind]
        things = sections[kind.section]
        now = kind.plain(things[item.key]) if item.key in things else None
        if _told(kind, now) != _told(kind, item.before):
            raise BadInput(f"{item.kind} {item.key} was changed since. See: contactcenter audit list --of {item.key}")
        if item.after is None:
            del things[item.key]
        else:
            thing = kind.read(item.key, item.after)
            things[item.key] = kept(thing, things.get(item.key)) if kind is FLOW else thing
    return dataclasses.replace(configuration, **sections)


def _told(kind: Kind[Any], plain: Plain | None) -> Plain | None:
    """What a person has said of a thing: of a flow the text."""
    return {"text": plain["text"]} if kind is FLOW and plain is not None else plain


def plain_section(configuration: Configuration, section: str) -> dict[str, dict[str, Any]]:
    kind = next(kind for kind in KINDS.values() if kind.section == section)
    return {key: kind.plain(thing) for key, thing in getattr(configuration, section).items()}
