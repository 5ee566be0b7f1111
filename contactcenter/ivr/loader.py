"""Flows and routing rules from YAML, refused as a whole with every problem's file, line and fix."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contactcenter.errors import FileProblem, FileProblems
from contactcenter.ivr.checker import check
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.graph import languages_entered
from contactcenter.ivr.known import Known
from contactcenter.ivr.nodes import NODES
from contactcenter.ivr.nodes.base import Node
from contactcenter.ivr.yaml_lines import Place, line_of, load
from contactcenter.routing.rules import Rule, When

FLOW_KEYS = ("start", "nodes")
LONGEST_SHOWN = 60
CHOICE = re.compile(r"\[key\]|str|constrained-str|(literal|tuple|list)\[.*")
"""What pydantic puts into the place of a fault beside keys and positions."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A flow whose nodes are valid one by one, and where each thing stands in its file."""

    file: Path
    flow: Flow
    lines: dict[Place, int]


def load_flow(file: Path, known: Known, text: str | None = None, version: int = 0) -> Flow:
    """The flow of a file, named after it. text: what the file would hold, of a flow that is stored elsewhere.

    Raises FileProblems.
    """
    parsed = parse_flow(file, text, version)
    if problems := check(file, parsed.flow, parsed.lines, known):
        raise FileProblems(problems)
    return parsed.flow


def load_flows(sources: Iterable[tuple[Path, str | None, int]], known: Known) -> dict[str, Flow]:
    """Flows that may enter each other, by name. sources: as for load_flow. Raises FileProblems with all that is wrong in any."""
    parsed: list[Parsed] = []
    problems: list[FileProblem] = []
    for file, text, version in sources:
        try:
            parsed.append(parse_flow(file, text, version))
        except FileProblems as error:
            problems += error.problems
    flows = {one.flow.name: one.flow for one in parsed}
    every = {**(known.flows or {}), **flows}
    known = replace(known, flows=every, starts=languages_entered(every, known.starts))
    for one in parsed:
        problems += check(one.file, one.flow, one.lines, known)
    if problems:
        raise FileProblems(problems)
    return flows


def parse_flow(file: Path, text: str | None = None, version: int = 0) -> Parsed:
    """A flow that is not checked as a whole yet. Raises FileProblems."""
    data, lines = _mapping(file, FLOW_KEYS, text)
    problems: list[FileProblem] = []
    nodes: dict[str, Node] = {}
    raw_nodes = data.get("nodes")
    if not isinstance(raw_nodes, dict) or not raw_nodes:
        raise FileProblems([FileProblem(file, lines.get(("nodes",)), "there are no nodes", "Write them under nodes:")])
    for name, raw in raw_nodes.items():
        node = _node(file, str(name), raw, lines, problems)
        if node is not None:
            nodes[str(name)] = node
    if problems:
        raise FileProblems(problems)
    return Parsed(file, Flow(file.stem, str(data.get("start", "")), nodes, version), lines)


def load_rules(
    file: Path,
    queues: Iterable[str] | None = None,
    menus: Iterable[str] | None = None,
    flows: Iterable[str] | None = None,
) -> tuple[Rule, ...]:
    """The routing rules of a file, in order. Raises FileProblems.

    queues, flows: the names that exist; menus: the nodes of all flows that a condition may name; None leaves it unchecked.
    """
    data, lines = _mapping(file, ("rules",))
    problems: list[FileProblem] = []
    rules: list[Rule] = []
    known, nodes = None if queues is None else sorted(queues), None if menus is None else sorted(menus)
    if not isinstance(data.get("rules") or [], list):
        raise FileProblems(
            [FileProblem(file, lines.get(("rules",)), "rules is no list", "Write each rule as - name: ...")]
        )
    for index, raw in enumerate(data.get("rules") or []):
        place: Place = ("rules", index)
        try:
            rule = Rule.model_validate(raw)
        except ValidationError as error:
            problems += _explain(file, error, place, lines, tuple(Rule.model_fields))
            continue
        rules.append(rule)
        if rule.flow is not None and flows is not None and rule.flow not in flows:
            line = line_of(lines, (*place, "flow"))
            problems.append(
                FileProblem(file, line, f"there is no flow {rule.flow}", _suggest(rule.flow, tuple(flows), "flow"))
            )
        if known is not None and rule.queue is not None and rule.queue not in known:
            fix = f"Use one of: {', '.join(known)}"
            problems.append(
                FileProblem(file, line_of(lines, (*place, "queue")), f"there is no queue {rule.queue}", fix)
            )
        for node in rule.when.menu or {}:
            if nodes is not None and node not in nodes:
                line = line_of(lines, (*place, "when", "menu", node))
                problems.append(
                    FileProblem(file, line, f"no flow has a node {node}", _suggest(node, tuple(nodes), "node"))
                )
    if not rules and not problems:
        problems.append(FileProblem(file, None, "there are no rules", "Write at least one under rules:"))
    if problems:
        raise FileProblems(problems)
    return tuple(rules)


