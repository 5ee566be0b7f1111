"""Who is calling: by number first, then by the service code of their company."""

from collections.abc import Iterable
from dataclasses import dataclass

from contactcenter.bus import CallNotes
from contactcenter.customers.code_limit import CodeLimit
from contactcenter.customers.customer import Customer
from contactcenter.customers.ports import CustomerBook
from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, CallerIdentified, Identification, ServiceCodeTried
from contactcenter.phone import Phone

TRIES = 3
"""Service codes that may be tried in one call."""
LONGEST_CODE = 12
SECONDS_BETWEEN_KEYS = 5.0


@dataclass(frozen=True, slots=True)
class CodePrompts:
    """ask: for the code; wrong: after one that no company has; failed: after the last try."""

    ask: str
    wrong: str
    failed: str


@dataclass(frozen=True, slots=True)
class Found:
    """customer: None when nobody was found. tried: how many times a code was asked; keyed: the caller keyed something in."""

    customer: Customer | None
    tried: int = 0
    keyed: bool = False


async def identify(
    phone: Phone,
    by_number: Customer | None,
    book: CustomerBook,
    note: CallNotes,
    *,
    attempts: Iterable[int],
    prompts: CodePrompts,
    limit: CodeLimit,
    caller: str,
) -> Found:
    """Who it is, and noted. by_number: whose the calling number is; attempts: the numbers of the tries that are left;
    caller: the calling number, whose wrong codes `limit` counts. Over the limit no code is looked up, and all of them are wrong.

    Raises CallerGone.
    """
    found = (
        Found(by_number) if by_number else await _by_code(phone, _Codes(book, limit, caller, note), attempts, prompts)
    )
    note_caller(found.customer, "number" if by_number else "service_code", note)
    return found


def note_caller(customer: Customer | None, by: Identification, note: CallNotes) -> None:
    if customer is None:
        note(CallerIdentified, by="unknown")
        return
    note(
        CallerIdentified,
        by=by,
        company=customer.company,
        company_name=customer.company_name,
        contact=customer.contact,
        contact_name=customer.contact_name,
        level=customer.level,
    )


@dataclass(frozen=True, slots=True)
class _Codes:
    """Whose code it is, as long as the caller, and all callers, have not keyed too many wrong ones."""

    book: CustomerBook
    limit: CodeLimit
    caller: str
    note: CallNotes

    async def whose(self, code: str, attempt: int) -> Customer | None:
        now = self.note.now()
        over = self.limit.take(self.caller, now) if code else None
        customer = await self.book.by_service_code(code) if code and over is None else None
        if customer is not None:
            self.limit.right(self.caller, now)
        self.note(
            ServiceCodeTried,
            attempt=attempt,
            accepted=customer is not None,
            keyed=bool(code),
            limited=over is not None,
        )
        if over is not None and self.limit.tell(over, self.caller, now):
            who = "all callers together" if over == "total" else self.caller or "callers who withhold their number"
            self.note(
                AlarmRaised,
                name="too_many_wrong_codes",
                detail=f"{who} keyed too many wrong service codes; their codes are not looked up for a while",
            )
        return customer


async def _by_code(phone: Phone, codes: _Codes, attempts: Iterable[int], prompts: CodePrompts) -> Found:
    complaint, tried, keyed = "", 0, False
    for attempt in attempts:
        code = await phone.ask_digits(prompts.ask, SECONDS_BETWEEN_KEYS, LONGEST_CODE, before=complaint)
        try:
            customer = await codes.whose(code, attempt)
        except StoreError as error:  # a right code must not be called wrong
            codes.note.without(error)
            return Found(None, tried, keyed=True)
        tried, keyed = tried + 1, keyed or bool(code)
        if customer is not None:
            return Found(customer, tried, keyed)
        complaint = prompts.wrong if code else "no-key"
    if tried:
        await phone.play(prompts.failed)
    return Found(None, tried, keyed)
