"""Is the service paid for? Checked once for each call, and told to the caller when something is amiss."""

from datetime import date

from contactcenter.bus import CallNotes
from contactcenter.customers.customer import Customer, service_state
from contactcenter.events import ServiceChecked, ServiceState
from contactcenter.phone import Phone


async def check_service(
    phone: Phone, customer: Customer | None, today: date, warning_days: int, note: CallNotes
) -> ServiceState:
    """The state of the service period. A known customer hears when it is expiring, expired, or none. Raises CallerGone."""
    service = service_state(customer, today, warning_days)
    until = customer.service_until if customer else None
    note(ServiceChecked, service=service, until=until.isoformat() if until else "")
    if customer is not None and service != "active":
        await phone.play(f"service-{service}")
    return service
