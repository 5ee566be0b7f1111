"""Poisson arrivals, exponential talks and patience on the real engine, for `scripts/bench erlang`; and errors by batch means."""

from __future__ import annotations

import heapq
import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from contactcenter.acd.inputs import (
    CallEnters,
    CallLeaves,
    Command,
    Configure,
    Connect,
    LogIn,
    Offer,
    OfferAnswered,
    PhoneIs,
    TalkOver,
)
from contactcenter.acd.settings import DistributionSettings, Member, QueueSettings
from contactcenter.ids import AgentNumber, CallId, QueueName
from rig.virtual import VirtualTime

T = TypeVar("T")
BATCHES = 10
T_QUANTILE = 2.262
"""Student's t, 9 degrees of freedom, 97.5 %: for a two-sided 95 % with ten batches."""


@dataclass(slots=True)
class Caller:
    """One call: seconds of virtual time. estimate, place: at entering; wait: until the answer or the hang-up; talk: drawn then."""

    queue: str
    priority: int
    entered: float
    patient: bool = False
    patience: float = math.inf
    talk: float = 0.0
    place: int = 0
    estimate: float | None = None
    wait: float = 0.0
    had_to_wait: bool = False
    answered: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """load: erlangs. patience_seconds: mean, math.inf for endless; patient_share: callers who never hang up, whatever that is.

    queues: name -> the part of calls; classes: priority -> the part of calls. members: queue -> agents, None: all in all.
    """

    load: float
    agents: int
    talk_seconds: float = 180.0
    patience_seconds: float = math.inf
    patient_share: float = 0.0
    queues: tuple[tuple[str, float], ...] = (("q", 1.0),)
    classes: tuple[tuple[int, float], ...] = ((0, 1.0),)
    members: Callable[[str, int], bool] | None = None
    ageing_seconds: float = 120.0
    estimates: bool = False


class Poisson(VirtualTime):
    """Runs the traffic; instant answers, no wrap-up. callers: all of them, in the order they came."""

    def __init__(self, traffic: Traffic, seed: int = 1) -> None:
        super().__init__()
        self._traffic, self._rng = traffic, random.Random(seed)
        self.callers: list[Caller] = []
        self._waiting: dict[CallId, Caller] = {}
        numbers = [AgentNumber(str(1000 + index)) for index in range(traffic.agents)]
        queues = tuple(
            QueueSettings(
                QueueName(name),
                strategy="longest_idle",
                members=tuple(
                    Member(n) for i, n in enumerate(numbers) if traffic.members is None or traffic.members(name, i)
                ),
                wrap_up_seconds=0.0,
                max_wait_seconds=0.0,
                redial_seconds=0.0,
            )
            for name, _ in traffic.queues
        )
        site = DistributionSettings(ageing_seconds=traffic.ageing_seconds)
        self.tell(Configure(queues, tuple((number, number) for number in numbers), site))
        for number in numbers:
            self.tell(LogIn(number))
            self.tell(PhoneIs(number, "free"))
        self._names, self._name_weights = zip(*traffic.queues, strict=True)
        self._priorities, self._priority_weights = zip(*traffic.classes, strict=True)
        self._arrival_rate = traffic.load / traffic.talk_seconds

    def run(self, calls: int, progress: Callable[[int], None]) -> list[Caller]:
        """Until so many calls have come and are gone from the line: all but the first tenth of them, which fills the queue."""
        self.later(0.0, partial(self._arrives, calls))
        told = 0
        while len(self.callers) < calls or self._waiting:
            self.step()
            if len(self.callers) >= told + 1000:
                progress(len(self.callers) - told)
                told = len(self.callers)
        progress(calls - told)
        return self.callers[calls // 10 :]

    def react(self, command: Command) -> None:
        if isinstance(command, Offer):
            self.tell(OfferAnswered(command.call, command.agent, command.attempt))
        elif isinstance(command, Connect):
            caller = self._waiting.pop(command.call)
            caller.answered, caller.wait = True, self.seconds - caller.entered
            caller.talk = self._rng.expovariate(1 / self._traffic.talk_seconds)
            self.later(caller.talk, partial(self.tell, TalkOver(command.call, command.agent)))

    def _arrives(self, calls: int) -> None:
        traffic, rng = self._traffic, self._rng
        call = CallId(str(len(self.callers)))
        queue, priority = (
            self._pick(self._names, self._name_weights),
            self._pick(self._priorities, self._priority_weights),
        )
        caller = Caller(queue, priority, self.seconds)
        self.callers.append(caller)
        self._waiting[call] = caller
        self.tell(CallEnters(call, QueueName(queue), priority))
        if not caller.answered:
            caller.had_to_wait = True
            if traffic.estimates:
                caller.place, caller.estimate = self.engine.position(call) or 0, self.engine.estimate(call)
            caller.patient = rng.random() < traffic.patient_share
            if not math.isinf(traffic.patience_seconds) and not caller.patient:
                caller.patience = rng.expovariate(1 / traffic.patience_seconds)
                self.later(caller.patience, partial(self._hangs_up, call))
        if len(self.callers) < calls:
            self.later(rng.expovariate(self._arrival_rate), partial(self._arrives, calls))

    def _pick(self, values: Sequence[T], weights: Sequence[float]) -> T:
        return values[0] if len(values) == 1 else self._rng.choices(values, weights)[0]

    def _hangs_up(self, call: CallId) -> None:
        if (caller := self._waiting.pop(call, None)) is not None:
            caller.gone, caller.wait = True, self.seconds - caller.entered
            self.tell(CallLeaves(call))


def furthest_from_recursion(callers: Sequence[Caller], agents: int) -> float:
    """The largest difference in seconds between a caller's wait and that of the same arrivals, talks and patience, first come,
    first served, by recursion: each caller gets the agent who is free first (J. Kiefer, J. Wolfowitz, "On the theory of queues
    with many servers", Transactions of the AMS 78 (1955), 1-18), or hangs up before. callers: all of them from the first on.
    """
    free_at, furthest = [0.0] * agents, 0.0
    for caller in callers:
        wait = max(0.0, free_at[0] - caller.entered)
        if wait < caller.patience:
            heapq.heapreplace(free_at, caller.entered + wait + caller.talk)
        furthest = max(furthest, abs(min(wait, caller.patience) - caller.wait))
    return furthest


def mean_with_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and half the width of its 95 % confidence interval by batch means.

    Neighbouring calls wait alike, so single calls are no sample; the means of ten long batches nearly are. See A. Law,
    "Simulation modeling and analysis", chapter 9. Batches that are too short for the load make the error too small.
    """
    size = len(values) // BATCHES
    means = [statistics.fmean(values[index * size : (index + 1) * size]) for index in range(BATCHES)]
    return statistics.fmean(values), T_QUANTILE * statistics.stdev(means) / math.sqrt(BATCHES)
