"""What admins have set, read as a whole."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.inputs import Restore
from contactcenter.acd.settings import Member, QueueSettings
from contactcenter.center import Hotline
from contactcenter.hours.calendar import Span
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.store import tables as t
from contactcenter.store.configuration import ConfigurationRepository


async def test_the_sample(sample: AsyncEngine) -> None:
    loaded = await ConfigurationRepository(sample).load()
    assert list(loaded.agents) == ["1001", "1002", "1003", "1004", "1005", "1006"]
    agent = loaded.agents[AgentNumber("1001")]
    assert (agent.name, agent.sip_password) == ("张伟", "secret")
    assert agent.before == Restore(AgentNumber("1001"), logged_in=True)
    assert "secret" not in repr(loaded)
    assert list(loaded.queues) == ["renewals", "support", "vip"]
    assert loaded.queues[QueueName("vip")] == QueueSettings(
        QueueName("vip"),
        title="VIP专席",
        strategy="round_robin",
        members=(Member(AgentNumber("1001"), 2), Member(AgentNumber("1004"), 1), Member(AgentNumber("1005"), 1)),
    )
    assert loaded.hotlines == {"4001234567": Hotline("4001234567", "服务热线", "always", "main", "zh")}
    workdays = loaded.calendars["workdays"]
    assert workdays.timezone.key == "Asia/Shanghai"
    assert workdays.weekly[0] == (Span.parse("09:00-12:00"), Span.parse("13:30-18:00"))
    assert workdays.weekly[5:] == ((), ())
    assert loaded.calendars["always"].check(datetime(2026, 11, 25, 15, 59, tzinfo=UTC)) == (True, "wed 00:00-24:00")


async def test_an_empty_site(database: AsyncEngine) -> None:
    loaded = await ConfigurationRepository(database).load()
    assert (loaded.agents, loaded.queues, loaded.hotlines, loaded.calendars) == ({}, {}, {}, {})


async def test_defaults_of_the_table_are_those_of_the_engine(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(insert(t.queues).values(name="new"))
    loaded = await ConfigurationRepository(database).load()
    assert loaded.queues == {"new": QueueSettings(QueueName("new"))}


async def test_special_days_and_the_state_of_an_agent(sample: AsyncEngine) -> None:
    until = datetime(2026, 11, 25, 1, 2, 3, 456789, tzinfo=UTC)
    async with sample.begin() as connection:
        special = {"2026-10-01": [], "2026-10-10": ["10:00-11:00"]}
        await connection.execute(update(t.calendars).where(t.calendars.c.name == "workdays").values(special=special))
        await connection.execute(
            update(t.agents)
            .where(t.agents.c.number == "1001")
            .values(logged_in=False, pause_reason="lunch", wrap_up_until=until)
        )
    loaded = await ConfigurationRepository(sample).load()
    assert loaded.calendars["workdays"].special == {
        date(2026, 10, 1): (),
        date(2026, 10, 10): (Span.parse("10:00-11:00"),),
    }
    before = loaded.agents[AgentNumber("1001")].before
    assert before == Restore(AgentNumber("1001"), logged_in=False, pause_reason="lunch", wrap_up_until=until)


async def test_rows_are_put_in_together_or_not_at_all(database: AsyncEngine) -> None:
    rows = {
        "agents": [{"number": "1001", "name": "张伟", "sip_password": "x"}],
        "members": [{"queue": "nowhere", "agent": "1001"}],
    }
    with pytest.raises(IntegrityError):
        await ConfigurationRepository(database).insert(rows)
    assert (await ConfigurationRepository(database).load()).agents == {}
