"""Numbers outside that admins have written into queues and flows, held to the rule for calls outside."""

from collections.abc import Iterator, Mapping

from contactcenter.acd.check import OVERFLOWS
from contactcenter.acd.overflow import parse
from contactcenter.config import Settings
from contactcenter.configuration.models import Configuration
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.nodes.transfer import Transfer
from contactcenter.outbound import forbidden


def never_called(configuration: Configuration, flows: Mapping[str, Flow], settings: Settings) -> Iterator[str]:
    """One line for each number that can never be called: where it stands, and why. Agents' extensions are not outside."""
    for where, number in _numbers(configuration, flows):
        if number not in configuration.agents and (why := forbidden(number, settings)):
            yield f"{where}: {why}"


def _numbers(configuration: Configuration, flows: Mapping[str, Flow]) -> Iterator[tuple[str, str]]:
    for queue in configuration.queues.values():
        for field in OVERFLOWS:
            if (text := getattr(queue, field)) and (action := parse(text)).kind == "number":
                yield f"queue {queue.name}: {field}", action.target
    for flow in flows.values():
        for name, node in flow.nodes.items():
            if isinstance(node, Transfer):
                yield f"flow {flow.name}: node {name}", node.to