def _mapping(file: Path, keys: tuple[str, ...], text: str | None = None) -> tuple[dict[str, Any], dict[Place, int]]:
    try:
        data, lines = load(file, text)
    except FileProblem as problem:
        raise FileProblems([problem]) from None
    if not isinstance(data, dict):
        raise FileProblems([FileProblem(file, 1, "this is not a mapping", f"Begin with {keys[0]}:")])
    wrong = [
        FileProblem(file, lines.get((str(key),)), f"unknown key {key}", _suggest(str(key), keys))
        for key in data
        if key not in keys
    ]
    if wrong:
        raise FileProblems(wrong)
    return data, lines


def _node(file: Path, name: str, raw: Any, lines: dict[Place, int], problems: list[FileProblem]) -> Node | None:
    place: Place = ("nodes", name)
    kind = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(kind, str) or kind not in NODES:
        problem = f"node {name} has no type" if kind is None else f"there is no node type {kind}"
        problems.append(
            FileProblem(file, line_of(lines, (*place, "type")), problem, _suggest(str(kind), tuple(NODES), "type"))
        )
        return None
    try:
        return NODES[kind].model_validate(raw)
    except ValidationError as error:
        problems += _explain(file, error, place, lines, tuple(NODES[kind].model_fields))
        return None


def _explain(
    file: Path, error: ValidationError, place: Place, lines: dict[Place, int], keys: tuple[str, ...]
) -> list[FileProblem]:
    found: list[FileProblem] = []
    seen: set[Place] = set()
    for item in error.errors():
        where = tuple(part for part in item["loc"] if not (isinstance(part, str) and CHOICE.fullmatch(part)))
        if where != item["loc"] and where in seen:
            continue  # one value, of which pydantic says for each type it might have had that it is none
        seen.add(where)
        line = line_of(lines, (*place, *where))
        name = ".".join(str(part) for part in where) or str(place[-1])
        match item["type"]:
            case "extra_forbidden":
                known = tuple(When.model_fields) if where[0] == "when" and len(where) > 1 else keys
                found.append(FileProblem(file, line, f"unknown key {name}", _suggest(str(where[-1]), known)))
            case "missing":
                found.append(FileProblem(file, line, f"{_whose(place)} lacks {name}", f"Add a line {name}: ..."))
            case "value_error":
                what = f"{name}: {item['ctx']['error']}" if where else f"{_whose(place)}: {item['ctx']['error']}"
                found.append(FileProblem(file, line, what, "Correct it."))
            case _:
                value = repr(item["input"])
                value = value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}..."
                found.append(FileProblem(file, line, f"{name} is {value}", f"It must be otherwise: {item['msg']}."))
    return found


def _whose(place: Place) -> str:
    return f"node {place[-1]}" if place[0] == "nodes" else f"rule {int(place[-1]) + 1}"


def _suggest(word: str, known: tuple[str, ...], what: str = "key") -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Use a {what} of: {', '.join(known)}"
