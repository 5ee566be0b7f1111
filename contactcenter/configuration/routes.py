"""Rules put in, changed and moved by words."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from contactcenter.configuration.editing import find, list_fields, split
from contactcenter.configuration.kinds import ROUTE
from contactcenter.configuration.models import Configuration
from contactcenter.errors import BadInput, NotFound
from contactcenter.routing.rules import Rule, When

CONDITIONS = frozenset(When.model_fields)
NESTED = ("menu", "values")
WORDS = tuple(sorted({*CONDITIONS, *ROUTE.fields} - {"when"}))


def rule_of(name: str, words: Mapping[str, str], before: Rule | None = None) -> Rule:
    """The rule of words such as level=vip,super_vip menu.main-menu=1 queue=vip priority=8; the rest as before. A word without a
    value takes the condition, or the choice, out. Raises BadInput.
    """
    plain: dict[str, Any] = ROUTE.plain(before) if before else {}
    when: dict[str, Any] = dict(plain.pop("when", {}))
    for word, value in words.items():
        field, _, part = word.partition(".")
        if field not in WORDS or (field in NESTED) is not bool(part):
            raise BadInput(f"route {name}: there is no {word}. Use {', '.join(WORDS)}; menu.NODE and values.NAME")
        place = when if field in CONDITIONS else plain
        if part:
            place = when.setdefault(field, {})
        several = bool(part) or field in (list_fields(When) if field in CONDITIONS else list_fields(Rule))
        if value == "":
            place.pop(part or field, None)
        else:
            place[part or field] = split(value) if several else value
    if "queue" in words and "flow" not in words:
        plain.pop("flow", None)
    if "flow" in words and "queue" not in words:
        plain.pop("queue", None)
    when = {field: value for field, value in when.items() if value != {}}
    return ROUTE.read(name, {**plain, "when": when})


def with_rule(now: Configuration, rule: Rule, place: int | None = None) -> Configuration:
    """place: 1 is tried first; None: the last, or where it is already. Raises BadInput."""
    names = [name for name in now.routes if name != rule.name]
    if place is None:
        place = [*now.routes].index(rule.name) + 1 if rule.name in now.routes else len(names) + 1
    if not 1 <= place <= len(names) + 1:
        raise BadInput(f"route {rule.name}: there is no place {place}. Use 1 to {len(names) + 1}.")
    names.insert(place - 1, rule.name)
    rules = {**now.routes, rule.name: rule}
    return dataclasses.replace(now, routes={name: rules[name] for name in names})


def added(now: Configuration, name: str, words: Mapping[str, str], place: int | None) -> Configuration:
    """Raises BadInput."""
    if name in now.routes:
        raise BadInput(f"route {name} is there already. Change it: contactcenter route edit '{name}' ...")
    return with_rule(now, rule_of(name, words), place)


def edited(now: Configuration, name: str, words: Mapping[str, str]) -> Configuration:
    """Raises NotFound, BadInput."""
    return with_rule(now, rule_of(name, words, find(now, ROUTE, name)))


def moved(now: Configuration, name: str, place: int) -> Configuration:
    """Raises NotFound, BadInput."""
    return with_rule(now, find(now, ROUTE, name), place)


def place_before(now: Configuration, other: str) -> int:
    """The place of another rule. Raises NotFound."""
    if other not in now.routes:
        raise NotFound(f"there is no route {other}. See: contactcenter route list")
    return [*now.routes].index(other) + 1


def conditions(rule: Rule) -> str:
    """What must hold, in one line; "always" for nothing."""
    parts = []
    for field, value in rule.when.model_dump(exclude_none=True).items():
        if isinstance(value, dict):
            parts += [f"{field}.{name}={','.join(several)}" for name, several in value.items()]
        elif isinstance(value, list):
            parts.append(f"{field}={','.join(value)}")
        elif isinstance(value, bool):
            parts.append(f"{field}={'yes' if value else 'no'}")
        else:
            parts.append(f"{field}={value}")
    return " ".join(parts) or "always"
