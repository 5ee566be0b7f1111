"""One measured run of `scripts/bench peer`: callers and agents whose calls are matched by the number the phone shows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rig.agent import SippAgentPool
from rig.bench_common import Cpu, cpu, idle_seconds
from rig.leg import CallEndedError
from rig.load import CallResult, load_callers
from rig.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rig.center import Center
    from rig.leg import Leg

ANSWER_AFTER = 0.1  # s an agent's phone rings
TALK = (1.0, 3.0)  # s, uniform
NOTICES_AFTER = 0.5  # s until a caller who heard the agent hang up does so as well
TONE = 600  # Hz
SETTLE_SECONDS = 2.0  # until the last facts are written, the last recordings joined
GIVE_UP_SECONDS = 90.0  # from the INVITE; then the call counts as failed


def shown_number(leg: Leg) -> str:
    """The caller's number in From, without the country code that one side may add."""
    user = (leg.invite.header("From") or "").partition("sip:")[2].partition("@")[0]
    return user.removeprefix("+86")


class Phones(SippAgentPool):
    """Agents' phones that tell which caller rang where, was answered, and was left by the agent."""

    def __init__(self, center: Center, numbers: Sequence[str], *, hang_up: bool) -> None:
        """`hang_up`: the agent ends the call after a talk, else the caller does."""
        super().__init__(
            {number: center.password(number) for number in numbers},
            LOOPBACK,
            center.sip_port,
            answer_after=ANSWER_AFTER,
            hang_up_after=TALK if hang_up else None,
        )
        self.first_ring: dict[str, float] = {}
        self._answered: dict[str, asyncio.Event] = {}
        self._ended: dict[str, asyncio.Event] = {}

    def _take(self, call: Leg) -> None:
        super()._take(call)
        self.first_ring.setdefault(shown_number(call), call.invited_at)
        self._keep(self._watch(call))

    async def _watch(self, call: Leg) -> None:
        number = shown_number(call)
        with contextlib.suppress(CallEndedError, TimeoutError):  # it rang without an answer
            await call.wait_answered(GIVE_UP_SECONDS)
            self.answered(number).set()
            await call.wait_ended(GIVE_UP_SECONDS)
            self.ended(number).set()

    def answered(self, caller: str) -> asyncio.Event:
        return self._answered.setdefault(caller, asyncio.Event())

    def ended(self, caller: str) -> asyncio.Event:
        return self._ended.setdefault(caller, asyncio.Event())

    @property
    def talked(self) -> int:
        """Callers an agent has answered."""
        return sum(event.is_set() for event in self._answered.values())


@dataclass(frozen=True)
class Run:
    """What came of `calls` calls. cpu: seconds beyond those of an idle site, from the first call until all is written.

    busy: how much of all cores was used while calls came in, 0 to 1, with SIPp, the rig and whatever else runs there.
    """

    calls: int
    results: list[CallResult]
    phones: Phones
    cpu: Cpu
    busy: float

    @property
    def failed(self) -> int:
        """Calls that no agent answered, that broke, or that were never placed."""
        return self.calls - sum(self._went_well(result) for result in self.results)

    def _went_well(self, result: CallResult) -> bool:
        return (
            self.phones.answered(result.number).is_set()
            and not result.gave_up
            and result.how in {"own_bye", "remote_bye"}
        )


@dataclass(frozen=True)
class Load:
    """A number of calls, from the callers' numbers in order. `agents_end`: who says BYE. waves: (calls, a second)."""

    hotline: str
    callers: Sequence[str]
    waves: Sequence[tuple[int, float]]
    agents_end: bool
    sound: bool = False

    @property
    def calls(self) -> int:
        return sum(calls for calls, _ in self.waves)


async def run_load(center: Center, phones: Phones, load: Load, idle: Cpu) -> Run:
    """Places the calls, and returns when all are over and the site is idle again."""
    processes = (await center.read("status"))["processes"]
    before, started = cpu(processes), time.monotonic()
    rest = list(load.callers)
    waves = []
    async with asyncio.TaskGroup() as placing:
        watching = placing.create_task(_busy(max(calls / rate for calls, rate in load.waves)))
        for calls, rate in load.waves:
            numbers, rest = rest[:calls], rest[calls:]
            waves.append(placing.create_task(_wave(center, phones, load, numbers, rate)))
    results = [result for wave in waves for result in wave.result()]
    await asyncio.sleep(SETTLE_SECONDS)
    used = cpu(processes) - before - idle * (time.monotonic() - started)
    if left := await center.leftovers():  # asked when all is measured: to answer costs the controller something
        raise RuntimeError(f"calls to {load.hotline} have left behind: {left[:5]}")
    return Run(load.calls, results, phones, used, watching.result())


async def _busy(seconds: float) -> float:
    before = idle_seconds()
    await asyncio.sleep(seconds)
    return 1 - (idle_seconds() - before) / (seconds * (os.cpu_count() or 1))


async def _wave(center: Center, phones: Phones, load: Load, numbers: list[str], rate: float) -> list[CallResult]:
    async def caller(leg: Leg) -> None:
        number = shown_number(leg)
        if leg.media is not None:
            leg.media.start_tone(TONE)
        if load.agents_end:
            await phones.ended(number).wait()
            await asyncio.sleep(NOTICES_AFTER)
        else:
            await phones.answered(number).wait()
            await asyncio.sleep(random.uniform(*TALK))
        await leg.hang_up()

    return await load_callers(
        LOOPBACK, center.sip_port, "trunk", center.trunk_password,
        hotline=load.hotline, numbers=numbers, calls=len(numbers), rate=rate,
        give_up_after=GIVE_UP_SECONDS, media=load.sound, script=caller,
    )  # fmt: skip


def handovers(run: Run, least_waiting: int) -> list[float]:
    """Seconds from an agent's BYE to the next INVITE at that phone, for those with enough callers waiting meanwhile."""
    arrivals = {result.number: result.invited_at for result in run.results}
    found = []
    for number in run.phones.agents:
        legs = sorted(run.phones.calls_of(number), key=lambda leg: leg.invited_at)
        for one, following in pairwise(legs):
            if one.ending is None or one.ending.how != "own_bye":
                continue
            at = one.ending.at
            waiting = sum(
                arrived < at < run.phones.first_ring.get(caller, float("inf")) for caller, arrived in arrivals.items()
            )
            if waiting >= least_waiting:
                found.append(following.invited_at - at)
    return found


def arrivals_to_rings(run: Run) -> list[float]:
    """Seconds from a caller's first INVITE to the first INVITE at an agent's phone."""
    ring = run.phones.first_ring
    return [ring[result.number] - result.invited_at for result in run.results if result.number in ring]
