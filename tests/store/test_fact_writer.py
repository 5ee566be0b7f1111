"""The one writer of facts: in order, in groups, never lost, and projected in the same transaction."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from happenings import START, after, answered, arrived, ended, identified, queued, saved, stored
from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter import events as e
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.store import projections
from contactcenter.store import tables as t
from contactcenter.store import writer as writer_module
from contactcenter.store.alarms import AlarmRepository
from contactcenter.store.callbacks import CallbackRepository
from contactcenter.store.history import HistoryRepository
from contactcenter.store.recordings import RecordingRepository
from contactcenter.store.writer import FactWriter, write_facts

AGENT = AgentNumber("1001")


async def agent_row(database: AsyncEngine) -> dict[str, object]:
    columns = (t.agents.c.logged_in, t.agents.c.pause_reason, t.agents.c.wrap_up_until)
    async with database.connect() as connection:
        return dict((await connection.execute(select(*columns).where(t.agents.c.number == AGENT))).mappings().one())


@contextmanager
def commits(writer: FactWriter) -> Iterator[list[str]]:
    """One entry for each commit of a transaction that wrote facts."""
    seen: list[str] = []
    writing: list[bool] = []

    def execute(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO facts"):
            writing.append(True)

    def commit(_: object) -> None:
        if writing:
            seen.append("commit")
        writing.clear()

    event.listen(writer.engine, "before_cursor_execute", execute)
    event.listen(writer.engine, "commit", commit)
    yield seen
    event.remove(writer.engine, "before_cursor_execute", execute)
    event.remove(writer.engine, "commit", commit)


@contextmanager
def before_statements(writer: FactWriter, listener: Callable[..., None]) -> Iterator[None]:
    """The listener is called in the writer's thread."""
    event.listen(writer.engine, "before_cursor_execute", listener)
    yield
    event.remove(writer.engine, "before_cursor_execute", listener)


@contextmanager
def statements(writer: FactWriter) -> Iterator[list[str]]:
    seen: list[str] = []
    with before_statements(writer, lambda _c, _cursor, statement, *_: seen.append(statement)):
        yield seen


async def test_facts_are_kept_whole_and_in_order(writer: FactWriter, database: AsyncEngine) -> None:
    tried = (e.RuleTried(rule="VIP, 中文", matched=True, why="all conditions hold"),)
    facts = [
        arrived("1.1"),
        arrived("1.2", at=0.000001),
        e.CallRouted(at=after(2), call=CallId("1.1"), queue=queued("1.1").queue, priority=8, rule="VIP", tried=tried),
        e.WrapUpStarted(at=after(2), agent=AGENT, call=CallId("1.2"), until=after(12.5)),
        e.AlarmRaised(at=after(1), name="disk", detail="an earlier time, written later"),
        ended("1.2", "abandoned"),
    ]
    for fact in facts:
        writer.write(fact)
    await writer.written()
    assert await stored(database) == facts
    assert await HistoryRepository(database).facts(CallId("1.2")) == [facts[1], facts[3], facts[5]]
    assert await AlarmRepository(database).all() == [{"at": facts[4].at, **facts[4].data()}]


async def test_a_hundred_facts_at_once_are_one_commit(writer: FactWriter, database: AsyncEngine) -> None:
    with commits(writer) as seen:
        for number in range(100):
            writer.write(arrived(f"1.{number}"))
        await writer.written()
    assert seen == ["commit"]
    assert [fact.call for fact in await stored(database)] == [f"1.{number}" for number in range(100)]  # type: ignore[attr-defined]


async def test_facts_that_follow_each_other_closely_are_one_commit_too(
    writer: FactWriter, database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "GROUP_SECONDS", 0.2)
    with commits(writer) as seen:
        for number in range(20):
            writer.write(arrived(f"1.{number}"))
            await asyncio.sleep(0)  # the others' turn
        await writer.written()
    assert seen == ["commit"]
    assert len(await stored(database)) == 20


def test_a_group_waits_a_quarter_of_a_second_at_most() -> None:
    assert writer_module.GROUP_SECONDS <= 0.25


async def test_written_returns_when_all_taken_before_is_in_the_database(
    writer: FactWriter, database: AsyncEngine
) -> None:
    await asyncio.wait_for(writer.written(), 1)  # nothing to write
    for group in range(3):
        writer.write(arrived(f"{group}.1"))
        await writer.written()
        assert len(await stored(database)) == group + 1


