"""A caller's past, as routing asks for it: the open ticket, the last agent, and how often they gave up waiting."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select

from contactcenter.acd.ports import Past, PastPart
from contactcenter.ids import CompanyId, ContactId
from contactcenter.store import tables as t

ABANDONS_WITHIN = timedelta(days=1)

_NEWEST_OPEN = (
    select(t.tickets.c.number, t.tickets.c.assignee)
    .where(t.tickets.c.status == "open")
    .order_by(t.tickets.c.number.desc())
    .limit(1)
)
OPEN_OF_COMPANY = _NEWEST_OPEN.where(t.tickets.c.company_id == bindparam("company"))
OPEN_OF_NUMBER = _NEWEST_OPEN.where(t.tickets.c.caller == bindparam("caller"), t.tickets.c.company_id.is_(None))


def read_past(  # noqa: PLR0917 (the arguments of the port)
    connection: Connection,
    contact: ContactId | None,
    company: CompanyId | None,
    caller: str,
    now: datetime,
    wanted: Collection[PastPart],
) -> Past:
    """See acd.ports.ContactHistory."""
    ticket = newest_open_ticket(connection, company, caller) if "ticket" in wanted else None
    whose = t.calls.c.contact_id == contact if contact is not None else t.calls.c.caller == caller
    last: Row[Any, Any] | None = None
    if contact is not None or caller:
        last = _last_answer(connection, whose) if {"last_agent", "abandons"} & set(wanted) else None
    abandons = 0
    if "abandons" in wanted and (contact is not None or caller):
        a_day_ago = now - ABANDONS_WITHIN
        abandons = _abandons(connection, whose, max(a_day_ago, last.answered_at) if last else a_day_ago)
    return Past(
        open_ticket=ticket is not None,
        ticket_owner=ticket.assignee if ticket else "",
        last_agent=last.agent if last and "last_agent" in wanted else "",
        abandons=abandons,
    )


def newest_open_ticket(connection: Connection, company: CompanyId | None, caller: str) -> Row[Any, Any] | None:
    """Number and assignee of the company's newest open ticket; without a company, of the number's."""
    if company is not None:
        return connection.execute(OPEN_OF_COMPANY, {"company": company}).one_or_none()
    if caller:
        return connection.execute(OPEN_OF_NUMBER, {"caller": caller}).one_or_none()
    return None


def _last_answer(connection: Connection, whose: ColumnElement[bool]) -> Row[Any, Any] | None:
    answered = t.calls.c.answered_at
    query = select(t.calls.c.agent, answered).where(whose, answered.is_not(None)).order_by(answered.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _abandons(connection: Connection, whose: ColumnElement[bool], since: datetime) -> int:
    """Calls that waited and were given up, none of them answered: `answered_at is null` is what the indexes find them by."""
    columns = t.calls.c
    query = select(func.count()).where(
        whose,
        columns.answered_at.is_(None),
        columns.outcome == "abandoned",
        columns.queued_at.is_not(None),
        columns.ended_at > since,
    )
    return int(connection.execute(query).scalar_one())
