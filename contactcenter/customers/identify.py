"""Who is calling: by number first, then by the service code of their company."""

from contactcenter.bus import CallNotes
from contactcenter.customers.customer import Customer
from contactcenter.customers.ports import CustomerBook
from contactcenter.events import CallerIdentified, ServiceCodeTried
from contactcenter.phone import Phone

TRIES = 3
LONGEST_CODE = 12
SECONDS_BETWEEN_KEYS = 5.0


async def identify(phone: Phone, caller: str, book: CustomerBook, note: CallNotes) -> Customer | None:
    """The customer, or None after TRIES codes that no company has. Raises CallerGone."""
    by_number = await book.by_number(caller) if caller else None
    customer = by_number or await _by_code(phone, book, note)
    if customer is None:
        note(CallerIdentified, by="unknown")
        return None
    note(
        CallerIdentified,
        by="number" if by_number else "service_code",
        company=customer.company,
        company_name=customer.company_name,
        contact=customer.contact,
        contact_name=customer.contact_name,
        level=customer.level,
    )
    return customer


async def _by_code(phone: Phone, book: CustomerBook, note: CallNotes) -> Customer | None:
    complaint = ""
    for attempt in range(1, TRIES + 1):
        code = await phone.ask_digits("enter-service-code", SECONDS_BETWEEN_KEYS, LONGEST_CODE, before=complaint)
        customer = await book.by_service_code(code) if code else None
        note(ServiceCodeTried, attempt=attempt, accepted=customer is not None)
        if customer is not None:
            return customer
        complaint = "service-code-wrong" if code else "no-key"
    await phone.play("service-code-failed")
    return None
