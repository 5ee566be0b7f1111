"""Tickets in the store."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.errors import BadInput, NotFound, StoreError
from contactcenter.ids import AgentNumber, TicketNumber
from contactcenter.store import tables as t
from contactcenter.store.database import worker_of
from contactcenter.store.engines import connected, trouble
from contactcenter.store.past import newest_open_ticket
from contactcenter.tickets.problem import Problem

T = TypeVar("T")
c = t.tickets.c

JOINED = select(t.ticket_calls.c.ticket).where(t.ticket_calls.c.call_id == bindparam("call"))
JOIN, OPEN = insert(t.ticket_calls), insert(t.tickets)


class OneAtATime(Protocol):
    """Does work in a transaction and returns when it is committed; never two at once. See FactWriter.do."""

    async def __call__(self, work: Callable[[Connection], T], /) -> T: ...


class TicketRepository:
    """Implements tickets.ports.TicketBook, and the listing. One at a time, so that two calls of a company share a ticket."""

    def __init__(self, database: AsyncEngine, do: OneAtATime | None = None) -> None:
        """do: who does what changes tickets, if not this repository."""
        self._database = database
        self._do = do or self._do_alone
        self._one_at_a_time = asyncio.Lock()

    async def _do_alone(self, work: Callable[[Connection], T], /) -> T:
        async with self._one_at_a_time:
            return await worker_of(self._database).run(work)

    async def open_or_join(self, problem: Problem) -> tuple[TicketNumber, bool]:
        try:
            return await self._do(lambda connection: self._attach(connection, problem))
        except SQLAlchemyError as error:
            reason = trouble(error) if isinstance(error, DBAPIError) else error
            raise StoreError(f"call {problem.call} could not be attached to a ticket: {reason}") from error

    def _attach(self, connection: Connection, problem: Problem) -> tuple[TicketNumber, bool]:
        joined = connection.execute(JOINED, {"call": problem.call}).scalar_one_or_none()
        if joined is not None:
            return TicketNumber(joined), False
        found = newest_open_ticket(connection, problem.company, problem.caller)
        number = found.number if found else None
        opened = number is None
        if number is None:
            values = {
                "company_id": problem.company,
                "contact_id": problem.contact,
                "caller": problem.caller,
                "title": problem.title,
                "assignee": problem.assignee,
                "opened_at": problem.at,
            }
            number = connection.execute(OPEN, values).inserted_primary_key[0]  # type: ignore[index]  # a row was inserted
        connection.execute(JOIN, {"ticket": number, "call_id": problem.call})
        return TicketNumber(number), opened

    async def close(self, number: TicketNumber, at: datetime) -> AgentNumber:
        """Closes an open ticket; whose it was. Raises NotFound, BadInput when it is closed already, StoreError."""
        try:
            return await self._do(lambda connection: self._close(connection, number, at))
        except DBAPIError as error:
            raise StoreError(f"ticket {number} could not be closed: {trouble(error)}. Do it again.") from error

    def _close(self, connection: Connection, number: TicketNumber, at: datetime) -> AgentNumber:
        query = select(t.tickets.c.status, t.tickets.c.assignee).where(t.tickets.c.number == number)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"there is no ticket {number}. See: contactcenter ticket list")
        if row.status != "open":
            raise BadInput(f"ticket {number} is {row.status} already.")
        values = {"status": "closed", "closed_at": at}
        connection.execute(update(t.tickets).where(t.tickets.c.number == number).values(values))
        return AgentNumber(row.assignee)

    async def open_of(self, assignee: AgentNumber) -> int:
        """How many tickets are open for an agent."""
        query = select(t.tickets.c.number).where(t.tickets.c.assignee == assignee, t.tickets.c.status == "open")
        async with connected(self._database) as connection:
            return len((await connection.execute(query)).all())

    async def all(self) -> list[dict[str, Any]]:
        """Every ticket with the ids of its calls, newest first."""
        return await self._read(t.tickets.c.number.is_not(None))

    async def one(self, number: int) -> dict[str, Any] | None:
        found = await self._read(t.tickets.c.number == number)
        return found[0] if found else None

    async def _read(self, which: ColumnElement[bool]) -> list[dict[str, Any]]:
        query = (
            select(t.tickets, t.companies.c.name.label("company"), t.contacts.c.name.label("contact"))
            .join(t.companies, t.tickets.c.company_id == t.companies.c.id, isouter=True)
            .join(t.contacts, t.tickets.c.contact_id == t.contacts.c.id, isouter=True)
            .where(which)
            .order_by(t.tickets.c.number.desc())
        )
        calls_query = select(t.ticket_calls).join(t.tickets).where(which).order_by(t.ticket_calls.c.call_id)
        async with connected(self._database) as connection:
            rows = (await connection.execute(query)).all()
            calls: dict[int, list[str]] = {}
            for row in await connection.execute(calls_query):
                calls.setdefault(row.ticket, []).append(row.call_id)
        return [
            {
                "number": row.number,
                "status": row.status,
                "company": row.company or row.company_name,
                "contact": row.contact or row.contact_name,
                "caller": row.caller,
                "title": row.title,
                "assignee": row.assignee,
                "opened_at": row.opened_at,
                "closed_at": row.closed_at,
                "calls": calls.get(row.number, []),
            }
            for row in rows
        ]
