"""The World of the contracts, with a FakePhone and AgentPhones in it."""

import asyncio
from pathlib import Path

from contactcenter.acd.inputs import Input, Offer, OfferAnswered, OfferFailed, OfferRinging, PhoneIs
from contactcenter.acd.ports import Shown
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.agents import AgentPhones, Waits
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.clock import LoopClock
from contactcenter.simulator.phone import FakePhone

AGENT = AgentNumber("1001")


class FakeWorld:
    """The World of the contracts on a FakePhone. told: what was said of phones; events: all in order."""

    agent, nobody = AGENT, AgentNumber("1999")
    parts = Path("caller.wav"), Path("agent.wav")

    def __init__(self, script: CallerScript | None = None) -> None:
        self.clock = LoopClock()
        self.told: list[PhoneIs] = []
        self.events: list[Input] = []
        self.words: list[OfferAnswered | OfferFailed] = []
        self.unread: asyncio.Queue[OfferAnswered | OfferFailed] = asyncio.Queue()
        self.rung = asyncio.Event()
        self.phones = AgentPhones(self._tell, usual=Waits())
        self.phones.lose(self.nobody)
        self.taped: list[float] = []
        self.phone = FakePhone(
            CallId("1.sim"), self.phones, self.clock, script, tape=lambda *part: self.taped.append(part[-1])
        )

    def _tell(self, event: Input) -> None:
        self.events.append(event)
        if isinstance(event, PhoneIs):
            self.told.append(event)
        elif isinstance(event, OfferRinging):
            self.rung.set()
        elif isinstance(event, OfferAnswered | OfferFailed):
            self.words.append(event)
            self.unread.put_nowait(event)

    def ring(self, agent: AgentNumber, seconds: float, attempt: int = 1) -> None:
        self.rung.clear()
        self.phones.ring(Offer(self.phone.call, QueueName("support"), agent, seconds, attempt, "test"), Shown())

    def stop(self, agent: AgentNumber, attempt: int = 1) -> None:
        self.phones.stop(self.phone.call, agent, attempt, "caller_gone")

    async def word(self) -> OfferAnswered | OfferFailed:
        return await self.unread.get()

    async def hears(self, what: str) -> None:
        await self.phone.until_heard(what)

    async def presses(self, keys: str) -> None:
        self.phone.presses(keys)

    async def caller_hangs_up(self) -> None:
        self.phone.hangs_up()

    async def agent_rings(self) -> None:
        await self.rung.wait()

    async def agent_answers(self) -> None:
        self.phones.answer(AGENT)

    async def agent_rejects(self) -> None:
        self.phones.reject(AGENT)

    async def agent_hangs_up(self) -> None:
        self.phones.hang_up(AGENT)

    async def agent_transfers(self, to: AgentNumber) -> None:
        self.phones.transfer(AGENT, to)