async def test_facts_that_come_while_others_are_written_are_not_lost(writer: FactWriter, database: AsyncEngine) -> None:
    """And they do come: writing keeps nobody from working."""
    loop, came = asyncio.get_running_loop(), threading.Event()

    def write_another() -> None:
        writer.write(arrived("1.2"))
        came.set()

    def in_between(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO facts") and not came.is_set():
            loop.call_soon_threadsafe(write_another)
            assert came.wait(5)

    with before_statements(writer, in_between):
        writer.write(arrived("1.1"))
        await writer.written()
    assert [fact.call for fact in await stored(database)] == ["1.1", "1.2"]  # type: ignore[attr-defined]


async def test_a_call_is_listed_as_it_goes_on(writer: FactWriter, database: AsyncEngine) -> None:
    history = HistoryRepository(database)
    for fact in (arrived("1.1"), identified("1.1", 1, 1), queued("1.1")):
        writer.write(fact)
    await writer.written()
    call = await history.call(CallId("1.1"))
    assert call is not None
    assert (call["company"], call["queue"], call["agent"], call["outcome"]) == ("company 1", "vip", "", "")
    assert (call["arrived_at"], call["queued_at"], call["answered_at"]) == (START, after(5), None)
    for fact in (answered("1.1"), ended("1.1")):
        writer.write(fact)
    await writer.written()
    call = await history.call(CallId("1.1"))
    assert call is not None
    assert (call["company"], call["agent"], call["outcome"], call["wait_seconds"]) == (
        "company 1",
        "1004",
        "answered",
        4,
    )
    assert await history.call(CallId("1.2")) is None


async def test_the_newest_calls_are_listed_first(writer: FactWriter, database: AsyncEngine) -> None:
    for number in (2, 1, 3):
        writer.write(arrived(f"1.{number}", at=number))
    await writer.written()
    history = HistoryRepository(database)
    assert [call["id"] for call in await history.calls()] == ["1.3", "1.2", "1.1"]
    assert [call["id"] for call in await history.calls(limit=2)] == ["1.3", "1.2"]


@pytest.mark.parametrize("kept", [0, 1], ids=["forgotten", "at hand"])
async def test_a_late_fact_changes_only_its_own_part_of_the_record(
    writer: FactWriter, database: AsyncEngine, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """The call is over. When it is forgotten, too, its record is put together again from what is stored."""
    monkeypatch.setattr(projections, "KEPT_RECORDS", kept)
    history = HistoryRepository(database)
    for fact in (arrived("1.1"), identified("1.1", 1, 1), queued("1.1"), answered("1.1"), ended("1.1")):
        writer.write(fact)
    await writer.written()
    before = await history.call(CallId("1.1"))
    assert before is not None
    with statements(writer) as seen:
        writer.write(saved("1.1"))
        await writer.written()
    assert any(statement.startswith("SELECT") for statement in seen) == (kept == 0)
    assert await history.call(CallId("1.1")) == {**before, "recording": "2026/11/25/1.1.wav"}
    (recording,) = await RecordingRepository(database).all()
    expected = {"call_id": "1.1", "seconds": 51.5, "saved_at": after(70), "agent": "1004", "company": "company 1"}
    assert {key: recording[key] for key in expected} == expected


async def test_what_others_changed_of_a_call_is_not_written_over(writer: FactWriter, database: AsyncEngine) -> None:
    """Once it is told of it, the writer goes on from what is stored; facts of a command go through the same projections."""
    for fact in (arrived("1.1"), identified("1.1", 1, 1), queued("1.1"), answered("1.1"), ended("1.1")):
        writer.write(fact)
    await writer.written()
    await write_facts(database, [saved("1.1")])
    async with database.begin() as connection:
        whose = t.facts.c.kind == "CallArrived"
        data = {**arrived("1.1").data(), "caller": "erased-1"}
        await connection.execute(update(t.facts).where(whose).values(data=data))
    await writer.forget()
    writer.write(e.SurveyAnswered(at=after(80), call=CallId("1.1"), rating=4, agent=AgentNumber("1004")))
    await writer.written()
    call = await HistoryRepository(database).call(CallId("1.1"))
    assert call is not None
    assert (call["caller"], call["recording"], call["rating"]) == ("erased-1", "2026/11/25/1.1.wav", 4)


async def test_a_new_controller_goes_on_with_a_call_of_the_old_one(writer: FactWriter, database: AsyncEngine) -> None:
    for fact in (arrived("1.1"), identified("1.1", 1, 1), queued("1.1")):
        writer.write(fact)
    await writer.written()
    second = FactWriter(database)
    writing = asyncio.create_task(second.run())
    second.write(answered("1.1"))
    await second.written()
    writing.cancel()
    call = await HistoryRepository(database).call(CallId("1.1"))
    assert call is not None
    assert (call["caller"], call["company"], call["agent"], call["wait_seconds"]) == (
        "+8613800000001",
        "company 1",
        "1004",
        4.0,
    )


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ([e.AgentLoggedOut(at=START, agent=AGENT)], (False, "", None)),
        ([e.AgentPaused(at=START, agent=AGENT, reason="lunch")], (True, "lunch", None)),
        (
            [e.AgentPaused(at=START, agent=AGENT, reason="lunch"), e.AgentResumed(at=after(1), agent=AGENT)],
            (True, "", None),
        ),
        (
            [e.AgentPaused(at=START, agent=AGENT, reason="lunch"), e.AgentLoggedOut(at=after(1), agent=AGENT)],
            (False, "", None),
        ),
        (
            [e.AgentLoggedOut(at=START, agent=AGENT), e.AgentLoggedIn(at=after(1), agent=AGENT)],
            (True, "", None),
        ),
        (
            [e.WrapUpStarted(at=START, agent=AGENT, call=CallId("1.1"), until=after(10))],
            (True, "", after(10)),
        ),
        (
            [
                e.WrapUpStarted(at=START, agent=AGENT, call=CallId("1.1"), until=after(10)),
                e.WrapUpEnded(at=after(10), agent=AGENT, call=CallId("1.1")),
            ],
            (True, "", None),
        ),
        ([e.AgentLoggedOut(at=START, agent=AgentNumber("1002"))], (True, "", None)),
        ([e.PhoneChanged(at=START, agent=AGENT, phone="busy")], (True, "", None)),
    ],
    ids=["logout", "pause", "resume", "logout ends pause", "login", "wrap-up", "wrap-up ends", "another", "phone"],
)
async def test_what_an_agent_did_is_remembered(
    sample: AsyncEngine, writer: FactWriter, facts: list[e.Fact], row: tuple[bool, str, object]
) -> None:
    for fact in facts:
        writer.write(fact)
    await writer.written()
    assert tuple((await agent_row(sample)).values()) == row


