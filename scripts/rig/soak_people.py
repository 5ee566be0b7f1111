"""Who calls and who answers in a soak: callers who give up at each stage, rate or not; agents who answer, miss, refuse, hand over."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from rig import rtp
from rig.agent import SippAgentPool
from rig.crowd import Crowd
from rig.leg import CallEndedError, TransferRefusedError
from rig.peer_calls import shown_number
from rig.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rig.center import Center
    from rig.leg import Leg

CALLERS = {"arriving": 4, "welcome": 6, "menu": 8, "waiting": 10, "ringing": 8, "stays": 64}
"""When a caller gives up: so many in a hundred."""
PHONES = {"answers": 85, "rings on": 6, "busy": 5, "rejects": 4}
"""What a phone does when it is rung."""
ODDS = {"caller ends the talk": 0.4, "agent hands over": 0.1, "rates": 0.6, "hangs up at the survey": 0.2}
TALK = (1.0, 3.0)  # s
PATIENCE_SECONDS = 180.0
SOUND_TICKS = 15
RATING = "4"


class Agents(SippAgentPool):
    """Every phone for itself. rung, answered: who waits for what happens at the other end."""

    def __init__(self, center: Center, numbers: Sequence[str], rng: random.Random) -> None:
        super().__init__({number: center.password(number) for number in numbers}, LOOPBACK, center.sip_port)
        self._rng = rng
        self.did: Counter[str] = Counter()
        self.rung: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.answered: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.ended: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        """By an agent who hung up."""

    def _take(self, call: Leg) -> None:
        super()._take(call)
        self.rung[shown_number(call)].set()

    async def _live(self, call: Leg) -> None:
        caller, rng = shown_number(call), self._rng
        (what,) = rng.choices([*PHONES], [*PHONES.values()])
        self.did[what] += 1
        with contextlib.suppress(CallEndedError, TimeoutError):
            await call.wait_ringing()
            if what != "rings on":
                await asyncio.sleep(rng.uniform(0.1, 1.2))
            if what in {"busy", "rejects"}:
                await self.reject(call, 486 if what == "busy" else 603)
            elif what == "answers":
                await self.answer(call)
                await call.wait_answered()
                self.answered[caller].set()
                await self._talk(call, caller)
            await call.wait_ended(PATIENCE_SECONDS)

    async def _talk(self, call: Leg, caller: str) -> None:
        await asyncio.sleep(self._rng.uniform(*TALK))
        if self._rng.random() < ODDS["agent hands over"]:
            to = self._rng.choice([number for number in self.agents if number != call.number])
            self.answered[caller].clear()
            with contextlib.suppress(TransferRefusedError):
                await call.transfer(to)
                self.did["hands over"] += 1
                return
        await call.hang_up()
        self.ended[caller].set()


class Callers:
    """One life for each leg of the crowd. did: when they gave up, how many."""

    def __init__(self, center: Center, agents: Agents, rng: random.Random) -> None:
        self._agents, self._rng = agents, rng
        self.did: Counter[str] = Counter()
        self.gave_up: list[str] = []
        """Numbers of those whom nobody served in PATIENCE_SECONDS."""
        self._dead = asyncio.Event()
        self.crowd = Crowd(center, self.live)

    def line_is_dead(self) -> None:
        """Asterisk is gone: all who are up hear nothing more, and hang up."""
        self._dead.set()
        self._dead = asyncio.Event()

    async def live(self, leg: Leg) -> None:
        await first(self._go_through(leg), self._dead.wait())

    async def _go_through(self, leg: Leg) -> None:
        rng = self._rng
        (stage,) = rng.choices([*CALLERS], [*CALLERS.values()])
        self.did[stage] += 1
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if stage == "arriving":
                    await asyncio.sleep(rng.uniform(0, 0.3))
                    return
                await leg.wait_answered(PATIENCE_SECONDS)
                if stage in {"welcome", "menu"}:
                    await asyncio.sleep(rng.uniform(*((0.1, 0.6) if stage == "welcome" else (1.2, 3.0))))
                    return
                await self._ask_for_a_person(leg, stage)
        except TimeoutError:
            self.gave_up.append(leg.caller)

    async def _ask_for_a_person(self, leg: Leg, stage: str) -> None:
        rings = self._agents.rung[leg.caller]
        beside = [asyncio.create_task(self._press_until("0", leg, rings)), asyncio.create_task(self._speak(leg))]
        try:
            if stage == "waiting":
                await asyncio.sleep(self._rng.uniform(1.5, 6.0))
                return
            await first(rings.wait(), leg.wait_ended(PATIENCE_SECONDS))
            if stage == "ringing":
                await asyncio.sleep(self._rng.uniform(0.0, 0.6))
                return
            await self._talk(leg)
        finally:
            for task in beside:
                task.cancel()

    async def _talk(self, leg: Leg) -> None:
        agents, caller = self._agents, leg.caller
        await first(agents.answered[caller].wait(), leg.wait_ended(PATIENCE_SECONDS))
        if self._rng.random() < ODDS["caller ends the talk"]:
            await asyncio.sleep(self._rng.uniform(*TALK))
            return
        await first(agents.ended[caller].wait(), leg.wait_ended(PATIENCE_SECONDS))
        await asyncio.sleep(0.8)
        if self._rng.random() < ODDS["hangs up at the survey"]:
            return
        if self._rng.random() < ODDS["rates"]:
            await self._press_until(RATING, leg, asyncio.Event())
        await leg.wait_ended(PATIENCE_SECONDS)

    async def _press_until(self, key: str, leg: Leg, done: asyncio.Event) -> None:
        while not (done.is_set() or leg.over or leg.ending):
            await self.crowd.press(leg, key)
            await asyncio.sleep(0.8)

    async def _speak(self, leg: Leg) -> None:
        """A moment of sound once an agent is there, so that there is something to record."""
        await self._agents.answered[leg.caller].wait()
        for tick in range(SOUND_TICKS):
            self.crowd.say(leg, bytes([0x20, 0xA0] * (rtp.TICK_SAMPLES // 2)), tick)
            await asyncio.sleep(rtp.TICK)


async def first(*waits: object) -> None:
    """Until the first is over; what it raises is raised."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]  # type: ignore[arg-type]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
