"""What every fact is and can do: made once, kept as plain JSON values, read back as it was. The facts are in events.py."""

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from contactcenter.ids import AgentNumber, CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Base of all facts. `at`: aware UTC."""

    at: datetime
    KINDS: ClassVar[dict[str, type["Fact"]]] = {}

    def __init_subclass__(cls) -> None:
        Fact.KINDS[cls.__name__] = cls

    @property
    def kind(self) -> str:
        return type(self).__name__

    def data(self) -> dict[str, Any]:
        """All fields but `at`, as plain JSON values."""
        names = _names(type(self))  # type: ignore[arg-type]  # mypy takes __hash__ of the facts for that of the class
        return {name: _plain(getattr(self, name)) for name in names if name != "at"}

    @staticmethod
    def read(kind: str, at: datetime, data: Mapping[str, Any]) -> "Fact":
        """The fact that `data()` was taken from. Fields of a later version are passed over, missing ones take their default."""
        if kind not in Fact.KINDS:
            return UnknownFact(at=at, name=kind, fields=json.dumps(data, ensure_ascii=False))
        kind_of = Fact.KINDS[kind]
        hints = _hints(kind_of)  # type: ignore[arg-type]  # as in data()
        return kind_of(at=at, **{k: _revive(hints[k], v) for k, v in data.items() if k in hints})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownFact(Fact):
    """A fact that a later version of this program wrote. fields: its data as JSON."""

    name: str
    fields: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFact(Fact):
    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFact(Fact):
    agent: AgentNumber


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {name: hints[name] for name in _names(kind)}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in _names(type(value))}
    return value


def _revive(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(a for a in typing.get_args(hint) if a is not type(None))
    if hint is datetime:
        return datetime.fromisoformat(value)
    if typing.get_origin(hint) is tuple:
        item = typing.get_args(hint)[0]
        return tuple(_revive(item, v) for v in value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return hint(**{name: value[name] for name in _names(hint) if name in value})
    return value
