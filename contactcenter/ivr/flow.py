"""A flow: named nodes and where to start."""

from dataclasses import dataclass

from contactcenter.ivr.nodes.base import Node


@dataclass(frozen=True, slots=True)
class Flow:
    """version: as it was published, 1 for the first; 0 for one that only stands in a file."""

    name: str
    start: str
    nodes: dict[str, Node]
    version: int = 0
