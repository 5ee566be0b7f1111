"""The whole configuration as one YAML file that people read, compare and keep in git; secrets are never in it."""

import dataclasses
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from contactcenter.configuration.kinds import KINDS, TRUNK, Kind, faults
from contactcenter.configuration.models import Agent, Configuration, FlowText, Trunk
from contactcenter.errors import BadInput, FileProblem, FileProblems
from contactcenter.ivr.yaml_lines import Place, line_of, load

SECTIONS = {kind.section: kind for kind in KINDS.values()}


def export(configuration: Configuration) -> str:
    """What is as it would be anyway is left out. Agents and trunks keep their passwords when the file is applied to their site;
    elsewhere agents get new ones.
    """
    document = {
        kind.section: {key: _shown(kind, thing) for key, thing in getattr(configuration, kind.section).items()}
        for kind in KINDS.values()
    }
    return yaml.dump(
        document,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=120,
    )


def read_document(file: Path, now: Configuration) -> Configuration:
    """The configuration that a file says, with the passwords and versions that things of `now` have. A section that is not
    there stays as it is; an empty one takes all out. Raises FileProblems.
    """
    try:
        data, lines = load(file)
    except FileProblem as problem:
        raise FileProblems([problem]) from None
    if not isinstance(data, dict) or not data:
        raise FileProblems([FileProblem(file, 1, "there is nothing in it", f"Begin with {next(iter(SECTIONS))}:")])
    reader = _Reader(file, lines, now)
    for section in data.keys() - SECTIONS.keys():
        reader.wrong((section,), f"there is no section {section}", f"Use {', '.join(SECTIONS)}.")
    sections: dict[str, Any] = {
        section: reader.section(kind, {} if data[section] is None else data[section])
        for section, kind in SECTIONS.items()
        if section in data
    }
    if reader.problems:
        raise FileProblems(reader.problems)
    return dataclasses.replace(now, **sections)


def _shown(kind: Kind[Any], thing: Any) -> Any:
    return thing.text if isinstance(thing, FlowText) else kind.sparse(thing)


class _Reader:
    """Reads section after section, and goes on after a fault."""

    def __init__(self, file: Path, lines: dict[Place, int], now: Configuration) -> None:
        self.file, self.lines, self.now = file, lines, now
        self.problems: list[FileProblem] = []

    def wrong(self, place: Place, problem: str, fix: str = "") -> None:
        self.problems.append(FileProblem(self.file, line_of(self.lines, place), problem, fix))

    def section(self, kind: Kind[Any], data: Any) -> dict[str, Any]:
        things: dict[str, Any] = {}
        if not isinstance(data, dict):
            self.wrong((kind.section,), f"{kind.section} is no mapping", "Write each of them below, by its name.")
            return things
        for key, plain in data.items():
            given = {"text": plain} if kind.model is FlowText else {} if plain is None else plain
            if isinstance(given, dict):
                self.thing(kind, key, given, things)
            else:
                self.wrong((kind.section, key), f"{kind.name} {key} is no mapping", "Write its settings below it.")
        return things

    def thing(self, kind: Kind[Any], key: str, given: dict[str, Any], things: dict[str, Any]) -> None:
        try:
            things[key] = kept(kind.validate(key, given), getattr(self.now, kind.section).get(key))
        except ValidationError as error:
            for item, fault in zip(error.errors(), faults(kind, error), strict=True):
                self.wrong((kind.section, key, *item["loc"]), f"{kind.name} {key}: {fault}")
        except BadInput as error:
            for line in str(error).splitlines():
                self.wrong((kind.section, key), line)


def kept(thing: Any, before: Any | None, password: Callable[[], str] = lambda: secrets.token_hex(12)) -> Any:
    """The thing with what no file says: the password it has, or a new one; for a flow its version, the next one if it differs."""
    match thing:
        case Agent():
            secret = before.sip_password if before else password()
            return Agent(thing.number, thing.name, thing.sip_password or secret, thing.skills)
        case Trunk() if before is not None and not thing.password:
            plain = {**TRUNK.plain(thing), "password": before.password}
            return TRUNK.read(thing.name, plain)
        case FlowText() if before is not None:
            return before if before.text == thing.text else FlowText(thing.name, thing.text, before.version + 1)
    return thing


class _Dumper(yaml.SafeDumper):
    """Short lists on one line, texts of several lines as they are."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (PyYAML's hook)
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    flat = not any(isinstance(item, dict | list) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flat)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