async def test_a_group_is_a_handful_of_statements_however_many_facts_it_has(
    sample: AsyncEngine, writer: FactWriter
) -> None:
    """Each statement costs, each row hardly: what a call's CPU is made of."""
    calls = [f"1.{number}" for number in range(20)]
    agents = [AgentNumber(f"{1001 + number}") for number in range(8)]
    for call in calls:
        writer.write(arrived(call))
    await writer.written()
    with statements(writer) as seen:
        for call in calls:
            writer.write(queued(call))
            writer.write(ended(call, "abandoned"))
        for agent in agents:
            writer.write(e.WrapUpStarted(at=START, agent=agent, call=CallId("1.1"), until=after(10)))
        await writer.written()
    assert [" ".join(statement.split()[:3]) for statement in seen] == [
        "INSERT INTO facts",
        "INSERT INTO calls",
        "UPDATE agents SET",
    ]
    assert (await agent_row(sample))["wrap_up_until"] == after(10)


async def test_a_fact_that_changes_nothing_in_the_record_writes_no_record(
    writer: FactWriter, database: AsyncEngine
) -> None:
    writer.write(arrived("1.1"))
    await writer.written()
    entered = e.NodeEntered(at=after(2), call=CallId("1.1"), flow="main", node="menu")
    with statements(writer) as seen:
        writer.write(entered)
        await writer.written()
    assert [statement.split()[2] for statement in seen] == ["facts"]
    assert await stored(database) == [arrived("1.1"), entered]


async def test_a_promise_to_call_back_is_read_back_whole(database: AsyncEngine, writer: FactWriter) -> None:
    requested = e.CallbackRequested(
        at=after(9),
        call=CallId("1"),
        queue=QueueName("vip"),
        number="+8613800000001",
        priority=7,
        since=after(2),
        hotline="4001234567",
        name="张伟",
        skills=("english", "install"),
    )
    writer.write(requested)
    await writer.written()
    (promise,) = await CallbackRepository(database).open({})
    assert (promise.call, promise.queue, promise.priority, promise.since) == ("1", "vip", 7, after(2))
    assert (promise.hotline, promise.name, promise.skills) == ("4001234567", "张伟", {"english", "install"})


async def test_what_is_longer_than_a_column_or_no_text_is_cut_there_and_whole_in_its_fact(
    writer: FactWriter, database: AsyncEngine
) -> None:
    call, dialed = CallId("9" * 70), "4" * 79
    came = e.CallArrived(
        at=START, call=call, hotline=dialed, caller="+86\x00138", raw_caller="\x00", caller_name="王\ud800"
    )
    talked = e.CallAnswered(at=after(1), call=call, queue=QueueName("vip"), agent=AgentNumber("+" + "8" * 20))
    paused = e.AgentPaused(at=after(2), agent=AGENT, reason="午" * 50)
    for fact in (came, talked, paused):
        writer.write(fact)
    await writer.written()
    assert await stored(database) == [came, talked, paused]
    (row,) = await HistoryRepository(database).calls()
    assert (row["id"], row["hotline"], row["caller"], row["agent"]) == ("9" * 60, "4" * 40, "+86138", "+" + "8" * 19)
    assert (await HistoryRepository(database).call(call) or {})["id"] == "9" * 60
    writer.write(ended(call))  # the record is read again
    await writer.written()
    assert (await HistoryRepository(database).call(call) or {})["outcome"] == "answered"
