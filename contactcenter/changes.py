"""What admins change, as it is kept in the audit log: who, when, from where, and each thing before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Plain = Mapping[str, Any]
"""A thing as plain JSON values."""


@dataclass(frozen=True, slots=True)
class Author:
    """who: the user's name; origin: from where, such as `command line on host7`; command: what was asked for, in one line."""

    who: str
    origin: str
    command: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that changed. kind: queue, agent, company and so on; before None: it is new; after None: it is gone."""

    kind: str
    key: str
    before: Plain | None
    after: Plain | None


@dataclass(frozen=True, slots=True)
class Change:
    """What was done at once. undone_by: the change that took it back; undoes: the change that this one took back."""

    number: int
    at: datetime
    author: Author
    items: tuple[Item, ...]
    undone_by: int | None = None
    undoes: int | None = None
