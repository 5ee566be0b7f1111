"""What the engine is told, and what it answers. Both are plain frozen values, so a day can be replayed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contactcenter.acd.settings import DistributionSettings, QueueSettings
from contactcenter.agents.states import Phone
from contactcenter.events import Fact, MissReason, OverflowReason, WithdrawReason
from contactcenter.ids import AgentNumber, CallId, QueueName


@dataclass(frozen=True, slots=True)
class Configure:
    """All queues and all agents (number, name) from now on. Calls that wait keep their place.

    skills: of the agents who have any, see acd/needs.py.
    """

    queues: tuple[QueueSettings, ...]
    agents: tuple[tuple[AgentNumber, str], ...]
    distribution: DistributionSettings = field(default_factory=DistributionSettings)
    skills: Mapping[AgentNumber, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallEnters:
    """A call joins a queue. priority: 0 to 10; sticky: agents to ask first, best first.

    caller: the number by which a redial is known, "" for none. since: when the call's place began, where that is not now (a
    callback, an overflow, a transfer). sticky_seconds: how long it waits for a busy sticky agent, where that is not what
    the queue says; direct: the sticky agents need not be members. max_wait: the queue's maximum wait holds for it.
    lead_seconds: how much longer than the queue's ring_seconds an offer may take. provisional: the agent who answers waits
    for the customer, see CustomerAnswered. skills: only agents who have all of them are asked; the sticky agents of a direct
    call are asked without. entered: when it joined this queue, of a call that waited there before the controller started.
    """

    call: CallId
    queue: QueueName
    priority: int = 0
    sticky: tuple[AgentNumber, ...] = ()
    caller: str = ""
    since: datetime | None = None
    sticky_seconds: float | None = None
    direct: bool = False
    max_wait: bool = True
    lead_seconds: float = 0.0
    provisional: bool = False
    skills: frozenset[str] = frozenset()
    entered: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallLeaves:
    """A call is gone from distribution before anybody answered. hung_up: a caller who redials gets the place back."""

    call: CallId
    hung_up: bool = False


@dataclass(frozen=True, slots=True)
class CustomerAnswered:
    """The customer of a provisional call is on the line: now it counts as answered."""

    call: CallId


@dataclass(frozen=True, slots=True)
class OfferRinging:
    """The agent's phone rings. `attempt` is that of the offer, here and below."""

    call: CallId
    agent: AgentNumber
    attempt: int


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    call: CallId
    agent: AgentNumber
    attempt: int


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The agent's phone does not ring any more and was not connected; the call keeps its place. The last word on an offer
    that was withdrawn, too.
    """

    call: CallId
    agent: AgentNumber
    attempt: int
    reason: MissReason


@dataclass(frozen=True, slots=True)
class ConnectFailed:
    """The agent answered, but was gone before caller and agent could be connected: the call gets its place back."""

    call: CallId
    agent: AgentNumber


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
class ExtendWrapUp:
    """The agent needs longer: the wrap-up ends so many seconds later."""

    agent: AgentNumber
    seconds: float = 60.0


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
    """What was known of an agent before the controller started. One who is busy by now has no wrap-up of before.

    wrap_up_call: the call that the wrap-up follows.
    """

    agent: AgentNumber
    logged_in: bool
    pause_reason: str = ""
    wrap_up_until: datetime | None = None
    wrap_up_call: CallId | None = None


@dataclass(frozen=True, slots=True)
class RestoreTalk:
    """A conversation that began before the controller started. began: when the agent answered; ended: None while it goes on, else
    the agent has what is left of the wrap-up.

    One of a queue or an agent that was removed meanwhile, or of an agent who is busy with another call, is passed over.
    """

    call: CallId
    queue: QueueName
    agent: AgentNumber
    began: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; see Engine.next_deadline."""


Input = (
    Configure
    | CallEnters
    | CallLeaves
    | CustomerAnswered
    | OfferRinging
    | OfferAnswered
    | OfferFailed
    | ConnectFailed
    | TalkOver
    | LogIn
    | LogOut
    | Pause
    | Resume
    | ExtendWrapUp
    | PhoneIs
    | OpenTickets
    | Restore
    | RestoreTalk
    | Tick
)


@dataclass(frozen=True, slots=True)
class Offer:
    """Ring this agent for this call now. The agent is reserved until the offer is answered or has failed.

    attempt: counts the offers of this call; with call and agent it names the offer.
    """

    call: CallId
    queue: QueueName
    agent: AgentNumber
    ring_seconds: float
    attempt: int
    why: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Stop that phone, whether it rings or was answered too late. OfferFailed then says that it is free."""

    call: CallId
    agent: AgentNumber
    attempt: int
    why: WithdrawReason


@dataclass(frozen=True, slots=True)
class Connect:
    """The offer was the first to be answered: connect caller and agent."""

    call: CallId
    agent: AgentNumber
    attempt: int


@dataclass(frozen=True, slots=True)
class Overflow:
    """The call can't wait here (any longer); it is not in the line. to: an action as in overflow.py."""

    call: CallId
    to: str
    why: OverflowReason


Command = Offer | Withdraw | Connect | Overflow | Fact
