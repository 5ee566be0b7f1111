"""Short ways to put flows into a center in memory."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from contactcenter.events import NodeEntered
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.known import Known
from contactcenter.ivr.loader import load_flows
from contactcenter.routing.rules import Rule
from contactcenter.simulator.center import SimulatedCenter, shipped_prompts
from contactcenter.simulator.phone import FakePhone

END = """
  route: {type: route}
  bye: {type: hangup, prompt: goodbye}
"""


def use_flows(sim: SimulatedCenter, **nodes: str) -> dict[str, Flow]:
    """Puts flows in place of the shipped ones, each as its nodes' YAML; `main` is the hotline's, `start` where it starts."""
    sources = [(Path(f"{name}.yaml"), f"start: start\nnodes:\n{text}", 1) for name, text in nodes.items()]
    sim.center.flows = load_flows(sources, Known(prompts=shipped_prompts()))
    return sim.center.flows


def nodes_of(sim: SimulatedCenter, phone: FakePhone) -> list[str]:
    """The nodes that a call came through, flow/node."""
    return [f"{f.flow}/{f.node}" for f in sim.store.facts_of(phone.call) if isinstance(f, NodeEntered)]


def use_rules(sim: SimulatedCenter, *rules: dict[str, Any]) -> None:
    """Puts routing rules in place of the shipped ones."""
    read = [Rule.model_validate(rule) for rule in rules]
    sim.center.configuration = replace(sim.center.configuration, routes={rule.name: rule for rule in read})


def remove_queue(sim: SimulatedCenter, name: str) -> None:
    """Takes a queue out of the running center; what else names it is not looked at."""
    queues = {key: queue for key, queue in sim.center.configuration.queues.items() if key != name}
    sim.center.configuration = replace(sim.center.configuration, queues=queues)
    sim.center.configure_distribution()
