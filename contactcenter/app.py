"""The composition root: builds the controller of a site, opens it, drains it, closes it, in that order."""

import asyncio
import contextlib
import logging
import signal
from functools import partial

from contactcenter.acd.callback import Callbacks
from contactcenter.acd.driver import Distributor
from contactcenter.acd.engine import Engine
from contactcenter.acd.inputs import OpenTickets
from contactcenter.asterisk.agi_server import AgiServer
from contactcenter.asterisk.errors import AmiProblem
from contactcenter.asterisk.fallback_log import FALLBACK_LOG, FallbackLog
from contactcenter.asterisk.gateway import Gateway
from contactcenter.asterisk.render import render_networks, render_some
from contactcenter.asterisk.witness import AsteriskWitness
from contactcenter.bus import Bus
from contactcenter.center import Center
from contactcenter.clock import SystemClock
from contactcenter.config import Secrets, Settings, read_secrets, read_settings
from contactcenter.customers.code_limit import NUMBER_WINDOW
from contactcenter.dialplan import check_configuration, prompts
from contactcenter.errors import ContactCenterError
from contactcenter.events import AlarmRaised, Fact, TicketClosed, TicketOpened
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.monitoring.health import Health
from contactcenter.monitoring.metrics import Metrics
from contactcenter.reception import Reception
from contactcenter.recording.recorder import Recorder
from contactcenter.recording.retention import Retention
from contactcenter.recovery import Recovery
from contactcenter.reports.queue_log import QueueLog
from contactcenter.reports.queue_log_file import QueueLogFile
from contactcenter.site import Site
from contactcenter.store.alarms import AlarmRepository
from contactcenter.store.callbacks import CallbackRepository
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.database import Database, check_revision, open_database
from contactcenter.store.history import HistoryRepository
from contactcenter.store.outbox import ConflictRepository, OutboxRepository
from contactcenter.store.probe import DatabaseProbe
from contactcenter.store.recordings import RecordingRepository
from contactcenter.store.spool import Spool
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from contactcenter.web import calls, customers, draining, monitoring, server, trunks
from contactcenter.web.alarms import AlarmWebhook
from contactcenter.web.lookup import WebLookup
from contactcenter.web.posting import SignedPost
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
        self.book, self.history = ConfigurationRepository(database), HistoryRepository(database)
        center.on_change.append(gateway.reconfigure)
        self.writer, self.promises = writer, CallbackRepository(database)
        self.queue_log, self.queue_file = QueueLog(self._queues_of, self._promised_number), queue_file
        self.reception = Reception(center, gateway, recovery)
        self.agi = AgiServer("127.0.0.1", center.settings.ports.agi, self.reception.handle)
        self.webhooks = Webhooks(
            OutboxRepository(database),
            SignedPost(center.settings.crm.webhook_url, secrets.webhook_secret, center.clock),
            clock=center.clock,
            publish=center.bus.publish,
        )
        self.alarms = AlarmWebhook(
            center.settings.name,
            SignedPost(center.settings.alarms.webhook_url, secrets.webhook_secret, center.clock),
            AlarmRepository(database),
            clock=center.clock,
            publish=center.bus.publish,
        )
        recordings = center.recorder.folder
        days, book = center.settings.recording.keep_days, RecordingRepository(database)
        self.retention = Retention(recordings, book, days, center.clock, center.bus.publish)
        self.health = Health(
            gateway.ami,
            listening=lambda: self.agi.listening,
            draining=lambda: center.draining,
            facts=writer,
            database=DatabaseProbe(database),
            recorder=center.recorder,
            clock=center.clock,
            publish=center.bus.publish,
        )
        self.metrics = Metrics(center, gateway.ami, writer, self.health)
        self.http = self._http(secrets.api_token, database)
        center.bus.subscribe(self.writer.write)
        center.bus.subscribe(lambda fact: queue_file.append(self.queue_log.lines(fact)))
        center.bus.subscribe(self._count_tickets)
        center.bus.subscribe(self.metrics.take)
        center.bus.subscribe(self.alarms.take)
        center.bus.subscribe(gateway.duty.take)
        center.bus.subscribe(_log_alarm)

    def _http(self, token: str, database: Database) -> server.Application:
        center = self.center
        app = server.build(center, token, lambda: {part.name: part.why for part in self.health.parts()})
        companies = CompanyRepository(database, webhooks=bool(center.settings.crm.webhook_url))
        customers.install(app, companies, ConflictRepository(database), center.clock, center.settings.region)
        trunks.install(app, self.gateway.trunks)
        calls.install(app, self.writer.forget)
        monitoring.install(app, self.health, self.metrics)
        draining.install(app, center, self.recovery.calls_left)
        return app

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
                    group.create_task(
                        self.center.callbacks.run(self.center.may_call_now, self.reception.call_back), name="callbacks"
                    )
                    group.create_task(self.gateway.run(), name="asterisk")
                    group.create_task(self.agi.run(), name="agi")
                    group.create_task(self.recovery.run(), name="recovery")
                    group.create_task(self.webhooks.run(), name="webhooks")
                    group.create_task(self.retention.run(), name="retention")
                    group.create_task(self.alarms.run(), name="alarms")
                    group.create_task(self._follow(), name="configuration")
                    group.create_task(self.health.run(), name="health")
                    group.create_task(self.metrics.run(), name="metrics")
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

    async def _load(self) -> None:
        """Agents as they were, queues, and the calls and promises that are open."""
        center = self.center
        center.configure_distribution()
        states = await self.book.states()
        for number in center.configuration.agents:
            if number in states:
                center.distributor.tell(states[number])
            center.distributor.tell(OpenTickets(number, await center.tickets.open_of(number)))
        center.codes.restore(await self.history.wrong_codes(center.clock.now() - NUMBER_WINDOW))
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
        log.warning("alarm %s: %s", fact.name, fact.detail, extra={"call": fact.call, "agent": fact.agent})


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
        write_networks=lambda shut_out: render_networks(site, settings, center.configuration, shut_out),
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
        recorder=Recorder(site.recordings, site.recording_keys if settings.recording.encrypt else None),
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
