"""A whole center in memory: the sample data, the shipped dialplans, agents' phones, and callers who dial in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from contactcenter.acd.callback import Callbacks, Promise
from contactcenter.acd.driver import Distributor, Place
from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import OpenTickets, PhoneIs, Restore
from contactcenter.bus import Bus
from contactcenter.calls.arrival import Arrival
from contactcenter.center import Center
from contactcenter.config import Settings
from contactcenter.configuration.models import Configuration
from contactcenter.configuration.plain import read_rows
from contactcenter.dialplan import check_configuration, prompts_in
from contactcenter.events import CallbackOutcome, Fact, TicketOpened
from contactcenter.ids import CallId, QueueName
from contactcenter.journey import Journey
from contactcenter.outbound import OutboundCalls
from contactcenter.phone import Phone
from contactcenter.recall import Recall
from contactcenter.recording.recorder import Recorder
from contactcenter.resources import resource
from contactcenter.sample import HOTLINE, Rows, sample_rows
from contactcenter.simulator.agents import AgentPhones
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.clock import MONDAY_MORNING, LoopClock
from contactcenter.simulator.configuration import MemoryBook
from contactcenter.simulator.lookup import FakeLookup
from contactcenter.simulator.phone import PROMPT_SECONDS, FakePhone
from contactcenter.simulator.recorder import SilentRecorder, write_silence
from contactcenter.simulator.store import MemoryStore
from contactcenter.simulator.switchboard import FakeSwitchboard


@dataclass(slots=True)
class SimulatedCenter:
    """center: what journeys are handed. phones: the agents'. store: what would be in the database."""

    center: Center
    store: MemoryStore
    phones: AgentPhones
    switchboard: FakeSwitchboard
    prompt_seconds: float = PROMPT_SECONDS
    calls: int = 0

    @property
    def facts(self) -> list[Fact]:
        return self.store.facts

    def line(self, script: CallerScript | None = None) -> FakePhone:
        """A new caller's line."""
        self.calls += 1
        recorder = self.center.recorder
        tape = recorder.keep if isinstance(recorder, SilentRecorder) else write_silence
        call = CallId(f"{self.calls}.sim")
        return FakePhone(call, self.phones, self.center.clock, script, tape=tape, prompt_seconds=self.prompt_seconds)

    async def call(
        self,
        caller: str,
        script: CallerScript | None = None,
        hotline: str = HOTLINE,
        phone: FakePhone | None = None,
    ) -> FakePhone:
        """One call from INVITE to its end. caller: E.164 or ""; phone: a line made before, to act on while the call lasts."""
        phone = phone or self.line(script)
        self.switchboard.has(phone)
        self.center.live_calls.add(phone.call)
        try:
            await Journey(phone, Arrival(hotline, caller, caller), self.center).run()
        finally:
            self.center.live_calls.discard(phone.call)
            phone.let_go()
        return phone

    async def serve_callback(self, promise: Promise, phone: Phone, place: Place) -> CallbackOutcome:
        """A customer who answered, as in app.py."""
        return await Recall(phone, promise, self.center).talk_to(place)

    def count_tickets(self, fact: Fact) -> None:
        """Tells distribution of tickets opened, as app.py does."""
        agents = self.center.distributor.engine.agents
        if isinstance(fact, TicketOpened) and (agent := agents.get(fact.assignee)) is not None:
            self.center.distributor.tell(OpenTickets(fact.assignee, agent.open_tickets + 1))

    def configure(self, **queues: Mapping[str, object]) -> None:
        """Changes settings of queues in the running center, as an admin would, such as vip={"ring_seconds": 5}."""
        configuration = self.center.configuration
        changed = {
            QueueName(name): replace(configuration.queues[QueueName(name)], **changes)  # type: ignore[arg-type]
            for name, changes in queues.items()
        }
        self.center.configuration = replace(configuration, queues={**configuration.queues, **changed})
        self.center.configure_distribution()


@contextlib.asynccontextmanager
async def simulated_center(
    start: datetime = MONDAY_MORNING,
    recordings: Path | None = None,
    settings: Settings | None = None,
    rows: Rows | None = None,
) -> AsyncIterator[SimulatedCenter]:
    """A running center with the sample's data of that day, everybody logged in and every phone free.

    recordings: a folder for real files; without one only their length is kept. rows: other data than the sample's. Its
    time is the event loop's: see clock.VirtualTimeLoop.
    """
    settings = settings or Settings()
    today = start.astimezone(ZoneInfo(settings.timezone)).date()
    rows = rows or sample_rows(today, settings.timezone, lambda: "secret")
    configuration = configuration_of(rows)
    flows = check_configuration(configuration, shipped_prompts())
    bus, clock, store = Bus(), LoopClock(start), MemoryStore(rows)
    bus.subscribe(store.write)
    phones = AgentPhones(lambda event: distributor.word(event))  # noqa: PLW0108 (it is made below)
    distributor = Distributor(Engine(), bus, clock, phones)
    phones.outbound = outbound = OutboundCalls(settings, clock, lambda: center.configuration.agents)
    switchboard = FakeSwitchboard(lambda script: simulated.line(script), outbound)  # noqa: PLW0108 (it is made below)
    center = Center(
        settings=settings,
        clock=clock,
        bus=bus,
        configuration=configuration,
        flows=flows,
        customers=store,
        history=store,
        tickets=store,
        distributor=distributor,
        callbacks=Callbacks(distributor, bus, clock, switchboard),
        book=MemoryBook(configuration),
        prompts=shipped_prompts,
        switchboard=switchboard,
        recorder=Recorder(recordings) if recordings else SilentRecorder(),
        lookup=FakeLookup(),
    )
    simulated = SimulatedCenter(center, store, phones, switchboard)
    bus.subscribe(simulated.count_tickets)
    simulated.configure()
    states = {row["number"]: row for row in rows["agents"]}
    for number in configuration.agents:
        row = states[number]
        distributor.tell(Restore(number, row["logged_in"], row.get("pause_reason", "")))
        distributor.tell(OpenTickets(number, await store.open_of(number)))
        distributor.tell(PhoneIs(number, "free"))
    running = [
        asyncio.create_task(distributor.run(), name="distribution"),
        asyncio.create_task(center.callbacks.run(center.may_call_now, simulated.serve_callback), name="callbacks"),
    ]
    try:
        yield simulated
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def configuration_of(rows: Rows) -> Configuration:
    """What store/configuration.py reads, from rows in memory."""
    return read_rows((row["kind"], row["key"], row["data"]) for row in rows["configuration"])


@cache
def shipped_prompts() -> dict[str, set[str]]:
    return prompts_in(resource("sounds"))
