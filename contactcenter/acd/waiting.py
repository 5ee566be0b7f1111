"""A call in a queue, and its place in the one order of service."""

from dataclasses import dataclass, field
from datetime import datetime

from contactcenter.ids import AgentNumber, CallId, QueueName


@dataclass(slots=True)
class WaitingCall:
    """A call in a queue. `offered` is the agent reserved for it, if any."""

    call: CallId
    queue: QueueName
    priority: int
    arrived: datetime
    serial: int
    sticky: tuple[AgentNumber, ...] = ()
    offered: AgentNumber | None = None
    offer_ends: datetime | None = None
    attempts: int = 0
    missed_by: dict[AgentNumber, int] = field(default_factory=dict)

    def __lt__(self, other: "WaitingCall") -> bool:
        return self.order < other.order

    @property
    def order(self) -> tuple[int, datetime, int]:
        return (-self.priority, self.arrived, self.serial)
