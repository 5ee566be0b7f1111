"""Proves a flow before it runs: every target exists, every node is reached, every way ends, all that it names is there."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from contactcenter.errors import FileProblem
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.graph import languages_at, loop_without_key, recursion
from contactcenter.ivr.known import Known
from contactcenter.ivr.nodes.menu import Menu
from contactcenter.ivr.spoken_keys import spoken_keys
from contactcenter.ivr.walk import KNOWN
from contactcenter.ivr.yaml_lines import Place, line_of

Problem = Callable[[tuple[str, ...], str, str], FileProblem]
"""Makes a problem of its place in the file, what is wrong, and the fix."""


def check(file: Path, flow: Flow, lines: dict[Place, int], known: Known) -> list[FileProblem]:
    """All problems of a flow whose nodes are valid one by one."""

    def problem(place: tuple[str, ...], what: str, fix: str) -> FileProblem:
        return FileProblem(file, line_of(lines, place), what, fix)

    if problems := list(_targets(flow, problem)):
        return problems
    return [
        *_ways(flow, known, problem),
        *_prompts(flow, known, problem),
        *_menus(flow, known, problem),
        *_uses(flow, known, problem),
        *_variables(flow, known, problem),
    ]


def _targets(flow: Flow, problem: Problem) -> Iterator[FileProblem]:
    nodes = f"Use one of: {', '.join(flow.nodes)}"
    if flow.start not in flow.nodes:
        yield problem(("start",), f"start names no node ({flow.start or 'nothing'})", nodes)
        return
    for name, node in flow.nodes.items():
        for target in dict.fromkeys(exit_.target for exit_ in node.exits()):
            if target not in flow.nodes:
                yield problem(("nodes", name), f"node {name} leads to {target}, which is no node", nodes)


def _ways(flow: Flow, known: Known, problem: Problem) -> Iterator[FileProblem]:
    for name in flow.nodes.keys() - languages_at(flow, frozenset(), {}).keys():
        yield problem(("nodes", name), f"node {name} is never reached", "Lead a node to it, or take it out.")
    if loop := loop_without_key(flow):
        fix = "Let it end at a done or hangup node, or go through a key of a menu."
        yield problem(("nodes", loop[0]), f"this loop has no exit: {' -> '.join(loop)}", fix)
    if circle := recursion(flow, known.flows or {}):
        fix = "Take one of them out: a subflow may not come back to a flow that entered it."
        yield problem(("start",), f"these subflows enter each other: {' -> '.join(circle)}", fix)


def _prompts(flow: Flow, known: Known, problem: Problem) -> Iterator[FileProblem]:
    if known.prompts is None:
        return
    at = languages_at(flow, known.languages_of(flow.name), known.flows or {})
    for name, node in flow.nodes.items():
        for language in sorted(at.get(name, ())):
            there = known.prompts.get(language, ())
            for prompt in dict.fromkeys(node.prompts(language)):
                if prompt not in there:
                    fix = f"Add it: contactcenter prompt set --language {language} {prompt} FILE"
                    yield problem(("nodes", name), f"prompt {prompt} does not exist in {language}", fix)


def _menus(flow: Flow, known: Known, problem: Problem) -> Iterator[FileProblem]:
    """Every key that is spoken of is handled, and every key that is handled is spoken of, in every language."""
    at = languages_at(flow, known.languages_of(flow.name), known.flows or {})
    menus = {name: node for name, node in flow.nodes.items() if isinstance(node, Menu)}
    for name, menu in menus.items():
        for language in sorted(at.get(name, ())):
            text = known.texts.get(language, {}).get(menu.prompt)
            if text is None:
                continue
            spoken, handled = spoken_keys(text, language), menu.keys.keys()
            for key in sorted(spoken - handled):
                what = f"prompt {menu.prompt} speaks of key {key} in {language}, which menu {name} does not handle"
                yield problem(
                    ("nodes", name, "keys"), what, f'Add a line "{key}": ... under keys, or change the prompt.'
                )
            for key in sorted(handled - spoken - {*menu.unspoken}):
                what = f"menu {name} handles key {key}, which prompt {menu.prompt} does not speak of in {language}"
                fix = f'Speak of it in the prompt, or write unspoken: ["{key}"] into the menu.'
                yield problem(("nodes", name, "keys", key), what, fix)


def _uses(flow: Flow, known: Known, problem: Problem) -> Iterator[FileProblem]:
    for name, node in flow.nodes.items():
        for used in node.uses():
            there = known.of(used.kind)
            if there is not None and used.name not in there and not (used.kind == "flow" and used.name == flow.name):
                what = f"there is no {used.kind} {used.name}"
                yield problem(("nodes", name, used.field), what, _suggest(used.name, there))


def _variables(flow: Flow, known: Known, problem: Problem) -> Iterator[FileProblem]:
    """A variable that nothing sets is a misspelled one: it would be empty for every caller."""
    flows = [flow, *(known.flows or {}).values()]
    names = KNOWN | {name for one in flows for node in one.nodes.values() for name in node.sets()}
    for name, node in flow.nodes.items():
        for variable in sorted(node.reads() - names):
            what = f"node {name} uses the variable {variable}, which nothing sets"
            yield problem(("nodes", name), what, _suggest(variable, names))


def _suggest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Use one of: {', '.join(sorted(known)) or '(there are none)'}"
