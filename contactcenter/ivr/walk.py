"""One caller on the way through flows: what is known of them, what they chose, and what nodes may use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from contactcenter import events as e
from contactcenter.acd.ports import ContactHistory
from contactcenter.bus import CallNotes
from contactcenter.calls.arrival import Arrival
from contactcenter.customers.code_limit import CodeLimit
from contactcenter.customers.customer import Customer, service_state
from contactcenter.customers.identify import note_caller
from contactcenter.customers.ports import CustomerBook
from contactcenter.hours.calendar import Calendar
from contactcenter.ids import AgentNumber
from contactcenter.ivr.ports import Lookup
from contactcenter.phone import Phone
from contactcenter.routing.rules import Rule

NAME = r"[a-z][a-z0-9_]{0,39}"
VARIABLE = re.compile(rf"\{{({NAME})\}}")
LONGEST_VALUE = 200
NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""What JSON may hold, but neither an address nor every database."""
KNOWN = frozenset(
    {
        "caller",
        "hotline",
        "language",
        "company_id",
        "company",
        "contact_id",
        "contact",
        "level",
        "group",
        "package",
        "region",
        "service",
        "service_until",
    }
)
"""Variables that every call has; "" where they are not known."""


NOBODY = AgentNumber("")


@dataclass(frozen=True, slots=True)
class Means:
    """What nodes draw on, as it is when the call arrives: a call under way stays on its version of everything.

    calendar: the hotline's. agents: those there are. today: in the site's time zone.
    """

    calendar: str
    calendars: Mapping[str, Calendar]
    rules: tuple[Rule, ...]
    agents: frozenset[AgentNumber]
    customers: CustomerBook
    codes: CodeLimit
    history: ContactHistory
    lookup: Lookup
    today: date
    warning_days: int


@dataclass(slots=True)
class Walk:
    """step: the package of the step the caller is at, see calls/ending.py. menu: node -> the last key that counted there.

    values: what the flow set, collected, or looked up; secret: the names of those that are never written down. code_tries:
    wrong service codes so far. talked_to: the agent of the last conversation, "" before one. quiet: nodes since the caller
    last pressed a key; led: the rules that led to a flow since then.
    """

    phone: Phone
    arrival: Arrival
    note: CallNotes
    step: str = "hours"
    customer: Customer | None = None
    noted: bool = False
    open: bool = True
    menu: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    secret: set[str] = field(default_factory=set)
    code_tries: int = 0
    talked_to: AgentNumber = NOBODY
    flow: str = ""
    node: str = ""
    quiet: int = 0
    led: set[str] = field(default_factory=set)
    _means: Means | None = None

    @property
    def means(self) -> Means:
        assert self._means is not None  # noqa: S101 (a walk begins with them)
        return self._means

    async def begin(self, means: Means) -> None:
        """Looks the calling number up, so that every condition of the flow knows who calls; nobody knows while the store is away."""
        self.step, self._means = "customers", means
        caller = self.arrival.caller
        self.customer = await self.note.or_else(means.customers.by_number(caller), None) if caller else None

    @property
    def service(self) -> e.ServiceState:
        return service_state(self.customer, self.means.today, self.means.warning_days)

    def introduce(self) -> None:
        """Notes who is known by the number, where no node did."""
        if self.customer is not None and not self.noted:
            note_caller(self.customer, "number", self.note)
            self.noted = True

    def pressed(self, key: str, counts: bool) -> None:
        """Notes a key of a menu ("" for none in time); one that counts is what the caller chose at the present node."""
        self.note(e.KeyPressed, flow=self.flow, node=self.node, key=key, counts=counts)
        if counts:
            self.menu[self.node] = key
        if key:
            self.alive()

    def alive(self) -> None:
        """The caller did something, so whatever follows does not run by itself."""
        self.quiet = 0
        self.led.clear()

    def keep(self, name: str, value: str, secret: bool = False) -> None:
        """Sets a variable; what is longer than LONGEST_VALUE is cut, what is no text left out."""
        self.values[name] = NO_TEXT.sub("", value)[:LONGEST_VALUE]
        self.note(e.VariableSet, name=name, value="" if secret else self.values[name], secret=secret)
        if secret:
            self.secret.add(name)
        else:
            self.secret.discard(name)

    def value(self, name: str) -> str:
        """A variable: one that every call has, else what the flow set; "" for none."""
        if name not in KNOWN:
            return self.values.get(name, "")
        who = self.customer
        call = {
            "caller": self.arrival.caller,
            "hotline": self.arrival.hotline,
            "language": self.phone.language,
            "service": self.service,
        }
        if name in call or who is None:
            return call.get(name, "")
        renamed = {
            "company": "company_name",
            "contact": "contact_name",
            "company_id": "company",
            "contact_id": "contact",
        }
        known = getattr(who, renamed.get(name, name))
        return "" if known is None else str(known)

    def fill(self, template: str) -> str:
        """A text with its {variables} filled in."""
        return VARIABLE.sub(lambda found: self.value(found[1]), template)

    def is_secret(self, template: str) -> bool:
        return not self.secret.isdisjoint(variables(template))


def variables(template: str) -> set[str]:
    """The names of the {variables} in a text."""
    return set(VARIABLE.findall(template))
