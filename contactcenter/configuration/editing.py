"""Things put in, changed and taken out by words, as a command line has them: functions from configuration to configuration."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from contactcenter.acd.change import without_member
from contactcenter.configuration.document import kept
from contactcenter.configuration.kinds import AGENT, FLOW, Kind
from contactcenter.configuration.models import Configuration
from contactcenter.errors import BadInput, NotFound
from contactcenter.ids import AgentNumber


def with_thing(now: Configuration, kind: Kind[Any], key: str, thing: Any) -> Configuration:
    """The thing is there as given; where it was already, it keeps its place."""
    return _with_section(now, kind, {**getattr(now, kind.section), key: thing})


def without(now: Configuration, kind: Kind[Any], key: str) -> Configuration:
    """Raises NotFound. Whether others still need it is for the check of the whole to say."""
    find(now, kind, key)
    return _with_section(now, kind, {k: v for k, v in getattr(now, kind.section).items() if k != key})


def added(now: Configuration, kind: Kind[Any], key: str, words: Mapping[str, str]) -> Configuration:
    """A new thing of words. Raises BadInput when it is there already or a word is wrong."""
    if key in getattr(now, kind.section):
        raise BadInput(f"{kind.name} {key} is there already. Change it: contactcenter {kind.name} set {key} ...")
    return with_thing(now, kind, key, kept(kind.read(key, from_words(kind, words)), None))


def changed(now: Configuration, kind: Kind[Any], key: str, words: Mapping[str, str]) -> Configuration:
    """Some fields of a thing, all of them or none; an agent whose password is taken away gets a new one. Raises NotFound, BadInput."""
    before = kind.plain(find(now, kind, key))
    return with_thing(now, kind, key, kept(kind.read(key, {**before, **from_words(kind, words)}), None))


def without_agent(now: Configuration, number: AgentNumber) -> Configuration:
    """The agent is gone, out of all queues too. Raises NotFound."""
    queues = {
        name: without_member(queue, number) if number in {member.agent for member in queue.members} else queue
        for name, queue in now.queues.items()
    }
    return dataclasses.replace(without(now, AGENT, number), queues=queues)


def with_flows(now: Configuration, texts: Mapping[str, str]) -> Configuration:
    """Flows with these texts; each that differs is at its next version. Raises BadInput."""
    for name, text in texts.items():
        now = with_thing(now, FLOW, name, kept(FLOW.read(name, {"text": text}), now.flows.get(name)))
    return now


def find(now: Configuration, kind: Kind[Any], key: str) -> Any:
    """Raises NotFound."""
    things = getattr(now, kind.section)
    if key not in things:
        raise NotFound(f"there is no {kind.name} {key}. See: contactcenter {kind.name} list")
    return things[key]


def words_of(settings: typing.Iterable[str], fields: typing.Iterable[str]) -> dict[str, str]:
    """SETTING=VALUE words by their names. Raises BadInput for what is none, or stands there twice."""
    words: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise BadInput(f"{setting!r} is no setting. Write SETTING=VALUE, with one of: {', '.join(sorted(fields))}")
        if name in words:
            raise BadInput(f"{name} stands there twice. Keep one of them.")
        words[name] = value
    return words


def from_words(kind: Kind[Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Plain values of words; several values of a list stand with commas between them."""
    several = list_fields(kind.model)
    return {name: split(value) if name in several else value for name, value in words.items()}


def split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def list_fields(model: type) -> set[str]:
    """The fields that take several values."""
    if issubclass(model, BaseModel):
        hints: dict[str, Any] = {name: field.annotation for name, field in model.model_fields.items()}
    else:
        hints = typing.get_type_hints(model)
    return {name for name, hint in hints.items() if _is_list(hint)}


def _is_list(hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if origin in {list, tuple}:
        return True
    return any(_is_list(arg) for arg in typing.get_args(hint) if arg is not type(None))


def _with_section(now: Configuration, kind: Kind[Any], things: dict[str, Any]) -> Configuration:
    changes: dict[str, Any] = {kind.section: things}
    return dataclasses.replace(now, **changes)
