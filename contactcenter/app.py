"""The composition root: builds the controller of a site, opens it, drains it, closes it, in that order."""

import asyncio
import contextlib
import logging
import signal
from functools import partial

from contactcenter.acd.callback import Callbacks, Promise
from contactcenter.acd.driver import Distributor, Place
from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import OpenTickets
from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.agi_server import AgiServer
from contactcenter.asterisk.errors import AmiProblem
from contactcenter.asterisk.fallback_log import FALLBACK_LOG, FallbackLog
from contactcenter.asterisk.features import feature
from contactcenter.asterisk.gateway import Gateway
from contactcenter.asterisk.phone import AsteriskPhone
from contactcenter.asterisk.render import render_some
from contactcenter.asterisk.switchboard import promise_of
from contactcenter.asterisk.translate import arrival, returned
from contactcenter.asterisk.witness import AsteriskWitness
from contactcenter.bus import Bus
from contactcenter.center import Center
from contactcenter.clock import SystemClock
from contactcenter.config import Secrets, Settings, read_secrets, read_settings
from contactcenter.dialplan import check_configuration, prompts
from contactcenter.errors import ContactCenterError
from contactcenter.events import AlarmRaised, CallbackOutcome, Fact, TicketClosed, TicketOpened
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.journey import Journey
from contactcenter.phone import Phone
from contactcenter.recall import Recall
from contactcenter.recording.recorder import Recorder
from contactcenter.recovery import Recovery
from contactcenter.reports.queue_log import QueueLog
from contactcenter.reports.queue_log_file import QueueLogFile
from contactcenter.site import Site
from contactcenter.store.callbacks import CallbackRepository
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.database import Database, check_revision, open_database
from contactcenter.store.history import HistoryRepository
from contactcenter.store.outbox import ConflictRepository, OutboxRepository
from contactcenter.store.spool import Spool
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from contactcenter.turned_away import TurnedAway
from contactcenter.web import customers, draining, server, trunks
from contactcenter.web.lookup import WebLookup
from contactcenter.web.webhooks import Webhooks

log = logging.getLogger(__name__)

FOLLOW_SECONDS = 1.0
LEAVE_SECONDS = 2.0


class Controller:
    """The running engine of one site."""

    def __init__(
        self,
        center: Center,
        gateway: Gateway,
        secrets: Secrets,
        database: Database,
        *,
        writer: FactWriter,
        queue_file: QueueLogFile,
        recovery: Recovery,
    ) -> None:
        self.center, self.gateway, self.recovery = center, gateway, recovery
        self.book = ConfigurationRepository(database)
        center.on_change.append(gateway.reconfigure)
        self.writer, self.promises = writer, CallbackRepository(database)
        self.queue_log, self.queue_file = QueueLog(self._queues_of, self._promised_number), queue_file
        self.agi = AgiServer("127.0.0.1", center.settings.ports.agi, self._handle)
        self.http = server.build(center, secrets.api_token, self.ready)
        crm, conflicts = center.settings.crm, ConflictRepository(database)
        companies = CompanyRepository(database, webhooks=bool(crm.webhook_url))
        customers.install(self.http, companies, conflicts, center.clock, center.settings.region)
        self.webhooks = Webhooks(
            OutboxRepository(database),
            crm.webhook_url,
            secrets.webhook_secret,
            clock=center.clock,
            publish=center.bus.publish,
        )
        trunks.install(self.http, gateway.trunks)
        draining.install(self.http, center, recovery.calls_left)
        center.bus.subscribe(self.writer.write)
        center.bus.subscribe(lambda fact: queue_file.append(self.queue_log.lines(fact)))
        center.bus.subscribe(self._count_tickets)
        center.bus.subscribe(gateway.duty.take)
        center.bus.subscribe(_log_alarm)

    async def run(self) -> None:
        """Serves calls until cancelled; then the facts that are left are written."""
        await self.writer.open()
        async with asyncio.TaskGroup() as writing:
            write = writing.create_task(self.writer.run(), name="facts")
            try:
                await self.writer.written()  # what an earlier controller left
                await self._load()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.center.distributor.run(), name="distribution")
                    group.create_task(self.center.callbacks.run(self.center.is_open, self._call_back), name="callbacks")
                    group.create_task(self.gateway.run(), name="asterisk")
                    group.create_task(self.agi.run(), name="agi")
                    group.create_task(self.recovery.run(), name="recovery")
                    group.create_task(self.webhooks.run(), name="webhooks")
                    group.create_task(self._follow(), name="configuration")
                    group.create_task(server.serve(self.http, self.center.settings.ports.http), name="http")
            finally:
                await self.writer.written()
                write.cancel()
                self.queue_file.close()

    async def leave(self) -> None:
        """Calls are left to the next controller as they are. Those of an Asterisk that has ended, too, are closed first."""
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await self.gateway.ami.action("Ping")
        except (AmiProblem, TimeoutError):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    while self.center.live_calls:  # noqa: ASYNC110 (they end within a moment, each by itself)
                        await asyncio.sleep(0.02)
        self.center.bus.close()

    def ready(self) -> dict[str, bool]:
        return {"asterisk": self.gateway.ami.connected, "fastagi": self.agi.listening}

    async def _load(self) -> None:
        """Agents as they were, queues, and the calls and promises that are open."""
        center = self.center
        center.configure_distribution()
        states = await self.book.states()
        for number in center.configuration.agents:
            if number in states:
                center.distributor.tell(states[number])
            center.distributor.tell(OpenTickets(number, await center.tickets.open_of(number)))
        there = [(a.number, bool(a.pause_reason)) for a in center.distributor.engine.agents.values() if a.logged_in]
        self.queue_file.append(self.queue_log.start(center.clock.now(), there))
        for fact in await self.recovery.load(await self.promises.open(center.configuration.queues)):
            self.queue_log.lines(fact)  # they were written when they happened

    async def _follow(self) -> None:
        """Takes changes that nobody told of: whoever made them was ended before, or did not reach us."""
        failed = ""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                if await self.book.revision() > self.center.configuration.revision:
                    await self.center.reload()
                failed = ""
            except ContactCenterError as error:
                if str(error) != failed:
                    log.warning("the configuration as it is stored can't be taken: %s", error)
                failed = str(error)

    async def _handle(self, session: AgiSession) -> None:
        """One FastAGI request: a caller's call, a line that somebody waits for, or a feature code."""
        phone = self.gateway.phone(session)
        try:
            if session.path == "feature":
                await feature(session, phone, self.center.distributor.tell)
            elif self.gateway.switchboard.take(phone):
                await phone.released.wait()
            elif (journey := await self._resumed(session, phone)) is not None:
                await self._go(journey)
            elif session.path == "callback":  # answered too late: who called does not wait any more
                await phone.hang_up()
            else:
                now = self.center.configuration
                came = arrival(session.env, self.center.settings.region, frozenset(now.agents), now.trunks)
                await self._go((TurnedAway if self.center.draining else Journey)(phone, came, self.center))
        finally:
            phone.let_go()

    async def _resumed(self, session: AgiSession, phone: AsteriskPhone) -> Journey | None:
        """The journey of a call that another controller had; None for a new one."""
        back = returned(session.env, self.center.clock.now())
        if back is None or phone.call in self.center.live_calls:
            return None
        promise = promise_of(phone.call) if session.path == "callback" else None
        return await self.recovery.take(phone, back, promise or phone.call, recall=promise is not None)

    async def _go(self, journey: Journey) -> None:
        call = journey.note.call
        self.center.live_calls.add(call)
        try:
            await journey.run()
        finally:
            self.center.live_calls.discard(call)

    async def _call_back(self, promise: Promise, phone: Phone, place: Place) -> CallbackOutcome:
        """A customer who answered a callback."""
        self.center.live_calls.add(promise.call)
        try:
            return await Recall(phone, promise, self.center).talk_to(place)
        finally:
            self.center.live_calls.discard(promise.call)

    def _queues_of(self, agent: AgentNumber) -> tuple[QueueName, ...]:
        known = self.center.distributor.engine.agents.get(agent)
        return tuple(known.levels) if known else ()

    def _promised_number(self, call: CallId) -> str:
        promise = self.center.callbacks.open.get(call)
        return promise.number if promise else ""

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
        controller = await _build(site, settings, secrets, database)
        await _until_signal(controller)
    finally:
        await database.dispose()


