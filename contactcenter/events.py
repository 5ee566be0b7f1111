"""Every fact: what happened, in the past tense, written when it happens.

A fact is frozen and self-contained: it names things by their id *and* by the name they had at that moment, so that a
call can be explained months later when customers, agents and rules have changed.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from contactcenter.fact import AgentFact, CallFact, Fact, UnknownFact
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, QueueName, TicketNumber

__all__ = ["AgentFact", "CallFact", "Fact", "UnknownFact"]

Identification = Literal["number", "service_code", "unknown"]
ServiceState = Literal["active", "expiring", "expired", "none"]
Level = Literal["standard", "vip", "super_vip"]
MissReason = Literal["no_answer", "busy", "rejected", "unreachable", "failed"]
WithdrawReason = Literal["answered_elsewhere", "caller_gone", "agent_gone", "stuck", "restart"]
OverflowReason = Literal["full", "closed", "no_agents", "max_wait", "queue_removed", "key"]
Outcome = Literal["answered", "abandoned", "refused", "failed", "callback", "voice_message"]
CallbackOutcome = Literal["answered", "no_answer", "abandoned", "expired", "not_allowed"]
DeletionReason = Literal["retention", "person", "erased"]
Party = Literal["caller", "agent", "system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArrived(CallFact):
    """caller: E.164, an agent's extension, or "" when the number is withheld or unusable. `raw_caller`: as the trunk sent it.
    trunk: which it came over; "" for a phone of the site, and for the trunk of contactcenter.toml.
    """

    hotline: str
    caller: str
    raw_caller: str = ""
    caller_name: str = ""
    trunk: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursChecked(CallFact):
    calendar: str
    open: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCodeTried(CallFact):
    """The code itself is never written. keyed: there was one; limited: too many were wrong before, so it was not looked up."""

    attempt: int
    accepted: bool
    keyed: bool = True
    limited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdentified(CallFact):
    by: Identification
    company: CompanyId | None = None
    company_name: str = ""
    contact: ContactId | None = None
    contact_name: str = ""
    level: Level = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChecked(CallFact):
    """until: the last day of the service period (ISO date), "" when there is none."""

    service: ServiceState
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStarted(CallFact):
    """A flow was entered: the hotline's, a subflow, or one that a rule led to. version: 0 for one that was never published.

    then: the node of the flow before that follows a subflow, None where nothing comes back to it.
    """

    flow: str
    version: int = 0
    then: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLeft(CallFact):
    """The flow is done with the call for now. to: the destination and its fields, see ivr/destination.py."""

    to: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEntered(CallFact):
    flow: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed(CallFact):
    """A key that a menu took. key "" stands for none in time; counts: False for one that the menu does not know."""

    flow: str
    node: str
    key: str
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsCollected(CallFact):
    """Digits that a node collected into a variable. digits: "" when they are secret; ok: they were as many as wanted."""

    flow: str
    node: str
    variable: str
    digits: str
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableSet(CallFact):
    """A variable of the flow. value: "" when it is secret."""

    name: str
    value: str
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLookedUp(CallFact):
    """The dealer's CRM was asked. why: what was wrong, "" when nothing was; neither the address nor the answer is written."""

    flow: str
    node: str
    seconds: float
    ok: bool
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTried:
    """One routing rule held against a call: matched, or why it did not."""

    rule: str
    matched: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRouted(CallFact):
    """queue: "" when the rule led to a flow, or none matched (then rule is "" too). case: what routing looked at, as JSON."""

    queue: QueueName
    priority: int
    rule: str
    tried: tuple[RuleTried, ...] = ()
    case: dict[str, Any] = dataclasses.field(default_factory=dict)
    flow: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(CallFact):
    """position: 1 is the next to be served. since: when the place began, before now for a redial, an overflow or a callback.

    recovered: the call waited here before the controller started, and goes on.
    """

    queue: QueueName
    priority: int
    position: int
    since: datetime | None = None
    recovered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(CallFact):
    """attempt: 1 for the first offer of this call. why: what made this agent the one; before: the next three that were free."""

    queue: QueueName
    agent: AgentNumber
    attempt: int
    why: str
    before: tuple[AgentNumber, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMissed(CallFact):
    """ring_seconds: from the decision to the end of the offer."""

    queue: QueueName
    agent: AgentNumber
    reason: MissReason
    ring_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWithdrawn(CallFact):
    """The offer ended for no fault of the agent."""

    queue: QueueName
    agent: AgentNumber
    why: WithdrawReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallFact):
    """ring_seconds: from the decision to the answer."""

    queue: QueueName
    agent: AgentNumber
    agent_name: str = ""
    ring_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReturned(CallFact):
    """The agent was gone before caller and agent were connected: the call has its old place again."""

    queue: QueueName
    agent: AgentNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitAnnounced(CallFact):
    """What the caller was told. estimate_seconds: None when nothing is known yet."""

    queue: QueueName
    position: int
    estimate_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOverflowed(CallFact):
    """The call left a queue unanswered for somewhere else. to: an action as in acd/overflow.py."""

    queue: QueueName
    to: str
    why: OverflowReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferred(CallFact):
    """The agent handed the call over and is out of it. to: what was dialed."""

    agent: AgentNumber
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequested(CallFact):
    """The caller hung up and keeps the place. number: where to call, E.164. since: when the place began. skills: of the agent
    who is to talk.
    """

    queue: QueueName
    number: str
    priority: int
    since: datetime
    hotline: str = ""
    name: str = ""
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackTried(CallFact):
    """attempt: 1 for the first. agent: who was to talk."""

    attempt: int
    outcome: CallbackOutcome
    agent: AgentNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackEnded(CallFact):
    """The promise was kept, or given up."""

    outcome: CallbackOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMessageLeft(CallFact):
    """path: within the site's recordings folder. key: as in RecordingSaved."""

    path: str
    seconds: float
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecovered(CallFact):
    """A controller took over a call of one that had ended. What follows is what it found out from Asterisk, with the times
    that Asterisk gave. step: the package of the step the call had reached; how: what became of it.
    """

    step: str
    how: Literal["goes_on", "talks_on", "was_over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAbandoned(CallFact):
    """The caller hung up before an agent answered. step: the package of the step they were at."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkEnded(CallFact):
    """transferred_to: what the agent dialed to hand the caller over, "" when the call was hung up."""

    agent: AgentNumber
    by: Party
    talk_seconds: float
    transferred_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSaved(CallFact):
    """path: within the site's recordings folder. Left channel: the caller; right channel: the agent. key: the public key that it is
    encrypted for, "" for none.
    """

    path: str
    seconds: float
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRekeyed(CallFact):
    """A recording, or voice message, was encrypted anew: before was its path until then."""

    before: str
    path: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingDeleted(CallFact):
    """A recording, or voice message, is no more. by: the person, "" for the rule; sha256: of the file as it was deleted, "" when there
    was none.
    """

    path: str
    why: DeletionReason
    by: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFailed(CallFact):
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswered(CallFact):
    rating: int
    agent: AgentNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySkipped(CallFact):
    why: Literal["hung_up", "no_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOpened(CallFact):
    ticket: TicketNumber
    title: str
    assignee: AgentNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAttached(CallFact):
    """The call joined a ticket that was open already."""

    ticket: TicketNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketClosed(Fact):
    """The customer has confirmed the solution; the company's next call opens a new ticket."""

    ticket: TicketNumber
    assignee: AgentNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallFact):
    """The last fact of a call. why: what a person needs to know beyond the outcome."""

    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedIn(AgentFact):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoggedOut(AgentFact):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPaused(AgentFact):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResumed(AgentFact):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpStarted(AgentFact):
    call: CallId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpExtended(AgentFact):
    call: CallId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpEnded(AgentFact):
    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChanged(AgentFact):
    phone: Literal["free", "busy", "unreachable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised(Fact):
    """Something a person must look at. name: short and stable; detail: one line."""

    name: str
    detail: str
    call: CallId | None = None
    agent: AgentNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsTold(Fact):
    """Another system has heard of alarms of that name by webhook. count: so many of them; until: when the last one was raised."""

    name: str
    count: int
    until: datetime
