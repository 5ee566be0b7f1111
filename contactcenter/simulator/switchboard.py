"""Lines that do not come in by a call to the hotline: customers called back, callers handed over."""

import asyncio
from collections.abc import Callable, Iterable

from contactcenter.ids import AgentNumber, CallId
from contactcenter.outbound import OutboundCalls
from contactcenter.simulator.agents import Answers, Behaviour
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.phone import FakePhone


class FakeSwitchboard:
    """The Switchboard port. `new_line` makes a caller's line. Customers who are called answer after two seconds, unless scripted."""

    def __init__(self, new_line: Callable[[CallerScript | None], FakePhone], outbound: OutboundCalls) -> None:
        self._new_line, self._outbound = new_line, outbound
        self._lines: dict[CallId, FakePhone] = {}
        self._scripts: dict[str, list[tuple[Behaviour, CallerScript | None]]] = {}
        self.called: list[str] = []
        """Numbers, in order."""
        self.answered: list[FakePhone] = []
        """The lines of customers who answered, in order."""

    def script(self, number: str, behaviours: Iterable[Behaviour], caller: CallerScript | None = None) -> None:
        """What a customer's phone does each time it is called, and the customer, once answered."""
        self._scripts.setdefault(number, []).extend((behaviour, caller) for behaviour in behaviours)

    def has(self, line: FakePhone) -> None:
        """A line that may be handed over."""
        self._lines[line.call] = line

    async def call(
        self,
        call: CallId,  # noqa: ARG002 (no display here)
        number: str,
        hotline: str,  # noqa: ARG002
        seconds: float,
        agent: AgentNumber,
    ) -> FakePhone | None:
        self._outbound.begin(number, agent=agent, called_back=True)()
        self.called.append(number)
        script = self._scripts.get(number)
        behaviour, caller = script.pop(0) if script else (Answers(), None)
        if not isinstance(behaviour, Answers) or behaviour.after > seconds:
            await asyncio.sleep(seconds)
            return None
        await asyncio.sleep(behaviour.after)
        line = self._new_line(caller)
        self.has(line)
        self.answered.append(line)
        return line

    async def transferred(self, call: CallId, seconds: float) -> FakePhone | None:  # noqa: ARG002 (it is there at once)
        await asyncio.sleep(0)
        line = self._lines[call]
        if line.ended_by == "caller":
            return None
        self._lines[call] = line.handed_over()
        return self._lines[call]
