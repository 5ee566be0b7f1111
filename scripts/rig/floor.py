"""A busy or a quiet floor of agents, for `scripts/bench acd`: everything that can happen to an engine, timed one by one."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import partial
from time import perf_counter_ns

from contactcenter.acd.inputs import (
    CallEnters,
    CallLeaves,
    Command,
    Configure,
    Connect,
    Input,
    LogIn,
    Offer,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    OpenTickets,
    Pause,
    PhoneIs,
    Resume,
    TalkOver,
    Withdraw,
)
from contactcenter.acd.settings import DistributionSettings, Member, QueueSettings
from contactcenter.agents.states import Activity
from contactcenter.events import AgentPaused
from contactcenter.ids import AgentNumber, CallId, QueueName
from rig.virtual import VirtualTime

QUEUES, QUEUES_EACH = 100, 3
SKILLS = ("english", "cantonese", "sql", "install", "tax", "payroll")
TALK_SECONDS, WRAP_UP_SECONDS, RING_SECONDS, ANSWER_SECONDS = 180.0, 10.0, 20.0, 3.0
BUSY_PART_WHEN_QUIET = 0.6
ODDS = {
    "no_answer": 0.04,
    "rejected": 0.02,
    "hangs_up": 0.3,
    "redials": 0.3,
    "pause": 0.05,
    "own_call": 0.05,
    "sticky": 0.3,
    "skilled": 0.3,
}
"""For each agent and skill: that they have it; for each offer: that it is missed; for each answered call: that another caller hangs up; for each talk: what comes of it."""


def queue_settings(rng: random.Random, agents: int, strategy: str, width: int) -> tuple[QueueSettings, ...]:
    """Each agent in three queues, at levels 1 to 3; every third queue relaxes its levels, every fifth holds for sticky agents."""
    members: list[list[Member]] = [[] for _ in range(QUEUES)]
    for index in range(agents):
        for where in rng.sample(range(QUEUES), QUEUES_EACH):
            members[where].append(Member(AgentNumber(str(10000 + index)), rng.choice((1, 1, 2, 3))))
    return tuple(
        QueueSettings(
            QueueName(f"q{where}"),
            strategy=strategy,
            members=tuple(some),
            broadcast_width=width,
            ring_seconds=RING_SECONDS,
            wrap_up_seconds=WRAP_UP_SECONDS,
            relax_seconds=30.0 if where % 3 == 0 else 0.0,
            sticky_wait_seconds=10.0 if where % 5 == 0 else 0.0,
            max_wait_seconds=86400.0,
        )
        for where, some in enumerate(members)
    )


class Floor(VirtualTime):
    """waiting: so many calls always wait, all agents are busy; 0: calls come so that more than a third of the agents are free.
    needs: so many per cent of the calls need a skill, every fourth of these two; 0: nobody has any.

    times: kind of input -> nanoseconds that the engine took, of each one since `times` was last cleared.
    """

    def __init__(
        self, agents: int, waiting: int, strategy: str, *, width: int = 3, needs: int = 0, seed: int = 1
    ) -> None:
        super().__init__()
        self._rng, self._calls = random.Random(seed), 0
        self._needs = needs / 100
        self._waiting: dict[CallId, str] = {}
        self.times: defaultdict[str, list[int]] = defaultdict(list)
        numbers = [AgentNumber(str(10000 + index)) for index in range(agents)]
        queues = queue_settings(self._rng, agents, strategy, width)
        self._members = {queue.name: [member.agent for member in queue.members] for queue in queues}
        self._names = [name for name, members in self._members.items() if members]
        site = DistributionSettings(load_window_seconds=30.0)  # so that work leaves the window while we measure
        skills = {number: self._some_skills() for number in numbers} if needs else {}
        self.tell(Configure(queues, tuple((number, number) for number in numbers), site, skills))
        for number in numbers:
            self.tell(LogIn(number))
            self.tell(PhoneIs(number, "free"))
        self._keeps_waiting = waiting
        self._between = (TALK_SECONDS + WRAP_UP_SECONDS + ANSWER_SECONDS) / (BUSY_PART_WHEN_QUIET * agents)
        for _ in range(agents + waiting if waiting else int(BUSY_PART_WHEN_QUIET * agents)):
            self._enters()
        if not waiting:
            self.later(0.0, self._arrival)

    @property
    def measured(self) -> int:
        return sum(map(len, self.times.values()))

    def handle(self, event: Input) -> list[Command]:
        began = perf_counter_ns()
        commands = self.engine.handle(event, self.now)
        self.times[type(event).__name__].append(perf_counter_ns() - began)
        return commands

    def react(self, command: Command) -> None:
        match command:
            case Offer():
                self.later(0.2, partial(self._rings, command))
            case Withdraw(call, agent, attempt):
                quiet = OfferFailed(call, agent, attempt, "no_answer")
                self.later(0.05, partial(self.tell, quiet))
            case Connect():
                self._answered(command)
            case AgentPaused(reason="missed_calls"):
                self.later(60.0, partial(self.tell, Resume(command.agent)))

    # ---- callers

    def _arrival(self) -> None:
        self._enters()
        self.later(self._rng.expovariate(1 / self._between), self._arrival)

    def _enters(self, caller: str = "") -> None:
        self._calls += 1
        call, name = CallId(f"c{self._calls}"), QueueName(self._rng.choice(self._names))
        sticky = (self._rng.choice(self._members[name]),) if self._rng.random() < ODDS["sticky"] else ()
        caller = caller or f"+86138{self._calls:08}"
        self._waiting[call] = caller
        needed = frozenset[str]()
        if self._needs and self._rng.random() < self._needs:
            needed = frozenset(self._rng.sample(SKILLS, self._rng.choice((1, 1, 1, 2))))
        self.tell(CallEnters(call, name, self._rng.choice((0, 0, 2, 5)), sticky, caller, skills=needed))

    def _some_skills(self) -> frozenset[str]:
        return frozenset(skill for skill in SKILLS if self._rng.random() < ODDS["skilled"])

    def _fill(self) -> None:
        while len(self._waiting) < self._keeps_waiting:
            self._enters()

    def _someone_hangs_up(self) -> None:
        call = self._rng.choice(list(self._waiting))
        caller = self._waiting.pop(call)
        self.tell(CallLeaves(call, hung_up=True))
        if self._rng.random() < ODDS["redials"]:
            self.later(10.0, partial(self._enters, caller))
        self._fill()

    # ---- agents

    def _rings(self, offer: Offer) -> None:
        if not self.engine.is_offered(offer):
            return
        self.tell(OfferRinging(offer.call, offer.agent, offer.attempt))
        chance = self._rng.random()
        if chance < ODDS["no_answer"]:
            self.later(
                RING_SECONDS, partial(self._fails, OfferFailed(offer.call, offer.agent, offer.attempt, "no_answer"))
            )
        elif chance < ODDS["no_answer"] + ODDS["rejected"]:
            self.later(1.0, partial(self._fails, OfferFailed(offer.call, offer.agent, offer.attempt, "rejected")))
        else:
            self.later(self._rng.expovariate(1 / ANSWER_SECONDS), partial(self._picks_up, offer))

    def _picks_up(self, offer: Offer) -> None:
        if self.engine.is_offered(offer):
            self.tell(OfferAnswered(offer.call, offer.agent, offer.attempt))

    def _fails(self, failed: OfferFailed) -> None:
        if self.engine.agents[failed.agent].call == failed.call:
            self.tell(failed)

    def _answered(self, connect: Connect) -> None:
        self._waiting.pop(connect.call, None)
        self.tell(PhoneIs(connect.agent, "busy"))
        self.later(self._rng.expovariate(1 / TALK_SECONDS), partial(self._talk_over, connect))
        self._fill()
        if self._waiting and self._rng.random() < ODDS["hangs_up"]:
            self._someone_hangs_up()

    def _talk_over(self, connect: Connect) -> None:
        agent = connect.agent
        self.tell(TalkOver(connect.call, agent))
        self.later(0.02, partial(self.tell, PhoneIs(agent, "free")))
        self.tell(OpenTickets(agent, self._rng.randrange(8)))
        chance = self._rng.random()
        if chance < ODDS["pause"]:
            self.tell(Pause(agent))
            self.later(60.0, partial(self.tell, Resume(agent)))
        elif chance < ODDS["pause"] + ODDS["own_call"]:
            self.later(WRAP_UP_SECONDS + 5, partial(self._own_call, agent))

    def _own_call(self, agent: AgentNumber) -> None:
        if self.engine.agents[agent].activity is Activity.IDLE:
            self.tell(PhoneIs(agent, "busy"))
            self.later(30.0, partial(self.tell, PhoneIs(agent, "free")))
