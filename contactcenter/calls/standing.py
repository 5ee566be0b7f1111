"""Where a call stood when the controller that had it ended, told by its facts alone. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contactcenter import events as e
from contactcenter.calls.arrival import Arrival
from contactcenter.ids import AgentNumber, CallId, CompanyId, QueueName

NO_QUEUE = QueueName("")


@dataclass(slots=True)
class Standing:
    """flows: those under way, the innermost last, each with the node that follows it in the one before; node: the last entered.

    to: the destination that the flow chose, see ivr/destination.py; None while the call is in the flow. overflow: where a queue
    sent the call since then, as in acd/overflow.py, with why. queue, priority, since, entered: its place, which it still has
    if `waits`. agent, answered_at: the conversation that goes on; transferred_to: what the last agent dialed to hand it over.
    company, by: who it was found to be, and how. secret: a variable that is never written down was set. last_at: of the last fact.
    """

    call: CallId
    arrival: Arrival | None = None
    by: e.Identification | None = None
    company: CompanyId | None = None
    code_tries: int = 0
    open: bool = True
    flows: list[tuple[str, str | None]] = field(default_factory=list)
    node: str = ""
    menu: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    secret: bool = False
    to: dict[str, Any] | None = None
    overflow: tuple[str, e.OverflowReason] | None = None
    queue: QueueName = NO_QUEUE
    priority: int = 0
    since: datetime | None = None
    entered: datetime | None = None
    waits: bool = False
    offered: list[AgentNumber] = field(default_factory=list)
    agent: AgentNumber | None = None
    answered_at: datetime | None = None
    first_answer: datetime | None = None
    talked_to: AgentNumber | None = None
    transferred_to: str = ""
    ticket: bool = False
    surveyed: bool = False
    message: bool = False
    promised: bool = False
    promise_over: bool = False
    ended: bool = False
    last_at: datetime | None = None

    @property
    def talked(self) -> bool:
        """There was a conversation that is over."""
        return self.talked_to is not None

    @property
    def step(self) -> str:
        """The package of the step the call had reached, see calls/ending.py."""
        if self.agent is not None:
            return "calls"
        if self.waits or self.to is not None:
            return "survey" if self.talked and not self.waits else "acd"
        return "ivr" if self.flows else "hours"

    def apply(self, fact: e.Fact) -> None:  # noqa: C901, PLR0912 (one case for each fact, each trivial)
        """Takes the call's next fact."""
        self.last_at = fact.at
        match fact:
            case e.CallArrived():
                self.arrival = Arrival(fact.hotline, fact.caller, fact.raw_caller, fact.caller_name, fact.trunk)
            case e.HoursChecked():
                self.open = fact.open
            case e.ServiceCodeTried():
                self.code_tries = fact.attempt
            case e.CallerIdentified():
                self.by, self.company = fact.by, fact.company
            case e.FlowStarted() | e.NodeEntered() | e.FlowLeft():
                self._in_flow(fact)
            case e.KeyPressed() if fact.counts:
                self.menu[fact.node] = fact.key
            case e.VariableSet():
                self.values[fact.name] = fact.value
                self.secret = self.secret or fact.secret
            case e.CallQueued() | e.CallOffered() | e.OfferMissed() | e.OfferWithdrawn():
                self._in_line(fact)
            case e.CallOverflowed():
                self.waits, self.overflow = False, (fact.to, fact.why)
            case e.CallAnswered() | e.CallReturned() | e.TalkEnded() | e.CallTransferred():
                self._in_talk(fact)
            case e.TicketOpened() | e.CallAttached():
                self.ticket = True
            case e.SurveyAnswered() | e.SurveySkipped():
                self.surveyed = True
            case e.VoiceMessageLeft():
                self.message = True
            case e.CallbackRequested():
                self.promised, self.talked_to = True, None
            case e.CallbackTried():
                self.waits = False
            case e.CallbackEnded():
                self.promise_over = True
            case e.CallEnded():
                self.ended, self.waits = True, False
            case _:
                pass

    def _in_flow(self, fact: e.FlowStarted | e.NodeEntered | e.FlowLeft) -> None:
        match fact:
            case e.FlowStarted():
                self.flows = [*self.flows, (fact.flow, fact.then)] if fact.then is not None else [(fact.flow, None)]
                self.node, self.to = "", None
            case e.NodeEntered():
                while len(self.flows) > 1 and self.flows[-1][0] != fact.flow:
                    self.flows.pop()
                self.node, self.to, self.overflow = fact.node, None, None
            case e.FlowLeft():
                self.to = fact.to

    def _in_line(self, fact: e.CallQueued | e.CallOffered | e.OfferMissed | e.OfferWithdrawn) -> None:
        match fact:
            case e.CallQueued():
                self.entered = self.entered if fact.recovered else fact.at
                self.queue, self.priority, self.since = fact.queue, fact.priority, fact.since or fact.at
                self.waits, self.overflow, self.offered, self.ended = True, None, [], False
            case e.CallOffered():
                self.offered.append(fact.agent)
            case e.OfferMissed() | e.OfferWithdrawn():
                self.offered = [agent for agent in self.offered if agent != fact.agent]

    def _in_talk(self, fact: e.CallAnswered | e.CallReturned | e.TalkEnded | e.CallTransferred) -> None:
        match fact:
            case e.CallAnswered():
                self.agent, self.answered_at, self.waits, self.offered = fact.agent, fact.at, False, []
                self.first_answer = self.first_answer or fact.at
                self.transferred_to = ""
            case e.CallReturned():
                self.agent, self.answered_at, self.waits = None, None, True
                if not self.talked:
                    self.first_answer = None
            case e.TalkEnded():
                self.agent, self.answered_at = None, None
                self.talked_to, self.transferred_to = fact.agent, fact.transferred_to
            case e.CallTransferred():
                self.transferred_to = fact.to


def standing_of(call: CallId, facts: Iterable[e.Fact]) -> Standing:
    """From the facts of a call, in their order."""
    standing = Standing(call)
    for fact in facts:
        standing.apply(fact)
    return standing
