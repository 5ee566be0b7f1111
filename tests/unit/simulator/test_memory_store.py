"""The store in memory keeps the ports' promises (tests/store holds the real one to the same)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contactcenter import events as e
from contactcenter.errors import StoreError
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId
from contactcenter.sample import sample_rows
from contactcenter.simulator.store import MemoryStore
from contactcenter.tickets.problem import Problem

NOW = datetime(2025, 11, 24, 2, tzinfo=UTC)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(sample_rows(date(2025, 11, 24), "Asia/Shanghai", str))


def problem(call: str, company: int | None = None, caller: str = "", assignee: str = "1001") -> Problem:
    who = None if company is None else CompanyId(company)
    return Problem(CallId(call), NOW, caller, who, None, "title", AgentNumber(assignee))


def answered(
    store: MemoryStore, call: str, agent: str, ago: float, who: tuple[int | None, int | None], *, caller: str = ""
) -> None:
    """A call that was answered `ago` hours ago. who: (contact, company)."""
    at, call_id = NOW - timedelta(hours=ago), CallId(call)
    contact, company = who
    store.write(e.CallArrived(at=at, call=call_id, hotline="400", caller=caller))
    store.write(e.CallerIdentified(at=at, call=call_id, by="number", company=company, contact=contact))
    store.write(e.CallAnswered(at=at, call=call_id, queue="support", agent=AgentNumber(agent)))


async def test_a_number_tells_the_contact_and_the_company(store: MemoryStore) -> None:
    customer = await store.by_number("+8613800000001")
    assert customer is not None
    assert (customer.company, customer.contact, customer.contact_name, customer.level) == (1, 1, "王建国", "vip")
    assert await store.by_number("+861") is None


async def test_a_code_tells_the_company_only(store: MemoryStore) -> None:
    customer = await store.by_service_code("100005")
    assert customer is not None
    assert (customer.company_name, customer.contact) == ("成都锦里食品有限公司", None)
    assert await store.by_service_code("000000") is None


async def test_last_agents_are_the_contacts_then_the_companys_newest_first(store: MemoryStore) -> None:
    answered(store, "1", "1001", 30, (1, 1))
    answered(store, "2", "1002", 20, (1, 1))
    answered(store, "3", "1003", 10, (7, 1))
    since = NOW - timedelta(hours=72)
    assert await store.last_agents(ContactId(1), CompanyId(1), "+86", since) == ("1002", "1003")
    assert await store.last_agents(ContactId(7), CompanyId(1), "+86", since) == ("1003",)
    assert await store.last_agents(None, CompanyId(1), "", since) == ("1003",)
    assert await store.last_agents(ContactId(1), CompanyId(1), "", NOW - timedelta(hours=15)) == ("1003",)


async def test_last_agents_of_a_number_nobody_knows(store: MemoryStore) -> None:
    answered(store, "1", "1005", 1, (None, None), caller="+8613911112222")
    since = NOW - timedelta(hours=72)
    assert await store.last_agents(None, None, "+8613911112222", since) == ("1005",)
    assert await store.last_agents(None, None, "", since) == ()


async def test_a_company_has_one_open_ticket(store: MemoryStore) -> None:
    assert await store.open_or_join(problem("1", company=1)) == (1, True)
    assert await store.open_or_join(problem("2", company=1, caller="+86")) == (1, False)
    assert await store.open_or_join(problem("3", company=2)) == (2, True)
    store.tickets[0].status = "closed"
    assert await store.open_or_join(problem("4", company=1)) == (3, True)
    assert await store.open_of(AgentNumber("1001")) == 2


async def test_unknown_callers_share_a_ticket_by_number_and_withheld_ones_share_none(store: MemoryStore) -> None:
    assert await store.open_or_join(problem("1", caller="+861")) == (1, True)
    assert await store.open_or_join(problem("2", caller="+861")) == (1, False)
    assert await store.open_or_join(problem("3", company=1, caller="+861")) == (2, True)
    assert await store.open_or_join(problem("4")) == (3, True)
    assert await store.open_or_join(problem("5")) == (4, True)


async def test_a_call_has_one_ticket(store: MemoryStore) -> None:
    """Also where it is answered twice, and by the time of the second answer a newer one is open."""
    assert await store.open_or_join(problem("1", company=1)) == (1, True)
    assert await store.open_or_join(problem("1", company=2)) == (1, False)


async def test_a_method_can_be_made_to_fail(store: MemoryStore) -> None:
    store.failing.add("open_of")
    with pytest.raises(StoreError, match="open_of"):
        await store.open_of(AgentNumber("1001"))
