"""What every journey is handed: the site's configuration and the rooms on the way. Built by app.py."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from contactcenter.acd.callback import Callbacks
from contactcenter.acd.check import check_queue
from contactcenter.acd.driver import Distributor
from contactcenter.acd.inputs import Configure, Restore
from contactcenter.acd.ports import ContactHistory, QueueBook
from contactcenter.acd.settings import DistributionSettings, QueueSettings
from contactcenter.bus import Bus
from contactcenter.clock import Clock
from contactcenter.config import Settings
from contactcenter.customers.customer import Customer
from contactcenter.customers.ports import CustomerBook
from contactcenter.hours.calendar import Calendar
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.ivr.flow import Flow
from contactcenter.phone import Switchboard
from contactcenter.recording.recorder import Recorder
from contactcenter.routing.rules import Rule
from contactcenter.tickets.ports import TicketBook


@dataclass(frozen=True, slots=True)
class Agent:
    """before: what they were doing when the controller last knew."""

    number: AgentNumber
    name: str
    sip_password: str = field(repr=False)
    before: Restore


@dataclass(frozen=True, slots=True)
class Hotline:
    number: str
    title: str
    calendar: str
    flow: str
    language: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """A whole, consistent reading of what admins have set."""

    agents: dict[AgentNumber, Agent]
    queues: dict[QueueName, QueueSettings]
    hotlines: dict[str, Hotline]
    calendars: dict[str, Calendar]


@dataclass(slots=True)
class Center:
    settings: Settings
    clock: Clock
    bus: Bus
    configuration: Configuration
    flows: dict[str, Flow]
    rules: tuple[Rule, ...]
    customers: CustomerBook
    history: ContactHistory
    tickets: TicketBook
    distributor: Distributor
    callbacks: Callbacks
    queues: QueueBook
    switchboard: Switchboard
    recorder: Recorder
    live_calls: set[CallId] = field(default_factory=set)

    def today(self) -> date:
        """The date in the site's time zone."""
        return self.clock.now().astimezone(ZoneInfo(self.settings.timezone)).date()

    def configure_distribution(self) -> None:
        """Tells distribution of agents, queues and the site's weights, as they are now."""
        agents = tuple((agent.number, agent.name) for agent in self.configuration.agents.values())
        weights = DistributionSettings(**self.settings.distribution.model_dump())
        self.distributor.tell(Configure(tuple(self.configuration.queues.values()), agents, weights))

    def queue(self, name: str) -> QueueSettings:
        """Raises NotFound."""
        return self.distributor.engine.queue(QueueName(name))

    async def change_queue(self, queue: QueueSettings) -> None:
        """Checked, written down, and in force at once; those who wait keep their places. Raises BadInput, StoreError."""
        check_queue(queue, {*self.configuration.agents}, {*self.configuration.queues})
        await self.queues.save_queue(queue)
        self.configuration.queues[queue.name] = queue
        self.configure_distribution()

    def is_open(self, hotline: str) -> bool:
        """Whether a hotline is inside its opening hours now; one that was removed always is."""
        known = self.configuration.hotlines.get(hotline)
        return known is None or self.configuration.calendars[known.calendar].check(self.clock.now())[0]

    async def sticky_agents(self, queue: QueueName, customer: Customer | None, caller: str) -> tuple[AgentNumber, ...]:
        """Who spoke with this contact, then this company, within the queue's window; they are asked first."""
        hours = self.configuration.queues[queue].sticky_hours
        if not hours:
            return ()
        since = self.clock.now() - timedelta(hours=hours)
        contact, company = (customer.contact, customer.company) if customer else (None, None)
        return await self.history.last_agents(contact, company, caller, since)
