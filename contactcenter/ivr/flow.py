"""A flow: named nodes and where to start."""

from dataclasses import dataclass

from contactcenter.ivr.nodes.base import Node


@dataclass(frozen=True, slots=True)
class Flow:
    name: str
    start: str
    nodes: dict[str, Node]
