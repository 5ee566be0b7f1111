"""What an admin sets for a queue, and for distribution as a whole."""

from dataclasses import dataclass
from typing import Literal

from contactcenter.ids import AgentNumber, QueueName

CallbackOrder = Literal["off", "agent_first", "caller_first"]
MOST_LEVEL = 9


@dataclass(frozen=True, slots=True)
class Member:
    """An agent in a queue. level: 1 (the most skilled) to 9; agents of a lower number are asked first."""

    agent: AgentNumber
    level: int = 1


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One queue's rules. Times in seconds; 0 turns a rule off where nothing else is said.

    strategy: a key of STRATEGIES. Broadcast only: broadcast_width phones ring at first (0: all), and as many more each
    broadcast_step_seconds of waiting.
    ring_seconds: how long one offer rings; wrap_up_seconds: after a talk; misses_before_pause: offers missed in a row
    after which an agent is paused (0: never).
    relax_seconds: a call is at first only for members of the lowest level, for one level more each time it has waited so
    long (0: for all from the start).
    sticky_hours: how long after a talk the same agent is asked first (0: never); sticky_wait_seconds: how long a call
    waits for such an agent who is busy.
    accepting: False closes the queue: those who wait are served, nobody else gets in.
    max_length: more callers than that do not get in (0: any number); max_wait_seconds: then the overflow takes over.
    overflow_full, overflow_no_agents, overflow_timeout, overflow_closed: what happens then, see acd/overflow.py;
    overflow_no_agents also when the last agent logs out ("" there: callers wait).
    announce_seconds: how often callers hear their place and the estimated waiting time.
    service_level_seconds: an answer within that time counts for the service level.
    redial_seconds: who hangs up waiting and calls again within that time gets the old place.
    callback: whether callers may ask to be called back, and who is called first then; callback_tries: how often,
    callback_retry_seconds apart.
    record: conversations are recorded.
    """

    name: QueueName
    title: str = ""
    strategy: str = "round_robin"
    members: tuple[Member, ...] = ()
    broadcast_width: int = 0
    broadcast_step_seconds: float = 0.0
    ring_seconds: float = 20.0
    wrap_up_seconds: float = 10.0
    misses_before_pause: int = 3
    relax_seconds: float = 0.0
    sticky_hours: float = 72.0
    sticky_wait_seconds: float = 0.0
    accepting: bool = True
    max_length: int = 0
    max_wait_seconds: float = 600.0
    overflow_full: str = "hang_up"
    overflow_no_agents: str = ""
    overflow_timeout: str = "hang_up"
    overflow_closed: str = "hang_up"
    announce_seconds: float = 30.0
    service_level_seconds: float = 20.0
    redial_seconds: float = 120.0
    callback: CallbackOrder = "off"
    callback_tries: int = 3
    callback_retry_seconds: float = 300.0
    record: bool = True


@dataclass(frozen=True, slots=True)
class DistributionSettings:
    """What holds for all queues of a site.

    ageing_seconds: one point of priority is worth so many seconds of waiting, see acd/line.py;
    load_window_seconds, talk_weight, wrap_up_weight, ticket_seconds: see strategies/least_load.py.
    """

    ageing_seconds: float = 120.0
    load_window_seconds: float = 3600.0
    talk_weight: float = 1.0
    wrap_up_weight: float = 1.0
    ticket_seconds: float = 300.0