async def _build(site: Site, settings: Settings, secrets: Secrets, database: Database) -> Controller:
    book = ConfigurationRepository(database)
    configuration = await book.load()
    flows = check_configuration(configuration, prompts(site))
    bus, clock, writer = Bus(), SystemClock(), FactWriter(database, Spool(site.data / "spool"))
    writer.on_trouble = lambda name, detail: bus.publish(AlarmRaised(at=clock.now(), name=name, detail=detail))
    gateway = Gateway(
        settings,
        secrets,
        clock,
        write=lambda names: render_some(names, site, settings, secrets, center.configuration, flows=center.flows),
        tell=lambda event: distributor.word(event),  # noqa: PLW0108 (it is made below)
        configuration=lambda: center.configuration,
        publish=bus.publish,
        on_duty=lambda agent: (there := distributor.engine.agents.get(agent)) is not None and there.willing,
        first_look=lambda: recovery.first_look(),  # noqa: PLW0108
    )
    distributor = Distributor(Engine(), bus, clock, gateway.lines)
    center = Center(
        settings=settings,
        clock=clock,
        bus=bus,
        configuration=configuration,
        flows=flows,
        customers=CustomerRepository(database),
        history=HistoryRepository(database),
        tickets=TicketRepository(database, writer.do),
        distributor=distributor,
        callbacks=Callbacks(distributor, bus, clock, gateway.switchboard),
        book=book,
        prompts=partial(prompts, site),
        switchboard=gateway.switchboard,
        recorder=Recorder(site.recordings),
        lookup=WebLookup(),
    )
    file, mark = site.log / FALLBACK_LOG, site.data / f"{FALLBACK_LOG}.read"
    fallback = FallbackLog(file, mark, configuration=lambda: center.configuration, region=settings.region)
    witness = AsteriskWitness(gateway.ami, site.log / "cdr-csv" / "Master.csv", fallback)
    recovery = Recovery(center, HistoryRepository(database), witness)
    queue_file = QueueLogFile(site.log / "queue_log")
    return Controller(center, gateway, secrets, database, writer=writer, queue_file=queue_file, recovery=recovery)


async def _until_signal(controller: Controller) -> None:
    running, stop = asyncio.ensure_future(controller.run()), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    if stopping.done():
        await controller.leave()
        running.cancel()
    stopping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
