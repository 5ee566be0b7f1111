"""What every journey is handed: the site's configuration and the rooms on the way. Built by app.py."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from contactcenter.acd.driver import Distributor
from contactcenter.acd.inputs import QueueSettings, Restore
from contactcenter.acd.ports import ContactHistory
from contactcenter.bus import Bus
from contactcenter.clock import Clock
from contactcenter.config import Settings
from contactcenter.customers.customer import Customer
from contactcenter.customers.ports import CustomerBook
from contactcenter.hours.calendar import Calendar
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.ivr.flow import Flow
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
    recorder: Recorder
    live_calls: set[CallId] = field(default_factory=set)

    def today(self) -> date:
        """The date in the site's time zone."""
        return self.clock.now().astimezone(ZoneInfo(self.settings.timezone)).date()

    async def sticky_agents(self, queue: QueueName, customer: Customer | None, caller: str) -> tuple[AgentNumber, ...]:
        """Who spoke with this contact, then this company, within the queue's window; they are asked first."""
        since = self.clock.now() - timedelta(hours=self.configuration.queues[queue].sticky_hours)
        contact, company = (customer.contact, customer.company) if customer else (None, None)
        return await self.history.last_agents(contact, company, caller, since)
