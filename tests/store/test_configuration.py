"""What admins have set: read as a whole, changed as a whole, and every change in the audit log."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.inputs import Restore
from contactcenter.acd.settings import Member, QueueSettings
from contactcenter.changes import Author, Item
from contactcenter.configuration.difference import ORDER, backwards, with_items
from contactcenter.configuration.editing import added, changed, with_flows, without, without_agent
from contactcenter.configuration.kinds import AGENT, HOTLINE, QUEUE
from contactcenter.configuration.models import Agent, Configuration, FlowText, Hotline, Trunk
from contactcenter.configuration.routes import moved
from contactcenter.errors import BadInput, StoreError
from contactcenter.hours.calendar import Span
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.store import tables as t
from contactcenter.store.changes import AuditRepository
from contactcenter.store.configuration import ConfigurationRepository

NOW = datetime(2026, 11, 25, 1, 2, 3, 456789, tzinfo=UTC)
ADMIN = Author("wang", "command line on host7", "queue set support ring_seconds=15")


def anything(*_: Configuration) -> None:
    """A check that lets everything pass."""


async def test_the_sample(sample: AsyncEngine) -> None:
    loaded = await ConfigurationRepository(sample).load()
    assert list(loaded.agents) == ["1001", "1002", "1003", "1004", "1005", "1006"]
    assert loaded.agents[AgentNumber("1001")] == Agent(AgentNumber("1001"), "张伟", "secret")
    assert "secret" not in repr(loaded)
    assert list(loaded.queues) == ["support", "vip", "renewals"]
    assert loaded.queues[QueueName("vip")] == QueueSettings(
        QueueName("vip"),
        title="VIP专席",
        strategy="round_robin",
        members=(Member(AgentNumber("1004"), 1), Member(AgentNumber("1005"), 1), Member(AgentNumber("1001"), 2)),
    )
    assert loaded.hotlines == {"4001234567": Hotline("4001234567", "服务热线", "always", "main", "zh")}
    workdays = loaded.calendars["workdays"]
    assert workdays.timezone.key == "Asia/Shanghai"
    assert workdays.weekly[0] == (Span.parse("09:00-12:00"), Span.parse("13:30-18:00"))
    assert workdays.weekly[5:] == ((), ())
    assert [*loaded.flows] == ["main"]
    assert loaded.flows["main"].version == 1
    assert [*loaded.routes][-1] == "everybody else"
    assert loaded.revision == 0


async def test_an_empty_site(database: AsyncEngine) -> None:
    assert await ConfigurationRepository(database).load() == Configuration()


async def test_the_state_of_an_agent(sample: AsyncEngine) -> None:
    values = {"logged_in": False, "pause_reason": "lunch", "wrap_up_until": NOW}
    async with sample.begin() as connection:
        await connection.execute(update(t.agents).where(t.agents.c.number == "1001").values(values))
    states = await ConfigurationRepository(sample).states()
    assert states[AgentNumber("1001")] == Restore(AgentNumber("1001"), False, "lunch", NOW)
    assert states[AgentNumber("1002")] == Restore(AgentNumber("1002"), True, "", None)


async def test_rows_are_put_in_together_or_not_at_all(database: AsyncEngine) -> None:
    row = {"kind": "agent", "key": "1001", "position": 0, "data": {"name": "张伟"}}
    with pytest.raises(IntegrityError):
        await ConfigurationRepository(database).insert({"configuration": [row, row]})
    assert (await ConfigurationRepository(database).load()).agents == {}


async def test_a_change_is_kept_with_everything_before_and_after(sample: AsyncEngine) -> None:
    book = ConfigurationRepository(sample)
    operation = partial(changed, kind=QUEUE, key="support", words={"ring_seconds": "15"})
    configuration, items = await book.change(operation, anything, ADMIN, NOW)
    assert configuration == await book.load()
    assert configuration.queues[QueueName("support")].ring_seconds == 15
    assert configuration.revision == 1
    [item] = items
    assert item.before is not None
    assert item.after == {**item.before, "ring_seconds": 15.0}
    kept = await AuditRepository(sample).change()
    assert kept is not None
    assert (kept.author, kept.at, kept.items, kept.undone_by, kept.undoes) == (ADMIN, NOW, items, None, None)


async def test_what_changes_nothing_is_not_written(sample: AsyncEngine) -> None:
    book = ConfigurationRepository(sample)
    same = partial(changed, kind=QUEUE, key="support", words={"ring_seconds": "20"})
    configuration, items = await book.change(same, anything, ADMIN, NOW)
    assert (configuration.revision, items) == (0, ())
    assert await AuditRepository(sample).latest(10) == []


async def test_what_the_check_refuses_is_not_written(sample: AsyncEngine) -> None:
    def refuse(*_: Configuration) -> None:
        raise BadInput("no")

    book = ConfigurationRepository(sample)
    before = await book.load()
    with pytest.raises(BadInput, match=r"^no$"):
        await book.change(partial(without, kind=QUEUE, key="support"), refuse, ADMIN, NOW)
    assert await book.load() == before
    assert await AuditRepository(sample).latest(10) == []


async def test_an_agent_who_comes_has_a_state_and_one_who_goes_has_none(sample: AsyncEngine) -> None:
    book = ConfigurationRepository(sample)
    add = partial(added, kind=AGENT, key="1007", words={"name": "孙丽"})
    after, _ = await book.change(add, anything, ADMIN, NOW)
    assert len(after.agents[AgentNumber("1007")].sip_password) == 24
    assert (await book.states())[AgentNumber("1007")] == Restore(AgentNumber("1007"), False, "", None)
    after, items = await book.change(partial(without_agent, number=AgentNumber("1004")), anything, ADMIN, NOW)
    assert [(item.kind, item.key) for item in items] == [("agent", "1004"), ("queue", "vip")]
    assert AgentNumber("1004") not in await book.states()


async def test_twenty_admins_at_once_lose_nothing_of_each_other(sample: AsyncEngine) -> None:
    book = ConfigurationRepository(sample)

    def one_more(now: Configuration) -> Configuration:
        queue = now.queues[QueueName("support")]
        return replace(now, queues={**now.queues, queue.name: replace(queue, max_length=queue.max_length + 1)})

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(book.change(one_more, anything, ADMIN, NOW))
    after = await book.load()
    assert after.queues[QueueName("support")].max_length == 20
    assert after.revision == 20
    steps = await AuditRepository(sample).versions("queue", "support")
    lengths = [(change.items[0].before or {})["max_length"] for change in steps]
    assert lengths == [*range(20)]


async def test_taking_back_and_being_changed_since(sample: AsyncEngine) -> None:
    book, log = ConfigurationRepository(sample), AuditRepository(sample)
    before = await book.load()
    _, items = await book.change(partial(without_agent, number=AgentNumber("1004")), anything, ADMIN, NOW)
    after, _ = await book.change(partial(with_items, items=backwards(items)), anything, ADMIN, NOW, undoes=1)
    assert replace(after, revision=0, agents={}) == replace(before, agents={})
    assert after.agents == before.agents  # with the same password: the phone need not be set up again
    first = await log.change(1)
    assert first is not None
    assert first.undone_by == 2
    assert await log.change() is None  # neither what was taken back nor the taking back stands
    _, items = await book.change(
        partial(changed, kind=HOTLINE, key="4001234567", words={"title": "a"}), anything, ADMIN, NOW
    )
    await book.change(partial(changed, kind=HOTLINE, key="4001234567", words={"title": "b"}), anything, ADMIN, NOW)
    with pytest.raises(BadInput, match=r"^hotline 4001234567 was changed since"):
        await book.change(partial(with_items, items=backwards(items)), anything, ADMIN, NOW, undoes=3)


async def test_the_order_of_rules_is_a_change_too(sample: AsyncEngine) -> None:
    book = ConfigurationRepository(sample)
    names = [*(await book.load()).routes]
    after, items = await book.change(partial(moved, name=names[0], place=len(names)), anything, ADMIN, NOW)
    wanted = [*names[1:], names[0]]
    assert items == (Item(ORDER, "all", {"order": names}, {"order": wanted}),)
    assert [*after.routes] == [*(await book.load()).routes] == wanted
    after, _ = await book.change(partial(with_items, items=backwards(items)), anything, ADMIN, NOW)
    assert [*after.routes] == names


async def test_the_order_of_trunks_is_a_change_too(sample: AsyncEngine) -> None:
    """Calls go out over the first that can."""
    book = ConfigurationRepository(sample)

    def of(*names: str) -> partial[Configuration]:
        return partial(replace, trunks={name: Trunk(name, host=f"{name}.example") for name in names})

    await book.change(of("a", "b", "c"), anything, ADMIN, NOW)
    after, items = await book.change(of("c", "a", "b"), anything, ADMIN, NOW)
    assert [item.kind for item in items] == ["trunk-order"]
    assert [*after.trunks] == [*(await book.load()).trunks] == ["c", "a", "b"]
    _, items = await book.change(of("c", "b"), anything, ADMIN, NOW)
    after, _ = await book.change(partial(with_items, items=backwards(items)), anything, ADMIN, NOW)
    assert [*after.trunks] == ["c", "a", "b"], "one that comes back has its place again"


async def test_no_two_texts_of_a_flow_have_the_same_version(sample: AsyncEngine) -> None:
    """Facts of calls name the version that was heard."""
    book = ConfigurationRepository(sample)
    text = (await book.load()).flows["main"].text
    _, first = await book.change(partial(with_flows, texts={"main": f"{text}# 2"}), anything, ADMIN, NOW)
    _, second = await book.change(partial(with_flows, texts={"main": f"{text}# 3"}), anything, ADMIN, NOW)
    for items in (second, first):
        after, _ = await book.change(partial(with_items, items=backwards(items)), anything, ADMIN, NOW)
    assert after.flows["main"] == FlowText("main", text, 5)
    await book.change(partial(with_flows, texts={"main": f"{text}# 6"}), anything, ADMIN, NOW)
    texts: dict[int, set[str]] = {}
    for made in await AuditRepository(sample).versions("flow", "main"):
        for plain in (made.items[0].before, made.items[0].after):
            texts.setdefault((plain or {})["version"], set()).add((plain or {})["text"])
    assert {version: len(of) for version, of in texts.items()} == dict.fromkeys(range(1, 7), 1)


async def test_the_log_is_listed_and_searched(sample: AsyncEngine) -> None:
    book, log = ConfigurationRepository(sample), AuditRepository(sample)
    for seconds in ("15", "16"):
        await book.change(
            partial(changed, kind=QUEUE, key="vip", words={"ring_seconds": seconds}), anything, ADMIN, NOW
        )
    await book.change(partial(changed, kind=QUEUE, key="support", words={"ring_seconds": "9"}), anything, ADMIN, NOW)
    assert [row["number"] for row in await log.latest(10)] == [3, 2, 1]
    assert [row["number"] for row in await log.latest(10, "vip")] == [2, 1]
    assert [row["number"] for row in await log.latest(1)] == [3]
    assert await log.latest(10, "nothing") == []
    assert [row["items"] for row in await log.latest(10)] == [1, 1, 1]
    assert await log.change(99) is None


async def test_a_stored_thing_that_does_not_fit_is_told_in_one_line(sample: AsyncEngine) -> None:
    bad = {"kind": "queue", "key": "tax", "position": 9, "data": {"ring_seconds": "long"}}
    book = ConfigurationRepository(sample)
    await book.insert({"configuration": [bad]})
    with pytest.raises(StoreError, match=r"^the stored configuration can't be read: queue tax: ring_seconds") as no:
        await book.load()
    assert "\n" not in str(no.value)
    async with sample.begin() as connection:
        await connection.execute(delete(t.configuration).where(t.configuration.c.key == "tax"))
