"""Agents' phones without SIP, all together: they are rung by distribution, and do what a script or a test says."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from contactcenter.acd.inputs import Input, Offer, OfferRinging, PhoneIs
from contactcenter.acd.ports import Shown
from contactcenter.events import MissReason, WithdrawReason
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.outbound import OutboundCalls
from contactcenter.simulator.line import SETUP_SECONDS, Answers, Behaviour, Line, Misses, Tell, Waits

__all__ = ["SETUP_SECONDS", "AgentPhones", "Answers", "Behaviour", "Line", "Misses", "Waits"]

OnRinging = Callable[[AgentNumber, bool], None]
"""Is told that a phone rings for a call, or (False) that it rings no more."""


class AgentPhones:
    """All phones but the callers': the AgentLines port, and the numbers outside.

    `tell` hears what becomes of offers, and when a phone becomes busy, free or unreachable, as Asterisk would say it. Each
    ring takes the next behaviour of the agent's script; after its end `usual` is what every agent does.
    """

    def __init__(
        self, tell: Tell, scripts: Mapping[str, Iterable[Behaviour]] | None = None, usual: Behaviour | None = None
    ) -> None:
        self._tell = tell
        self._scripts = {agent: deque(behaviours) for agent, behaviours in (scripts or {}).items()}
        self._usual = usual or Answers()
        self._unreachable: set[AgentNumber] = set()
        self._lines: dict[tuple[CallId, AgentNumber, int], Line] = {}
        self._watchers: dict[CallId, OnRinging] = {}
        self.outbound: OutboundCalls | None = None
        """The rule for calls outside, None for none. How many there are at once is not counted here."""
        self.in_use: dict[AgentNumber, Line] = {}
        self.rung: list[AgentNumber] = []
        """Who was rung, in order."""

    # ---- the port

    def ring(self, offer: Offer, shown: Shown) -> None:
        line = Line(self, offer, self._next_behaviour(offer.agent), self._tell, shown.callback)
        self._lines[offer.call, offer.agent, offer.attempt] = line
        line.start()

    def stop(self, call: CallId, agent: AgentNumber, attempt: int, why: WithdrawReason) -> None:  # noqa: ARG002
        if (line := self._lines.get((call, agent, attempt))) is not None:
            line.stop()

    # ---- what a caller's line needs

    def watch(self, call: CallId, on_ringing: OnRinging) -> None:
        """on_ringing is told which phones ring for the call."""
        self._watchers[call] = on_ringing

    def unwatch(self, call: CallId) -> None:
        """Safe to repeat."""
        self._watchers.pop(call, None)

    def line(self, call: CallId, agent: AgentNumber, attempt: int) -> Line | None:
        return self._lines.get((call, agent, attempt))

    def dial(self, call: CallId, number: str, seconds: float) -> "tuple[Line, asyncio.Future[Input]]":
        """Starts to ring a number outside, which behaves as scripted: its line, and OfferAnswered or OfferFailed.

        Raises OutboundRefused.
        """
        if self.outbound is not None:
            self.outbound.begin(number)()
        outcome: asyncio.Future[Input] = asyncio.get_running_loop().create_future()

        def tell(event: Input) -> None:
            if not isinstance(event, OfferRinging) and not outcome.done():
                outcome.set_result(event)

        offer = Offer(call, QueueName(""), AgentNumber(number), seconds, 0, "dialed")
        line = Line(self, offer, self._next_behaviour(offer.agent), tell)
        line.start()
        return line, outcome

    # ---- what agents do

    def script(self, agent: str, *behaviours: Behaviour) -> None:
        """Adds to what an agent does next."""
        self._scripts.setdefault(agent, deque()).extend(behaviours)

    def answer(self, *agents: str) -> None:
        """Several answer in the same instant, in this order."""
        for line in [self.in_use[AgentNumber(agent)] for agent in agents]:
            line.answer()

    def reject(self, agent: str) -> None:
        self.in_use[AgentNumber(agent)].reject()

    def hang_up(self, agent: str) -> None:
        self.in_use[AgentNumber(agent)].hang_up()

    def transfer(self, agent: str, to: str) -> None:
        """The agent hands the caller over."""
        line = self.in_use[AgentNumber(agent)]
        line.transferred_to = to
        line.hang_up()

    def lose(self, agent: str) -> None:
        """The phone drops off the network. A ring under way goes on to nobody until it is stopped or its time is over."""
        self._unreachable.add(AgentNumber(agent))
        if (line := self.in_use.get(AgentNumber(agent))) is not None:
            line.lose()
        self._tell(PhoneIs(AgentNumber(agent), "unreachable"))

    def come_back(self, agent: str) -> None:
        self._unreachable.discard(AgentNumber(agent))
        self._tell(PhoneIs(AgentNumber(agent), "busy" if agent in self.in_use else "free"))

    # ---- for Line, see Phones

    def refusal(self, agent: AgentNumber) -> MissReason | None:
        if agent in self._unreachable:
            return "unreachable"
        return "busy" if agent in self.in_use else None

    def rings(self, line: Line) -> None:
        agent = line.offer.agent
        self.in_use[agent] = line
        self.rung.append(agent)
        self._tell(PhoneIs(agent, "busy"))
        self._tell_watcher(line, True)

    def is_quiet(self, line: Line) -> None:
        self._tell_watcher(line, False)

    def forget(self, line: Line) -> bool:
        agent = line.offer.agent
        if self._lines.get(key := (line.offer.call, agent, line.offer.attempt)) is line:
            del self._lines[key]
        if self.in_use.get(agent) is not line:
            return False
        del self.in_use[agent]
        return True

    def is_free(self, agent: AgentNumber) -> None:
        if agent not in self._unreachable:
            self._tell(PhoneIs(agent, "free"))

    def _tell_watcher(self, line: Line, ringing: bool) -> None:
        if (watcher := self._watchers.get(line.offer.call)) is not None:
            watcher(line.offer.agent, ringing)

    def _next_behaviour(self, agent: AgentNumber) -> Behaviour:
        """A phone that can't ring keeps its script for the next time."""
        if (refusal := self.refusal(agent)) is not None:
            return Misses(refusal)
        script = self._scripts.get(agent)
        return script.popleft() if script else self._usual
