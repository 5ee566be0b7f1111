"""What the engine is told, and what it answers. Both are plain frozen values, so a day can be replayed."""

from dataclasses import dataclass
from datetime import datetime

from contactcenter.agents.states import Phone
from contactcenter.events import Fact, MissReason
from contactcenter.ids import AgentNumber, CallId, QueueName


@dataclass(frozen=True, slots=True)
class Member:
    """An agent in a queue. level: 1 (first choice) to 9; agents of a lower number are asked first."""

    agent: AgentNumber
    level: int = 1


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One queue's rules. Times in seconds.

    ring_seconds: how long one offer rings; wrap_up_seconds: after a talk; misses_before_pause: offers missed in a row
    after which an agent is paused (0: never); sticky_hours: how long after a talk the same agent is asked first (0: never).
    """

    name: QueueName
    title: str = ""
    strategy: str = "round_robin"
    members: tuple[Member, ...] = ()
    ring_seconds: float = 20.0
    wrap_up_seconds: float = 10.0
    misses_before_pause: int = 3
    sticky_hours: float = 72.0
    max_wait_seconds: float = 600.0
    announce_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Configure:
    """All queues and all agents (number, name) from now on. Calls that wait keep their place."""

    queues: tuple[QueueSettings, ...]
    agents: tuple[tuple[AgentNumber, str], ...]


@dataclass(frozen=True, slots=True)
class CallEnters:
    """A call joins a queue. priority: 0 to 10, the higher is served first; sticky: agents to ask first, best first."""

    call: CallId
    queue: QueueName
    priority: int = 0
    sticky: tuple[AgentNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class CallLeaves:
    """A call is gone from distribution (hung up, gave up waiting) before anybody answered."""

    call: CallId


@dataclass(frozen=True, slots=True)
class OfferRinging:
    call: CallId
    agent: AgentNumber


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    call: CallId
    agent: AgentNumber


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The offer ended without an answer; the call keeps its place."""

    call: CallId
    agent: AgentNumber
    reason: MissReason


@dataclass(frozen=True, slots=True)
class TalkOver:
    call: CallId
    agent: AgentNumber


@dataclass(frozen=True, slots=True)
class LogIn:
    agent: AgentNumber


@dataclass(frozen=True, slots=True)
class LogOut:
    agent: AgentNumber


@dataclass(frozen=True, slots=True)
class Pause:
    agent: AgentNumber
    reason: str = "break"


@dataclass(frozen=True, slots=True)
class Resume:
    """Ends a pause, and a wrap-up before its time."""

    agent: AgentNumber


@dataclass(frozen=True, slots=True)
class PhoneIs:
    agent: AgentNumber
    phone: Phone


@dataclass(frozen=True, slots=True)
class OpenTickets:
    """How many open tickets an agent has, for least load."""

    agent: AgentNumber
    count: int


@dataclass(frozen=True, slots=True)
class Restore:
    """What was known of an agent before the controller started."""

    agent: AgentNumber
    logged_in: bool
    pause_reason: str = ""
    wrap_up_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; see Engine.next_deadline."""


Input = (
    Configure
    | CallEnters
    | CallLeaves
    | OfferRinging
    | OfferAnswered
    | OfferFailed
    | TalkOver
    | LogIn
    | LogOut
    | Pause
    | Resume
    | PhoneIs
    | OpenTickets
    | Restore
    | Tick
)


@dataclass(frozen=True, slots=True)
class Offer:
    """Ring this agent for this call now. The agent is reserved until the offer is answered or has failed."""

    call: CallId
    queue: QueueName
    agent: AgentNumber
    ring_seconds: float
    attempt: int
    why: str


Command = Offer | Fact
