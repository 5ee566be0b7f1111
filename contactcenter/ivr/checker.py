"""Proves a flow before it runs: every target exists, every node is reached, no loop runs by itself, every prompt exists."""

from pathlib import Path

from contactcenter.errors import FileProblem
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.yaml_lines import Place, line_of


def check(file: Path, flow: Flow, lines: dict[Place, int], prompts: dict[str, set[str]]) -> list[FileProblem]:
    """All problems of a flow whose nodes are valid one by one."""

    def at(*place: str) -> int | None:
        return line_of(lines, place)

    if flow.start not in flow.nodes:
        return [FileProblem(file, at("start"), f"start names no node ({flow.start or 'nothing'})", _nodes(flow))]
    problems = [
        FileProblem(file, at("nodes", name), f"node {name} leads to {exit_.target}, which is no node", _nodes(flow))
        for name, node in flow.nodes.items()
        for exit_ in node.exits()
        if exit_.target not in flow.nodes
    ]
    if problems:
        return problems
    problems += [
        FileProblem(file, at("nodes", name), f"node {name} is never reached", "Lead a node to it, or take it out.")
        for name in flow.nodes.keys() - _reached(flow)
    ]
    if loop := _loop_without_key(flow):
        path = " -> ".join(loop)
        fix = "Let it end at a done or hangup node, or go through a key of a menu."
        problems.append(FileProblem(file, at("nodes", loop[0]), f"this loop has no exit: {path}", fix))
    for name, node in flow.nodes.items():
        for prompt in node.prompts():
            for language in sorted(lang for lang, known in prompts.items() if prompt not in known):
                fix = f"Add it: contactcenter prompt set --language {language} {prompt} FILE"
                problems.append(
                    FileProblem(file, at("nodes", name), f"prompt {prompt} does not exist in {language}", fix)
                )
    return problems


def _nodes(flow: Flow) -> str:
    return f"Use one of: {', '.join(flow.nodes)}"


def _reached(flow: Flow) -> set[str]:
    reached: set[str] = set()
    todo = [flow.start]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [exit_.target for exit_ in flow.nodes[name].exits()]
    return reached


def _loop_without_key(flow: Flow) -> list[str] | None:
    """A loop that a caller who presses nothing would never leave, as the names on its way."""
    safe: set[str] = set()
    for start in flow.nodes:
        path: list[str] = []
        ways = [iter([start])]
        while ways:
            name = next(ways[-1], None)
            if name is None:
                ways.pop()
                if path:
                    safe.add(path.pop())
            elif name in path:
                return [*path[path.index(name) :], name]
            elif name not in safe:
                path.append(name)
                ways.append(iter([exit_.target for exit_ in flow.nodes[name].exits() if not exit_.by_key]))
    return None
