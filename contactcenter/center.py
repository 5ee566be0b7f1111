"""What every journey is handed: the site's configuration and the rooms on the way. Built by app.py."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from contactcenter.acd.callback import Callbacks
from contactcenter.acd.driver import Distributor
from contactcenter.acd.inputs import Configure
from contactcenter.acd.ports import ContactHistory
from contactcenter.acd.settings import DistributionSettings, QueueSettings
from contactcenter.bus import Bus
from contactcenter.changes import Author, Item
from contactcenter.clock import Clock
from contactcenter.config import Settings
from contactcenter.configuration.models import Check, Configuration, Hotline, Operation
from contactcenter.customers.code_limit import CodeLimit
from contactcenter.customers.customer import Customer
from contactcenter.customers.ports import CustomerBook
from contactcenter.dialplan import Prompts, check_change, check_configuration
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.ports import Lookup
from contactcenter.ivr.walk import Means
from contactcenter.outbound import forbidden, open_for_calls
from contactcenter.phone import Switchboard
from contactcenter.recording.recorder import Recorder
from contactcenter.routing.rules import Rule
from contactcenter.tickets.ports import TicketBook


class ConfigurationBook(Protocol):
    """Where the configuration is written down."""

    async def load(self) -> Configuration: ...

    async def change(
        self, operation: Operation, check: Check, author: Author, at: datetime
    ) -> tuple[Configuration, tuple[Item, ...]]:
        """The configuration after a change that `check` let pass, and what differs. Raises what the two raise, StoreError."""
        ...


@dataclass(slots=True)
class Center:
    settings: Settings
    clock: Clock
    bus: Bus
    configuration: Configuration
    flows: dict[str, Flow]
    customers: CustomerBook
    history: ContactHistory
    tickets: TicketBook
    distributor: Distributor
    callbacks: Callbacks
    book: ConfigurationBook
    prompts: Callable[[], Prompts]
    switchboard: Switchboard
    recorder: Recorder
    lookup: Lookup
    live_calls: set[CallId] = field(default_factory=set)
    drain_until: datetime | None = None
    """Before this moment no more calls are taken; those that are there go on."""
    on_change: list[Callable[[Configuration, Configuration], None]] = field(default_factory=list)
    """Told of each change of the configuration: before, after."""
    codes: CodeLimit = field(init=False)

    def __post_init__(self) -> None:
        self.codes = CodeLimit(self.settings.service.wrong_codes_per_number, self.settings.service.wrong_codes_in_total)

    @property
    def draining(self) -> bool:
        return self.drain_until is not None and self.clock.now() < self.drain_until

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(self.configuration.routes.values())

    def today(self) -> date:
        """The date in the site's time zone."""
        return self.clock.now().astimezone(ZoneInfo(self.settings.timezone)).date()

    def configure_distribution(self) -> None:
        """Tells distribution of agents, queues and the site's weights, as they are now."""
        self.distributor.tell(distribution_of(self.configuration, self.settings))

    def queue(self, name: str) -> QueueSettings:
        """Raises NotFound."""
        return self.distributor.engine.queue(QueueName(name))

    async def change(self, operation: Operation, author: Author) -> tuple[Item, ...]:
        """Checked, written down, and in force at once; no call is lost. Raises BadInput, NotFound, StoreError."""
        there = self.prompts()
        configuration, items = await self.book.change(
            operation,
            lambda before, after: check_change(before, after, there, settings=self.settings),
            author,
            self.clock.now(),
        )
        self._take(configuration)
        return items

    async def reload(self) -> int:
        """Takes what others have changed; the revision that is in force. Raises BadInput, StoreError."""
        self._take(await self.book.load())
        return self.configuration.revision

    def _take(self, configuration: Configuration) -> None:
        """In one turn of the loop: nothing sees half of it. Flows under way stay as they were when they began."""
        before = self.configuration
        if configuration.revision <= before.revision:
            return
        self.flows = check_configuration(configuration, None)  # sounds were looked at before it was stored
        self.configuration = configuration
        self.configure_distribution()
        for tell in self.on_change:
            tell(before, configuration)

    def may_call_back(self, number: str) -> bool:
        """Whether a caller with that number ("" for none) can ever be called back."""
        agent = number in self.configuration.agents
        return bool(number) and (agent or not forbidden(number, self.settings))

    def may_call_now(self, hotline: str) -> bool:
        """Whether customers of a hotline are called back now: inside its opening hours (one that was removed is always open),
        when calls may go out, and not while draining.
        """
        if self.draining:
            return False
        known, now = self.configuration.hotlines.get(hotline), self.clock.now()
        is_open = known is None or self.configuration.calendars[known.calendar].check(now)[0]
        return is_open and open_for_calls(self.settings, now)

    def means(self, hotline: Hotline) -> Means:
        """What the nodes of a call to that hotline draw on."""
        return Means(
            calendar=hotline.calendar,
            calendars=self.configuration.calendars,
            rules=self.rules,
            agents=frozenset(self.configuration.agents),
            customers=self.customers,
            codes=self.codes,
            history=self.history,
            lookup=self.lookup,
            today=self.today(),
            warning_days=self.settings.service.warning_days,
        )

    async def sticky_agents(
        self, queue: QueueName, customer: Customer | None, caller: str, hours: float | None = None
    ) -> tuple[AgentNumber, ...]:
        """Who spoke with this contact, then this company, within so many hours, else the queue's window; they are asked first.

        Raises NotFound when the queue was taken out while the call was on its way.
        """
        window = self.queue(queue).sticky_hours if hours is None else hours
        if not window:
            return ()
        since = self.clock.now() - timedelta(hours=window)
        contact, company = (customer.contact, customer.company) if customer else (None, None)
        return await self.history.last_agents(contact, company, caller, since)


def distribution_of(now: Configuration, settings: Settings) -> Configure:
    """What distribution is told of a configuration: queues, agents with their skills, and the site's weights."""
    agents = tuple((agent.number, agent.name) for agent in now.agents.values())
    weights = DistributionSettings(**settings.distribution.model_dump())
    skills = {agent.number: frozenset(agent.skills) for agent in now.agents.values() if agent.skills}
    return Configure(tuple(now.queues.values()), agents, weights, skills)
