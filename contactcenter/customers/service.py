"""Is the service paid for? Checked and noted, and told to the caller when something is amiss."""

from contactcenter.bus import CallNotes
from contactcenter.customers.customer import Customer
from contactcenter.events import ServiceChecked, ServiceState
from contactcenter.phone import Phone


async def check_service(
    phone: Phone, customer: Customer | None, service: ServiceState, note: CallNotes, *, say: bool = True
) -> ServiceState:
    """Notes the state of the service period. A known customer hears when it is not active. Raises CallerGone.

    service: as customer.service_state tells it.
    """
    until = customer.service_until if customer else None
    note(ServiceChecked, service=service, until=until.isoformat() if until else "")
    if say and customer is not None and service != "active":
        await phone.play(f"service-{service}")
    return service
