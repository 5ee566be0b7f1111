"""Facts as lines of Asterisk's queue_log, for QueueMetrics, Asternic and whatever else reads that file.

    epoch|call|queue|agent|EVENT|data1|data2|...

Format, fields, units and rounding are those of Asterisk 22: ast_queue_log in main/logger.c (NONE for what does not apply,
a "|" after the event also without data) and its calls in apps/app_queue.c; see also docs.asterisk.org, "Queue Logs".
Seconds are differences of clock readings in whole seconds; only ring times of RINGNOANSWER and RINGCANCELED are
milliseconds. Checked against the reader of Asternic Call Center Stats Lite (parselog/misc.php).

- An agent is `PJSIP/NUMBER`: app_queue writes the member's name, which is its interface where no other was given; and an
  interface, unlike a person's name, is unique and stays.
- An agent is a member of their queues while logged in (ADDMEMBER, REMOVEMEMBER), as with app_queue's dynamic members.
- A call that a queue does not take in (full, closed, nobody there) leaves no line. So it is in app_queue.
- Waits and positions are counted anew in each queue, as each Queue() does; a redial's older place shows in its position.
- A promise to call back takes its place in the line unseen: nobody waits. Its ENTERQUEUE comes when the customer is on
  the line and it is decided who talks, under the id of the call that the promise was made in.
- The agent's channel (data2 of CONNECT) is empty: no fact knows it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contactcenter import events as e
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.printable import UNSEEN

TRANSFER_CONTEXT = "transfer"
"""Where the dialplan takes callers whom an agent hands over."""
CALLBACK_KEY = "1"
"""What a waiting caller presses to be called back."""
BREAKING = re.compile(rf"\||{UNSEEN.pattern}")
"""What would end a field or a line for some reader, or can't be written as UTF-8."""
EXITS: dict[e.OverflowReason, str] = {"no_agents": "EXITEMPTY", "key": "EXITWITHKEY"}
"""All others are EXITWITHTIMEOUT, the event that every reader counts as unanswered."""


@dataclass(slots=True)
class _Wait:
    """began: when the call came into this queue, at position began_at. seen: its ENTERQUEUE is written."""

    queue: QueueName
    began: datetime
    began_at: int
    seen: bool


@dataclass(slots=True)
class _Talk:
    """wait: the one it ended; left_at: the call's position then."""

    wait: _Wait
    left_at: int
    agent: AgentNumber
    began: datetime


@dataclass(slots=True)
class _Call:
    """promised: the caller is to be called back and is not there. ringing: since when it is offered to whom."""

    number: str
    promised: bool = False
    wait: _Wait | None = None
    talk: _Talk | None = None
    ringing: dict[AgentNumber, datetime] = field(default_factory=dict)


