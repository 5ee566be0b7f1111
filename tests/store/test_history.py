"""Who spoke with this caller last: contact before company, newest first, within the window."""

from datetime import datetime

import pytest
from happenings import START, after, answered, arrived, ended, identified, queued
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter import events as e
from contactcenter.ids import CallId, CompanyId, ContactId
from contactcenter.store.history import HistoryRepository
from contactcenter.store.writer import FactWriter

ME, COMPANY, NUMBER = ContactId(1), CompanyId(1), "+8613800000001"


async def talked(writer: FactWriter, *talks: tuple[str, str, int | None, int | None, float]) -> None:
    """Each talk: agent, caller's number, company, contact, when."""
    for index, (agent, caller, company, contact, at) in enumerate(talks):
        call = f"9.{index}"
        facts = (
            arrived(call, caller, at),
            identified(call, company, contact, at),
            answered(call, agent, at),
            ended(call, at=at),
        )
        for fact in facts:
            writer.write(fact)
    await writer.written()


@pytest.fixture
def history(database: AsyncEngine) -> HistoryRepository:
    return HistoryRepository(database)


async def test_the_contacts_agent_goes_before_the_companys(writer: FactWriter, history: HistoryRepository) -> None:
    await talked(writer, ("1001", NUMBER, 1, 1, 10), ("1002", "+8613800000012", 1, 2, 20))
    assert await history.last_agents(ME, COMPANY, NUMBER, START) == ("1001", "1002")


async def test_the_last_agent_is_the_newest_whatever_was_written_first(
    writer: FactWriter, history: HistoryRepository
) -> None:
    await talked(writer, ("1003", NUMBER, 1, 1, 30), ("1001", NUMBER, 1, 1, 10), ("1002", NUMBER, 1, 1, 20))
    assert await history.last_agents(ME, COMPANY, NUMBER, START) == ("1003",)


async def test_nobody_is_named_twice(writer: FactWriter, history: HistoryRepository) -> None:
    await talked(writer, ("1001", NUMBER, 1, 1, 10), ("1001", "+8613800000012", 1, 2, 20))
    assert await history.last_agents(ME, COMPANY, NUMBER, START) == ("1001",)


async def test_a_company_known_by_its_code_is_asked_by_number_and_company(
    writer: FactWriter, history: HistoryRepository
) -> None:
    await talked(writer, ("1001", "+8613900000000", 1, None, 10), ("1002", NUMBER, 1, 1, 20))
    assert await history.last_agents(None, COMPANY, "+8613900000000", START) == ("1001", "1002")


async def test_an_unknown_caller_is_asked_by_number_alone(writer: FactWriter, history: HistoryRepository) -> None:
    await talked(writer, ("1001", "+8613900000000", None, None, 10), ("1002", "+8613900000001", None, None, 20))
    assert await history.last_agents(None, None, "+8613900000000", START) == ("1001",)


async def test_a_withheld_number_has_no_history(writer: FactWriter, history: HistoryRepository) -> None:
    await talked(writer, ("1001", "", None, None, 10))
    assert await history.last_agents(None, None, "", START) == ()


async def test_another_customers_agent_is_not_asked(writer: FactWriter, history: HistoryRepository) -> None:
    await talked(writer, ("1001", "+8613800000002", 2, 2, 10))
    assert await history.last_agents(ME, COMPANY, NUMBER, START) == ()


@pytest.mark.parametrize(("since", "agents"), [(after(9.999), ("1001",)), (after(10), ("1001",)), (after(10.001), ())])
async def test_the_window_begins_at_its_first_moment(
    writer: FactWriter, history: HistoryRepository, since: datetime, agents: tuple[str, ...]
) -> None:
    await talked(writer, ("1001", NUMBER, 1, 1, 10))
    assert await history.last_agents(ME, COMPANY, NUMBER, since) == agents


async def test_a_call_that_nobody_answered_does_not_count(writer: FactWriter, history: HistoryRepository) -> None:
    await talked(writer, ("1001", NUMBER, 1, 1, 10))
    for fact in (arrived("8.1", at=20), identified("8.1", 1, 1, 20), queued("8.1", 20), ended("8.1", "abandoned", 30)):
        writer.write(fact)
    await writer.written()
    assert await history.last_agents(ME, COMPANY, NUMBER, START) == ("1001",)


async def test_wrong_service_codes_are_read_back(writer: FactWriter, database: AsyncEngine) -> None:
    """Those that were looked up and were nobody's, with the calling number: a restart gives nobody more tries."""
    for call, number in (("1.1", "+861"), ("1.2", "")):
        writer.write(arrived(call, number))
    for at, call, fields in (
        (5, "1.1", {"accepted": False}),
        (10, "1.1", {"accepted": False}),
        (11, "1.2", {"accepted": False}),
        (12, "1.1", {"accepted": False, "limited": True}),
        (13, "1.1", {"accepted": False, "keyed": False}),
        (14, "1.1", {"accepted": True}),
    ):
        writer.write(e.ServiceCodeTried(at=after(at), call=CallId(call), attempt=1, **fields))
    await writer.written()
    found = await HistoryRepository(database).wrong_codes(after(10))
    assert found == [("+861", after(10)), ("", after(11))]
