"""One problem, one ticket: who joins which, also at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from happenings import after
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.errors import BadInput, NotFound, StoreError
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, TicketNumber
from contactcenter.store import tables as t
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from contactcenter.tickets.problem import Problem


def problem(
    call: str,
    company: int | None = None,
    caller: str = "+8613800000001",
    agent: str = "1001",
    contact: int | None = None,
) -> Problem:
    return Problem(
        call=CallId(call),
        at=after(0),
        caller=caller,
        company=None if company is None else CompanyId(company),
        contact=None if contact is None else ContactId(contact),
        title=f"Call {call}",
        assignee=AgentNumber(agent),
    )


@pytest.fixture(params=["alone", "with the facts"])
async def tickets(sample: AsyncEngine, request: pytest.FixtureRequest) -> AsyncIterator[TicketRepository]:
    if request.param == "alone":
        yield TicketRepository(sample)
        return
    writer = FactWriter(sample)
    writing = asyncio.create_task(writer.run())
    yield TicketRepository(sample, writer.do)
    writing.cancel()
    await asyncio.wait({writing})


async def close(database: AsyncEngine, number: int) -> None:
    async with database.begin() as connection:
        await connection.execute(
            update(t.tickets).where(t.tickets.c.number == number).values(status="closed", closed_at=after(9))
        )


async def test_a_first_call_opens_a_ticket(tickets: TicketRepository) -> None:
    assert await tickets.open_or_join(problem("1.1", company=1, contact=1)) == (1, True)
    assert await tickets.one(1) == {
        "number": 1,
        "status": "open",
        "company": "北京华远商贸有限公司",
        "contact": "王建国",
        "caller": "+8613800000001",
        "title": "Call 1.1",
        "assignee": "1001",
        "opened_at": after(0),
        "closed_at": None,
        "calls": ["1.1"],
    }
    assert await tickets.one(2) is None


async def test_another_person_of_the_company_joins(tickets: TicketRepository) -> None:
    await tickets.open_or_join(problem("1.1", company=1, contact=1))
    assert await tickets.open_or_join(problem("1.2", company=1, caller="+861062345678", agent="1002")) == (1, False)
    ticket = await tickets.one(1)
    assert ticket is not None
    assert (ticket["calls"], ticket["assignee"], ticket["title"]) == (["1.1", "1.2"], "1001", "Call 1.1")


async def test_another_company_does_not_join_even_from_the_same_number(tickets: TicketRepository) -> None:
    await tickets.open_or_join(problem("1.1", company=1))
    assert await tickets.open_or_join(problem("1.2", company=2)) == (2, True)


async def test_a_closed_ticket_is_not_joined(tickets: TicketRepository, sample: AsyncEngine) -> None:
    await tickets.open_or_join(problem("1.1", company=1))
    await close(sample, 1)
    assert await tickets.open_or_join(problem("1.2", company=1)) == (2, True)
    assert [(row["number"], row["status"], row["calls"]) for row in await tickets.all()] == [
        (2, "open", ["1.2"]),
        (1, "closed", ["1.1"]),
    ]


async def test_the_newest_open_ticket_is_joined(tickets: TicketRepository, sample: AsyncEngine) -> None:
    await tickets.open_or_join(problem("1.1", company=1))
    await close(sample, 1)
    await tickets.open_or_join(problem("1.2", company=1))
    async with sample.begin() as connection:
        await connection.execute(update(t.tickets).values(status="open"))
    assert await tickets.open_or_join(problem("1.3", company=1)) == (2, False)


async def test_two_calls_of_a_company_in_the_same_moment_share_one_ticket(tickets: TicketRepository) -> None:
    both = await asyncio.gather(*(tickets.open_or_join(problem(f"1.{n}", company=1)) for n in range(8)))
    assert {number for number, _ in both} == {1}
    assert sorted(opened for _, opened in both) == [False] * 7 + [True]
    (ticket,) = await tickets.all()
    assert ticket["calls"] == [f"1.{n}" for n in range(8)]


async def test_unknown_callers_are_told_apart_by_their_number(tickets: TicketRepository) -> None:
    assert await tickets.open_or_join(problem("1.1", caller="+8613911111111")) == (1, True)
    assert await tickets.open_or_join(problem("1.2", caller="+8613922222222")) == (2, True)
    assert await tickets.open_or_join(problem("1.3", caller="+8613911111111")) == (1, False)


async def test_an_unknown_caller_does_not_join_the_ticket_of_a_company(tickets: TicketRepository) -> None:
    await tickets.open_or_join(problem("1.1", company=1, caller="+8613911111111"))
    assert await tickets.open_or_join(problem("1.2", caller="+8613911111111")) == (2, True)


async def test_withheld_numbers_never_share_a_ticket(tickets: TicketRepository) -> None:
    assert await tickets.open_or_join(problem("1.1", caller="")) == (1, True)
    assert await tickets.open_or_join(problem("1.2", caller="")) == (2, True)


async def test_open_tickets_are_counted_for_their_assignee(tickets: TicketRepository, sample: AsyncEngine) -> None:
    for number, agent in enumerate(("1001", "1001", "1002"), 1):
        await tickets.open_or_join(problem(f"1.{number}", company=number, agent=agent))
    assert [await tickets.open_of(AgentNumber(agent)) for agent in ("1001", "1002", "1003")] == [2, 1, 0]
    await close(sample, 1)
    assert await tickets.open_of(AgentNumber("1001")) == 1


async def test_what_the_store_refuses_is_our_error_and_leaves_nothing(
    tickets: TicketRepository, sample: AsyncEngine
) -> None:
    with pytest.raises(StoreError, match=r"^call 1\.1 could not be attached to a ticket: "):
        await tickets.open_or_join(replace(problem("1.1", company=1), title=None))  # type: ignore[arg-type]
    assert await tickets.all() == []
    async with sample.connect() as connection:
        assert (await connection.execute(select(t.ticket_calls))).all() == []
    _, opened = await tickets.open_or_join(problem("1.1", company=1))
    assert opened


async def test_a_closed_ticket_is_closed_once_and_the_next_call_opens_another(tickets: TicketRepository) -> None:
    number, _ = await tickets.open_or_join(problem("1.1", company=1))
    assert await tickets.close(number, after(60)) == "1001"
    found = await tickets.one(number)
    assert found is not None
    assert (found["status"], found["closed_at"]) == ("closed", after(60))
    assert await tickets.open_of(AgentNumber("1001")) == 0
    with pytest.raises(BadInput, match=f"ticket {number} is closed already"):
        await tickets.close(number, after(61))
    with pytest.raises(NotFound, match="there is no ticket 99"):
        await tickets.close(TicketNumber(99), after(61))
    assert await tickets.open_or_join(problem("1.2", company=1)) == (number + 1, True)
