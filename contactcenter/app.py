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
from contactcenter.asterisk.features import feature
from contactcenter.asterisk.gateway import Gateway
from contactcenter.asterisk.phone import AsteriskPhone
from contactcenter.asterisk.render import render_phones
from contactcenter.asterisk.translate import arrival
from contactcenter.bus import Bus
from contactcenter.center import Center
from contactcenter.clock import SystemClock
from contactcenter.config import Secrets, Settings, read_secrets, read_settings
from contactcenter.dialplan import check_configuration, prompts
from contactcenter.errors import ContactCenterError
from contactcenter.events import AlarmRaised, CallbackOutcome, Fact, TicketClosed, TicketOpened
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.journey import Journey
from contactcenter.logs import CALL
from contactcenter.monitoring.health import Health
from contactcenter.monitoring.metrics import Metrics
from contactcenter.phone import Phone
from contactcenter.recall import Recall
from contactcenter.recording.recorder import Recorder
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
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from contactcenter.web import customers, monitoring, server, trunks
from contactcenter.web.alarms import AlarmWebhook
from contactcenter.web.lookup import WebLookup
from contactcenter.web.posting import SignedPost
from contactcenter.web.webhooks import Webhooks

log = logging.getLogger(__name__)

FOLLOW_SECONDS = 1.0


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
    ) -> None:
        self.center, self.gateway = center, gateway
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
            SignedPost(crm.webhook_url, secrets.webhook_secret, center.clock),
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
        trunks.install(self.http, gateway.trunks)
        self.health = Health(
            gateway.ami,
            lambda: self.agi.listening,
            writer,
            DatabaseProbe(database),
            center.recorder,
            clock=center.clock,
            publish=center.bus.publish,
        )
        self.metrics = Metrics(center, gateway.ami, writer, self.health)
        monitoring.install(self.http, self.health, self.metrics)
        center.bus.subscribe(self.writer.write)
        center.bus.subscribe(lambda fact: queue_file.append(self.queue_log.lines(fact)))
        center.bus.subscribe(self._count_tickets)
        center.bus.subscribe(self.metrics.take)
        center.bus.subscribe(self.alarms.take)
        center.bus.subscribe(_log_alarm)

    async def run(self) -> None:
        """Serves calls until cancelled; then the facts that are left are written."""
        async with asyncio.TaskGroup() as writing:
            write = writing.create_task(self.writer.run(), name="facts")
            try:
                await self._load()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.center.distributor.run(), name="distribution")
                    group.create_task(self.center.callbacks.run(self.center.is_open, self._call_back), name="callbacks")
                    group.create_task(self.gateway.run(), name="asterisk")
                    group.create_task(self.agi.run(), name="agi")
                    group.create_task(self.webhooks.run(), name="webhooks")
                    group.create_task(self.alarms.run(), name="alarms")
                    group.create_task(self._follow(), name="configuration")
                    group.create_task(self.health.run(), name="health")
                    group.create_task(self.metrics.run(), name="metrics")
                    group.create_task(server.serve(self.http, self.center.settings.ports.http), name="http")
            finally:
                await self.writer.written()
                write.cancel()
                self.queue_file.close()

    def ready(self) -> dict[str, bool]:
        return {"asterisk": self.gateway.ami.connected, "fastagi": self.agi.listening}

    async def _load(self) -> None:
        """Agents as they were, queues, and the promises that are open."""
        center = self.center
        center.configure_distribution()
        states = await self.book.states()
        for number in center.configuration.agents:
            if number in states:
                center.distributor.tell(states[number])
            center.distributor.tell(OpenTickets(number, await center.tickets.open_of(number)))
        for promise in await self.promises.open(center.configuration.queues):
            center.callbacks.restore(promise)
        there = [(a.number, bool(a.pause_reason)) for a in center.distributor.engine.agents.values() if a.logged_in]
        self.queue_file.append(self.queue_log.start(center.clock.now(), there))

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
        CALL.set(phone.call)
        try:
            if session.path == "feature":
                await feature(session, phone, self.center.distributor.tell)
            elif self.gateway.switchboard.take(phone):
                await phone.released.wait()
            elif session.path == "callback":  # answered too late: who called does not wait any more
                await phone.hang_up()
            else:
                await self._journey(session, phone)
        finally:
            phone.let_go()

    async def _journey(self, session: AgiSession, phone: AsteriskPhone) -> None:
        now = self.center.configuration
        came = arrival(session.env, self.center.settings.region, frozenset(now.agents), now.trunks)
        self.center.live_calls.add(phone.call)
        try:
            await Journey(phone, came, self.center).run()
        finally:
            self.center.live_calls.discard(phone.call)

    async def _call_back(self, promise: Promise, phone: Phone, place: Place) -> CallbackOutcome:
        """A customer who answered a callback."""
        CALL.set(promise.call)
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
    bus, clock, writer = Bus(), SystemClock(), FactWriter(database)
    gateway = Gateway(
        settings,
        secrets,
        clock,
        write_phones=lambda: render_phones(site, settings, secrets, center.configuration),
        tell=lambda event: distributor.word(event),  # noqa: PLW0108 (it is made below)
        configuration=lambda: center.configuration,
        publish=bus.publish,
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
    return Controller(
        center, gateway, secrets, database, writer=writer, queue_file=QueueLogFile(site.log / "queue_log")
    )


async def _until_signal(controller: Controller) -> None:
    running = asyncio.ensure_future(controller.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
