"""The ways through a flow: what is reached, in which language, and what runs in a circle. Pure."""

from collections.abc import Collection, Mapping

from contactcenter.ivr.flow import Flow
from contactcenter.ivr.nodes.language import Language
from contactcenter.ivr.nodes.subflow import Subflow


def languages_at(flow: Flow, first: Collection[str], flows: Mapping[str, Flow]) -> dict[str, set[str]]:
    """Each node that is reached -> the languages that a caller may have there."""
    at: dict[str, set[str]] = {flow.start: set(first)}
    todo = [flow.start]
    while todo:
        name = todo.pop()
        node = flow.nodes.get(name)
        if node is None:
            continue
        after = {node.language} if isinstance(node, Language) else set(at[name])
        if isinstance(node, Subflow):
            after |= _languages_set(node.flow, flows)
        for exit_ in node.exits():
            known = at.get(exit_.target)
            if known is None or not after <= known:
                at[exit_.target] = after | (known or set())
                todo.append(exit_.target)
    return at


def languages_entered(flows: Mapping[str, Flow], starts: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Each flow that callers come to -> the languages they may have at its start. starts: the same for those that hotlines and
    rules name.
    """
    entered = {name: frozenset(languages) for name, languages in starts.items()}
    todo = [name for name in entered if name in flows]
    while todo:
        flow = flows[todo.pop()]
        if flow.start not in flow.nodes:
            continue
        at = languages_at(flow, entered[flow.name], flows)
        for name, node in flow.nodes.items():
            if (
                isinstance(node, Subflow)
                and name in at
                and not at[name] <= (known := entered.get(node.flow, frozenset()))
            ):
                entered[node.flow] = known | at[name]
                todo += [node.flow] if node.flow in flows else []
    return entered


def subflows_of(flow: Flow) -> dict[str, str]:
    """The flows it enters, each with a node that does."""
    return {node.flow: name for name, node in flow.nodes.items() if isinstance(node, Subflow)}


def recursion(flow: Flow, flows: Mapping[str, Flow]) -> list[str] | None:
    """A way through subflows that comes back to this flow, as the names of the flows; None when there is none."""
    ways = [[flow.name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        present = flow if len(way) == 1 else flows.get(way[-1])
        for name in subflows_of(present) if present else ():
            if name == flow.name:
                return [*way, name]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return None


def loop_without_key(flow: Flow) -> list[str] | None:
    """A loop that a caller who presses nothing would never leave, as the names on its way.

    Without one, every way ends: each node has a way on that needs no key, or is an end itself.
    """
    safe: set[str] = set()
    for start in flow.nodes:
        path: dict[str, None] = {}
        ways = [iter([start])]
        while ways:
            name = next(ways[-1], None)
            if name is None:
                ways.pop()
                if path:
                    safe.add(path.popitem()[0])
            elif name in path:
                names = list(path)
                return [*names[names.index(name) :], name]
            elif name not in safe:
                path[name] = None
                ways.append(iter([exit_.target for exit_ in flow.nodes[name].exits() if not exit_.by_key]))
    return None


def _languages_set(name: str, flows: Mapping[str, Flow]) -> set[str]:
    """The languages that a subflow, or one inside it, may switch to."""
    found: set[str] = set()
    todo, seen = [name], {name}
    while todo:
        flow = flows.get(todo.pop())
        if flow is not None:
            found |= {node.language for node in flow.nodes.values() if isinstance(node, Language)}
            inner = subflows_of(flow).keys() - seen
            seen |= inner
            todo += inner
    return found
