"""The composition root: builds the controller of a site, opens it, drains it, closes it, in that order."""

import asyncio
import contextlib
import logging
import signal

from contactcenter.acd.driver import Distributor
from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import Configure, OpenTickets, PhoneIs
from contactcenter.asterisk.agi import AgiServer, AgiSession
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.features import feature
from contactcenter.asterisk.phone import AsteriskPhone
from contactcenter.asterisk.translate import AmiEvents, arrival, phone_state
from contactcenter.bus import Bus
from contactcenter.center import Center
from contactcenter.clock import SystemClock
from contactcenter.config import Secrets, read_secrets, read_settings
from contactcenter.dialplan import load_dialplans
from contactcenter.events import AlarmRaised, Fact, TicketClosed, TicketOpened
from contactcenter.journey import Journey
from contactcenter.recording.recorder import Recorder
from contactcenter.site import Site
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.database import check_revision, open_database
from contactcenter.store.history import HistoryRepository
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from contactcenter.web import server

log = logging.getLogger(__name__)


class Controller:
    """The running engine of one site."""

    def __init__(self, site: Site, center: Center, secrets: Secrets, writer: FactWriter) -> None:
        self.site, self.center, self.writer = site, center, writer
        ports = center.settings.ports
        self.events = AmiEvents(on_phone=self._tell_phone)
        self.ami = AmiClient(
            "127.0.0.1",
            ports.ami,
            "controller",
            secrets.ami_secret,
            on_event=self.events.take,
            on_connected=self._resynchronise,
            on_disconnected=None,
        )
        self.agi = AgiServer("127.0.0.1", ports.agi, self._handle)
        self.http = server.build(center, secrets.api_token, self.ready)
        center.bus.subscribe(writer.write)
        center.bus.subscribe(self._count_tickets)
        center.bus.subscribe(_log_alarm)

    async def run(self) -> None:
        """Serves calls until cancelled; then the facts that are left are written."""
        async with asyncio.TaskGroup() as writing:
            write = writing.create_task(self.writer.run(), name="facts")
            try:
                await self._load_agents()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.center.distributor.run(), name="distribution")
                    group.create_task(self.ami.run(), name="ami")
                    group.create_task(self.agi.run(), name="agi")
                    group.create_task(server.serve(self.http, self.center.settings.ports.http), name="http")
            finally:
                await self.writer.written()
                write.cancel()

    def ready(self) -> dict[str, bool]:
        return {"asterisk": self.ami.connected, "fastagi": self.agi.listening}

    async def _load_agents(self) -> None:
        configuration, tell = self.center.configuration, self.center.distributor.tell
        tell(
            Configure(
                tuple(configuration.queues.values()), tuple((a.number, a.name) for a in configuration.agents.values())
            )
        )
        for agent in configuration.agents.values():
            tell(agent.before)
            tell(OpenTickets(agent.number, await self.center.tickets.open_of(agent.number)))

    async def _resynchronise(self) -> None:
        """The state of every phone, on each connection to Asterisk; a phone it does not list is not there."""
        states = [phone_state(m["Device"], m["State"]) for m in await self.ami.action_list("DeviceStateList")]
        known = {state.agent: state for state in states if state is not None}
        for number in self.center.configuration.agents:
            self._tell_phone(known.get(number, PhoneIs(number, "unreachable")))

    async def _handle(self, session: AgiSession) -> None:
        """One FastAGI request: a caller's call, or a feature code."""
        phone = AsteriskPhone(session, self.ami, self.events, self.center.clock)
        try:
            if session.path == "feature":
                await feature(session, phone, self.center.distributor.tell)
                return
            agents = frozenset(self.center.configuration.agents)
            self.center.live_calls.add(phone.call)
            await Journey(phone, arrival(session.env, self.center.settings.region, agents), self.center).run()
        finally:
            self.center.live_calls.discard(phone.call)
            phone.let_go()

    def _tell_phone(self, state: PhoneIs) -> None:
        self.center.distributor.tell(state)

    def _count_tickets(self, fact: Fact) -> None:
        """Least load counts the open tickets of each agent."""
        if isinstance(fact, TicketOpened | TicketClosed):
            agent = self.center.distributor.engine.agents.get(fact.assignee)
            if agent is not None:
                change = 1 if isinstance(fact, TicketOpened) else -1
                self.center.distributor.tell(OpenTickets(fact.assignee, max(0, agent.open_tickets + change)))


def _log_alarm(fact: Fact) -> None:
    if isinstance(fact, AlarmRaised):
        log.warning("alarm %s: %s", fact.name, fact.detail)


async def run_controller(site: Site) -> None:
    """The controller of a site until SIGTERM or SIGINT. Raises FileProblems, SiteError, StoreError before anything is opened."""
    settings, secrets = read_settings(site.path), read_secrets(site.path)
    url = site.database_url(settings)
    await check_revision(url)
    database = open_database(url)
    try:
        configuration = await ConfigurationRepository(database).load()
        flows, rules = load_dialplans(site, configuration)
        bus, clock = Bus(), SystemClock()
        center = Center(
            settings=settings,
            clock=clock,
            bus=bus,
            configuration=configuration,
            flows=flows,
            rules=rules,
            customers=CustomerRepository(database),
            history=HistoryRepository(database),
            tickets=TicketRepository(database),
            distributor=Distributor(Engine(), bus, clock),
            recorder=Recorder(site.recordings),
        )
        controller = Controller(site, center, secrets, FactWriter(database))
        await _until_signal(controller)
    finally:
        await database.dispose()


async def _until_signal(controller: Controller) -> None:
    running = asyncio.ensure_future(controller.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
