"""A caller's past, as routing asks for it: the same from the database and from the store in memory."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from happenings import START, TODAY, after, answered, arrived, ended, identified, queued
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.ports import Past, PastPart
from contactcenter.events import Fact
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId
from contactcenter.sample import sample_rows
from contactcenter.simulator.store import MemoryStore
from contactcenter.store.history import HistoryRepository
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from contactcenter.tickets.problem import Problem

NUMBER, OTHER = "+8613800000001", "+8613900000000"
ALL: set[PastPart] = {"ticket", "last_agent", "abandons"}


class World:
    """One of the two stores: what happened is written, and the past asked for."""

    def __init__(
        self, write: Callable[[Fact], None], written: Callable[[], Awaitable[None]], tickets: Any, history: Any
    ):
        self.write, self.written, self.tickets, self.history = write, written, tickets, history

    async def happened(self, *facts: Fact) -> None:
        for fact in facts:
            self.write(fact)
        await self.written()

    async def past(
        self, contact: int | None, company: int | None, caller: str = NUMBER, at: float = 3600, wanted: Any = None
    ) -> Past:
        who = (None if contact is None else ContactId(contact), None if company is None else CompanyId(company))
        found: Past = await self.history.past(*who, caller, after(at), ALL if wanted is None else wanted)
        return found


@pytest.fixture(params=["database", "memory"])
async def world(request: pytest.FixtureRequest, sample: AsyncEngine, writer: FactWriter) -> World:
    if request.param == "database":
        return World(writer.write, writer.written, TicketRepository(sample), HistoryRepository(sample))
    store = MemoryStore(sample_rows(TODAY, "Asia/Shanghai", lambda: "secret"))

    async def written() -> None:
        pass

    return World(store.write, written, store, store)


def gave_up(call: str, contact: int | None, caller: str, at: float, company: int | None = 1) -> list[Fact]:
    who = identified(call, company if contact else None, contact, at)
    return [arrived(call, caller, at), who, queued(call, at), ended(call, "abandoned", at + 30)]


def talked(call: str, agent: str, contact: int | None, caller: str, at: float) -> list[Fact]:
    who = identified(call, 1 if contact else None, contact, at)
    return [arrived(call, caller, at), who, queued(call, at), answered(call, agent, at + 5), ended(call, at=at + 60)]


async def test_nothing_is_known_of_a_stranger(world: World) -> None:
    assert await world.past(None, None) == Past()
    assert await world.past(None, None, "") == Past()


async def test_the_newest_open_ticket_and_whose_it_is(world: World) -> None:
    for index, (company, caller, agent) in enumerate(((1, NUMBER, "1001"), (2, OTHER, "1002"), (None, OTHER, "1003"))):
        who = None if company is None else CompanyId(company)
        problem = Problem(CallId(f"1.{index}"), START, caller, who, None, "Call", AgentNumber(agent))
        await world.tickets.open_or_join(problem)
    assert (await world.past(1, 1)).ticket_owner == "1001"
    assert (await world.past(None, 2, "")).ticket_owner == "1002"
    assert (await world.past(None, None, OTHER)).ticket_owner == "1003"
    assert (await world.past(None, None, NUMBER)).open_ticket is False
    await world.tickets.close(1, START)
    assert (await world.past(1, 1)) == Past()


async def test_who_spoke_with_them_last(world: World) -> None:
    await world.happened(
        *talked("1.1", "1001", 1, NUMBER, 0),
        *talked("1.2", "1002", 1, OTHER, 100),
        *talked("1.3", "1003", None, NUMBER, 200),
        *gave_up("1.4", 1, NUMBER, 300),
    )
    assert (await world.past(1, 1)).last_agent == "1002"
    assert (await world.past(None, None)).last_agent == "1003"
    assert (await world.past(1, 1, at=400 * 86400)).last_agent == "1002"


async def test_how_often_they_gave_up_since_they_were_answered(world: World) -> None:
    await world.happened(*gave_up("1.1", 1, NUMBER, 0), *gave_up("1.2", 1, OTHER, 100), *gave_up("1.3", 2, NUMBER, 150))
    assert (await world.past(1, 1)).abandons == 2
    assert (await world.past(2, 1)).abandons == 1
    assert (await world.past(None, None)).abandons == 2, "by number, whoever it was"
    await world.happened(arrived("1.4", NUMBER, 160), identified("1.4", 1, 1, 160), ended("1.4", "abandoned", 170))
    assert (await world.past(1, 1)).abandons == 2, "who hangs up in the menu did not wait"
    day = timedelta(days=1).total_seconds()
    assert (await world.past(1, 1, at=day + 60)).abandons == 1
    assert (await world.past(1, 1, at=day + 200)).abandons == 0
    await world.happened(*talked("1.5", "1001", 1, NUMBER, 200), *gave_up("1.6", 1, NUMBER, 300))
    assert (await world.past(1, 1)).abandons == 1


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"ticket"}, Past(open_ticket=True, ticket_owner="1001")),
        ({"last_agent"}, Past(last_agent="1002")),
        ({"abandons"}, Past(abandons=1)),
        (set(), Past()),
    ],
)
async def test_only_what_is_wanted_is_told(world: World, wanted: set[PastPart], found: Past) -> None:
    problem = Problem(CallId("1.1"), START, NUMBER, CompanyId(1), ContactId(1), "Call", AgentNumber("1001"))
    await world.tickets.open_or_join(problem)
    await world.happened(*talked("1.1", "1002", 1, NUMBER, 0), *gave_up("1.2", 1, NUMBER, 100))
    assert await world.past(1, 1, wanted=wanted) == found
