"""A customer as the way of a call needs them, and the service period. Pure."""

from dataclasses import dataclass
from datetime import date

from contactcenter.events import Level, ServiceState
from contactcenter.ids import CompanyId, ContactId


@dataclass(frozen=True, slots=True)
class Customer:
    """A company, and the contact if the calling number tells who it is. service_from, service_until: whole days, inclusive.
    group: the customer group; products: their names.
    """

    company: CompanyId
    company_name: str
    level: Level = "standard"
    service_from: date | None = None
    service_until: date | None = None
    contact: ContactId | None = None
    contact_name: str = ""
    group: str = ""
    package: str = ""
    products: tuple[str, ...] = ()
    region: str = ""


def service_state(customer: Customer | None, today: date, warning_days: int) -> ServiceState:
    """Where today lies in the service period. `expiring`: paid, but the last day is at most warning_days ahead."""
    if customer is None or customer.service_until is None:
        return "none"
    if customer.service_from is not None and today < customer.service_from:
        return "none"
    if today > customer.service_until:
        return "expired"
    return "expiring" if (customer.service_until - today).days <= warning_days else "active"