class QueueLog:
    """Takes all facts in their order. Remembers each call until it ends, and who is a member of what.

    queues_of: the queues that an agent is in now. promised_number: the number that an open promise of this call is to be
    kept at, "" if there is none.
    """

    def __init__(
        self, queues_of: Callable[[AgentNumber], tuple[QueueName, ...]], promised_number: Callable[[CallId], str]
    ) -> None:
        self._queues_of, self._promised_number = queues_of, promised_number
        self._calls: dict[CallId, _Call] = {}
        self._line_of: dict[QueueName, list[CallId]] = {}
        self._member_of: dict[AgentNumber, tuple[QueueName, ...]] = {}

    def start(self, at: datetime, logged_in: Iterable[tuple[AgentNumber, bool]]) -> list[str]:
        """The first lines of a run. logged_in: agents who were when the run began, and whether they are paused."""
        lines = [_line(at, "", "", "", "QUEUESTART")]
        for agent, paused in logged_in:
            self._member_of[agent] = ()
            lines += self._membership(at, agent, "PAUSED" if paused else "")
        return lines

    def lines(self, fact: e.Fact) -> list[str]:  # noqa: C901, PLR0911 (one answer for each fact)
        """What this fact adds to the file, without ends of lines."""
        match fact:
            case e.CallArrived():
                self._forget(fact.call)
                self._calls[fact.call] = _Call(fact.caller)
            case e.CallQueued():
                return self._queued(fact)
            case e.CallOffered() | e.OfferMissed() | e.OfferWithdrawn():
                return self._offer(fact)
            case e.CallAnswered():
                return self._answered(fact)
            case e.CallReturned():
                return self._returned(fact)
            case e.CallOverflowed() | e.CallAbandoned():
                return self._left(fact)
            case e.CallbackRequested():
                return self._callback_requested(fact)
            case e.TalkEnded():
                return self._talk_ended(fact)
            case e.CallEnded() | e.CallbackTried() | e.CallbackEnded():
                return self._ended(fact)
            case e.AgentFact():
                return self._agent(fact)
        return []

    # ---- calls

    def _queued(self, fact: e.CallQueued) -> list[str]:
        """A call that is not known (any more) is a promise to call back, too."""
        call = self._calls.get(fact.call)
        if call is None:
            call = self._calls[fact.call] = _Call(self._promised_number(fact.call), promised=True)
        self._leave(fact.call, call)
        call.wait = _Wait(fact.queue, fact.at, fact.position, seen=not call.promised)
        self._line_of.setdefault(fact.queue, []).insert(fact.position - 1, fact.call)
        shown = call.wait.seen and not fact.recovered
        return [self._enterqueue(fact.at, fact.call, call.number, call.wait)] if shown else []

    def _enterqueue(self, at: datetime, call: CallId, number: str, wait: _Wait) -> str:
        return _line(at, call, wait.queue, "", "ENTERQUEUE", "", number, wait.began_at)

    def _seen_late(self, at: datetime, id_: CallId, call: _Call, wait: _Wait) -> list[str]:
        """The ENTERQUEUE of a promise, at last: the customer is there."""
        call.promised = False
        if wait.seen:
            return []
        wait.began, wait.began_at, wait.seen = at, self._position(id_, wait), True
        return [self._enterqueue(at, id_, call.number, wait)]

    def _offer(self, fact: e.CallOffered | e.OfferMissed | e.OfferWithdrawn) -> list[str]:
        """Who lost a broadcast is not mentioned: the wait is over then. Nor is who stood by for a callback that failed."""
        call = self._calls.get(fact.call)
        if call is None:
            return []
        match fact:
            case e.CallOffered():
                call.ringing[fact.agent] = fact.at
                return self._membership(fact.at, fact.agent) if fact.agent in self._member_of else []
            case e.OfferMissed():
                call.ringing.pop(fact.agent, None)
                rang = int(fact.ring_seconds * 1000)
                return [_line(fact.at, fact.call, fact.queue, fact.agent, "RINGNOANSWER", rang)]
            case e.OfferWithdrawn():
                began = call.ringing.pop(fact.agent, None)
                seen = call.wait is not None and call.wait.seen
                if began is None or not seen:
                    return []
                rang = (fact.at - began) // timedelta(milliseconds=1)
                return [_line(fact.at, fact.call, fact.queue, fact.agent, "RINGCANCELED", rang)]

    def _answered(self, fact: e.CallAnswered) -> list[str]:
        """A number outside that answered instead of a queue is none of the queue's."""
        call = self._calls.get(fact.call)
        if call is None or call.wait is None:
            return []
        wait = call.wait
        lines = self._seen_late(fact.at, fact.call, call, wait)
        call.ringing.pop(fact.agent, None)
        call.talk = _Talk(wait, self._leave(fact.call, call), fact.agent, fact.at)
        hold, rang = _seconds(wait.began, fact.at), int(fact.ring_seconds)
        return [*lines, _line(fact.at, fact.call, wait.queue, fact.agent, "CONNECT", hold, "", rang)]

    def _returned(self, fact: e.CallReturned) -> list[str]:
        call = self._calls.get(fact.call)
        if call is None or call.talk is None:
            return []
        talk, call.talk = call.talk, None
        call.wait = talk.wait
        self._line_of.setdefault(talk.wait.queue, []).insert(talk.left_at - 1, fact.call)
        return [_line(fact.at, fact.call, fact.queue, fact.agent, "AGENTDUMP")]

    def _left(self, fact: e.CallOverflowed | e.CallAbandoned) -> list[str]:
        call = self._calls.get(fact.call)
        if call is None or call.wait is None:
            return []
        if isinstance(fact, e.CallOverflowed):
            return self._exit(fact.at, fact.call, call, EXITS.get(fact.why, "EXITWITHTIMEOUT"))
        late = self._seen_late(fact.at, fact.call, call, call.wait)
        return [*late, *self._exit(fact.at, fact.call, call, "ABANDON")]

    def _callback_requested(self, fact: e.CallbackRequested) -> list[str]:
        """By the key, or after an overflow. The place may be taken up again before the first call has ended."""
        call = self._calls.get(fact.call)
        if call is None:
            return []
        call.promised = True
        return self._exit(fact.at, fact.call, call, "EXITWITHKEY")

    def _talk_ended(self, fact: e.TalkEnded) -> list[str]:
        """Who hung up for neither side hung up for the agent's."""
        call = self._calls.get(fact.call)
        if call is None or call.talk is None:
            return []
        talk, call.talk = call.talk, None
        over = talk.began + timedelta(seconds=fact.talk_seconds)
        times = (_seconds(talk.wait.began, talk.began), _seconds(talk.began, over), talk.wait.began_at)
        where = (fact.at, fact.call, talk.wait.queue, talk.agent)
        if fact.transferred_to:
            return [_line(*where, "BLINDTRANSFER", fact.transferred_to, TRANSFER_CONTEXT, *times)]
        return [_line(*where, "COMPLETECALLER" if fact.by == "caller" else "COMPLETEAGENT", *times)]

    def _ended(self, fact: e.CallEnded | e.CallbackTried | e.CallbackEnded) -> list[str]:
        """Whoever still waits left the queue in a way that no other fact told: a caller whom an agent had handed over hung
        up, or we made a mistake.
        """
        call = self._calls.get(fact.call)
        if call is None:
            return []
        lines: list[str] = []
        if isinstance(fact, e.CallEnded):
            if fact.outcome == "callback" and call.wait is not None:
                return []
            gone = fact.outcome in {"answered", "abandoned"}
            lines = self._exit(fact.at, fact.call, call, "ABANDON" if gone else "EXITWITHTIMEOUT")
        self._forget(fact.call)
        return lines

    def _exit(self, at: datetime, id_: CallId, call: _Call, event: str) -> list[str]:
        """The call leaves its queue without an agent."""
        wait, position = call.wait, self._leave(id_, call)
        if wait is None or not wait.seen:
            return []
        key = (CALLBACK_KEY,) if event == "EXITWITHKEY" else ()
        return [_line(at, id_, wait.queue, "", event, *key, position, wait.began_at, _seconds(wait.began, at))]

    def _position(self, id_: CallId, wait: _Wait) -> int:
        return self._line_of[wait.queue].index(id_) + 1

    def _leave(self, id_: CallId, call: _Call) -> int:
        """Takes the call out of its line: the position that it had."""
        if call.wait is None:
            return 0
        position, line = self._position(id_, call.wait), self._line_of[call.wait.queue]
        del line[position - 1]
        if not line:
            del self._line_of[call.wait.queue]
        call.wait = None
        return position

    def _forget(self, id_: CallId) -> None:
        if (call := self._calls.pop(id_, None)) is not None:
            self._leave(id_, call)

    # ---- agents

    def _agent(self, fact: e.AgentFact) -> list[str]:
        """A pause is one of all the agent's queues. Wrap-ups are unknown to Asterisk."""
        at, agent = fact.at, fact.agent
        match fact:
            case e.AgentLoggedIn():
                self._member_of[agent] = ()
            case e.AgentLoggedOut():
                queues = self._member_of.pop(agent, None) or self._queues_of(agent)
                return [_line(at, "MANAGER", queue, agent, "REMOVEMEMBER") for queue in queues]
            case _:
                pass
        changed = self._membership(at, agent) if agent in self._member_of else []
        match fact:
            case e.AgentPaused():
                return [*changed, *self._in_all(at, agent, "PAUSE", fact.reason)]
            case e.AgentResumed():
                return [*changed, *self._in_all(at, agent, "UNPAUSE", "")]
            case _:
                return changed

    def _membership(self, at: datetime, agent: AgentNumber, data: str = "") -> list[str]:
        """What changed since the agent's last line: queues they are in now, queues they are in no more."""
        before, now = self._member_of[agent], self._queues_of(agent)
        self._member_of[agent] = now
        left = [_line(at, "MANAGER", queue, agent, "REMOVEMEMBER") for queue in before if queue not in now]
        return left + [_line(at, "MANAGER", queue, agent, "ADDMEMBER", data) for queue in now if queue not in before]

    def _in_all(self, at: datetime, agent: AgentNumber, event: str, reason: str) -> list[str]:
        queues = self._queues_of(agent)
        everywhere = [_line(at, "", "", agent, f"{event}ALL", reason)] if queues else []
        return everywhere + [_line(at, "", queue, agent, event, reason) for queue in queues]


def _line(at: datetime, call: str, queue: str, agent: str, event: str, *data: str | int) -> str:
    """No field can break the line. app_queue, too, writes "_" for a "|" in a caller's name."""
    head = (int(at.timestamp()), call or "NONE", queue or "NONE", f"PJSIP/{agent}" if agent else "NONE", event)
    return "|".join(BREAKING.sub("_", str(part)) for part in (*head, *(data or ("",))))


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, int(end.timestamp()) - int(start.timestamp()))
