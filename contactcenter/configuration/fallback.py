"""Who serves a hotline's callers while no controller does: the queue that app_queue holds them in. Pure."""

from collections.abc import Iterator, Mapping

from contactcenter.configuration.models import Configuration, Hotline
from contactcenter.ids import QueueName
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.nodes.queue import Queue
from contactcenter.ivr.nodes.route import Route
from contactcenter.ivr.nodes.subflow import Subflow
from contactcenter.routing.rules import Rule


def fallback_queue(hotline: Hotline, now: Configuration, flows: Mapping[str, Flow]) -> QueueName | None:
    """The one that the admin chose; else where the flow leads callers of whom nothing is known; else the first with members.

    None for a site without queues.
    """
    if hotline.fallback:
        return QueueName(hotline.fallback)
    led = next(_led_to(hotline, hotline.flow, now, flows, set()), None)
    staffed = (queue.name for queue in now.queues.values() if queue.members)
    return led or next(staffed, None) or next(iter(now.queues), None)


def _led_to(
    hotline: Hotline, name: str, now: Configuration, flows: Mapping[str, Flow], seen: set[str]
) -> Iterator[QueueName]:
    """The queues that a flow comes to, the nearest first."""
    flow = flows.get(name)
    if flow is None or name in seen:
        return
    seen.add(name)
    todo = [flow.start]
    for way in todo:  # grows while it is walked
        if (node := flow.nodes.get(way)) is None:
            continue
        match node:
            case Queue():
                yield node.queue
            case Route() if (rule := _for_everybody(hotline, now)) is not None:
                yield from (rule.queue,) if rule.queue else _led_to(hotline, rule.flow or "", now, flows, seen)
            case Subflow():
                yield from _led_to(hotline, node.flow, now, flows, seen)
            case _:
                pass
        todo += [exit_.target for exit_ in node.exits() if exit_.target not in todo]


def _for_everybody(hotline: Hotline, now: Configuration) -> Rule | None:
    """The rule that takes whoever calls this number; the last one, where each asks for more."""
    rules = list(now.routes.values())
    for rule in rules:
        wanted = rule.when.model_dump(exclude_none=True)
        if not wanted.keys() - {"hotline"} and hotline.number in wanted.get("hotline", [hotline.number]):
            return rule
    return rules[-1] if rules else None
