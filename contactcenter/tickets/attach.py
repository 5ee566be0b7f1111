"""A call meets its ticket the moment an agent answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contactcenter.bus import CallNotes
from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, CallAttached, TicketOpened
from contactcenter.tickets.ports import TicketBook
from contactcenter.tickets.problem import Problem


async def attach_ticket(problem: Problem, book: TicketBook, note: CallNotes) -> None:
    """Joins the call to the open ticket of its company (or number), or opens one. A store that fails does not end the talk."""
    try:
        ticket, opened = await book.open_or_join(problem)
    except StoreError as error:
        note(AlarmRaised, name="ticket_failed", detail=str(error))
        return
    if opened:
        note(TicketOpened, ticket=ticket, title=problem.title, assignee=problem.assignee)
    else:
        note(CallAttached, ticket=ticket)


@asynccontextmanager
async def attaching_ticket(problem: Problem, book: TicketBook, note: CallNotes) -> AsyncIterator[None]:
    """Does so beside the block: the end of a talk does not wait for the store."""
    attaching = asyncio.ensure_future(attach_ticket(problem, book, note))
    try:
        yield
    finally:
        await attaching
