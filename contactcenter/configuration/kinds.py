"""The kinds of things that admins set, each with its section, and its plain form: what files, tables and the audit log hold."""

import dataclasses
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from contactcenter.acd.settings import QueueSettings
from contactcenter.configuration.models import Agent, FlowText, Hotline, Trunk
from contactcenter.errors import BadInput
from contactcenter.hours.calendar import Calendar
from contactcenter.hours.plain import plain as plain_calendar
from contactcenter.hours.plain import read as read_calendar
from contactcenter.routing.rules import Rule

T = TypeVar("T")
SECRET = frozenset({"sip_password", "password"})
"""Fields that no listing, export or log shows."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """name: what it is called; section: in `Configuration` and in exported files; key: the field that names one of them;
    keys: which names there can be, and how a person is told.
    """

    name: str
    section: str
    key: str
    model: type[T]
    keys: tuple[str, str]

    @property
    def fields(self) -> dict[str, Any]:
        """Field -> its default, without the key; what has no default has `...`."""
        if issubclass(self.model, BaseModel):
            fields = {n: (... if f.is_required() else f.default) for n, f in self.model.model_fields.items()}
        else:
            fields = {f.name: _default(f) for f in dataclasses.fields(self.model)}  # type: ignore[arg-type]
        return {name: default for name, default in fields.items() if name != self.key}

    def read(self, key: str, plain: Mapping[str, Any]) -> T:
        """The thing of a plain form. Raises BadInput with one line for each fault, ValidationError is never seen outside."""
        try:
            return self.validate(key, plain)
        except ValidationError as error:
            raise BadInput("\n".join(f"{self.name} {key}: {line}" for line in faults(self, error))) from None

    def validate(self, key: str, plain: Mapping[str, Any]) -> T:
        """The same; raises pydantic's ValidationError, which knows the place of each fault, or BadInput."""
        if not re.fullmatch(self.keys[0], key):
            raise BadInput(f"{self.name} {key!r}: that can't be its {self.key}. Use {self.keys[1]}.")
        if self.model is Calendar:
            return read_calendar(key, plain)  # type: ignore[return-value]
        values = {**plain, self.key: key}
        if self.model is QueueSettings and "members" in values:
            values["members"] = _members(key, values["members"])
        if unknown := values.keys() - {self.key, *self.fields}:
            raise BadInput(f"{self.name} {key}: {_no_setting(self, min(str(one) for one in unknown))}")
        thing: T = _adapter(self.model).validate_python(values)
        return thing

    def plain(self, thing: T) -> dict[str, Any]:
        """Every field but the key, as plain JSON values."""
        if isinstance(thing, Calendar):
            return plain_calendar(thing)
        if isinstance(thing, Rule):
            values = thing.model_dump(mode="json", exclude_none=True)
        else:
            values = _adapter(self.model).dump_python(thing, mode="json")
        if isinstance(thing, QueueSettings):
            values["members"] = {member.agent: member.level for member in thing.members}
        return {name: value for name, value in values.items() if name != self.key}

    def sparse(self, thing: T) -> dict[str, Any]:
        """The same without secrets, and without what is as it would be anyway: for people to read."""
        values = self.plain(thing)
        if self.model is Calendar:
            return values
        usual = {name: _usual(default) for name, default in self.fields.items()}
        return {
            name: value
            for name, value in values.items()
            if name not in SECRET and not (name in usual and usual[name] == value)
        }


NAMES = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "letters, digits and hyphens, such as support, at most 40"
"""Of things whose names go into files, addresses and lists as they are."""

AGENT = Kind("agent", "agents", "number", Agent, (r"[0-9]{2,10}", "2 to 10 digits, such as 1001"))
QUEUE = Kind("queue", "queues", "name", QueueSettings, NAMES)
HOTLINE = Kind(
    "hotline",
    "hotlines",
    "number",
    Hotline,
    (r"\+?[0-9]{2,20}", "the number as the trunk sends it, such as 4001234567"),
)
CALENDAR = Kind("calendar", "calendars", "name", Calendar, NAMES)
TRUNK = Kind("trunk", "trunks", "name", Trunk, NAMES)
ROUTE = Kind("route", "routes", "name", Rule, (r"[^\x00-\x1f\x7f]{1,80}", "1 to 80 characters"))
FLOW = Kind("flow", "flows", "name", FlowText, NAMES)

KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in (CALENDAR, HOTLINE, TRUNK, AGENT, QUEUE, ROUTE, FLOW)}
"""In the order of exported files."""


def faults(kind: Kind[Any], error: ValidationError) -> list[str]:
    """One line for each thing that is wrong, with what to do."""
    lines = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"] if part != "[key]")
        match item["type"]:
            case "missing":
                lines.append(f"{name} is missing. Say {name}=...")
            case "extra_forbidden":
                lines.append(_no_setting(kind, name))
            case "value_error":
                lines.append(f"{item['msg'].removeprefix('Value error, ')}.")
            case _:
                shown = "wrong" if name in SECRET else f"{item['input']!r}"
                lines.append(f"{name or kind.key} is {shown}. {item['msg']}.")
    return lines


def _members(queue: str, members: Any) -> list[dict[str, Any]]:
    if members and not isinstance(members, Mapping):
        raise BadInput(
            f"queue {queue}: members are agents with their levels, such as {{1001: 1, 1002: 2}}; "
            f"or say: contactcenter queue member {queue} 1001"
        )
    return [{"agent": agent, "level": level} for agent, level in members.items()] if members else []


def _no_setting(kind: Kind[Any], name: str) -> str:
    close = difflib.get_close_matches(name, kind.fields, n=1)
    fix = f"Did you mean {close[0]}?" if close else f"Use one of: {', '.join(sorted(kind.fields))}"
    return f"there is no setting {name}. {fix}"


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(model: type) -> TypeAdapter[Any]:
    if model not in _adapters:
        _adapters[model] = TypeAdapter(model)
    return _adapters[model]


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else ...


def _usual(default: Any) -> Any:
    """A default as plain JSON."""
    if isinstance(default, tuple):
        return list(default)
    return default.model_dump(mode="json", exclude_none=True) if isinstance(default, BaseModel) else default
