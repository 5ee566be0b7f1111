"""`scripts/bench store`: what storing the facts of a call costs, beside bare sqlite3."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.table import Table

from contactcenter import events as e
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, QueueName, TicketNumber
from contactcenter.sample import sample_rows
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.store.spool import Spool
from contactcenter.store.writer import GROUP_SECONDS, FactWriter
from rig.bench_common import console, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

INSERT = "INSERT INTO facts (at, kind, call_id, agent, data) VALUES (?, ?, ?, ?, ?)"


class Sink(Protocol):
    def write(self, fact: e.Fact) -> None: ...

    async def written(self) -> None: ...

    async def run(self) -> None: ...


class Nothing:
    """What feeding costs alone."""

    def __init__(self) -> None:
        self.waiting: list[e.Fact] = []

    def write(self, fact: e.Fact) -> None:
        self.waiting.append(fact)

    async def written(self) -> None:
        pass

    async def run(self) -> None:
        await asyncio.Event().wait()


class Bare(Nothing):
    """The peer: the same rows in the same groups by executemany, blocking, with neither SQLAlchemy nor projections."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.connection = sqlite3.connect(file)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            self.connection.execute(f"PRAGMA {pragma}")

    async def written(self) -> None:
        rows = [
            (f.at.isoformat(" "), f.kind, getattr(f, "call", None), getattr(f, "agent", None), json.dumps(f.data()))
            for f in self.waiting
        ]
        self.waiting.clear()
        with self.connection:
            self.connection.executemany(INSERT, rows)

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(GROUP_SECONDS)
                await self.written()
        finally:
            self.connection.close()


def facts_of_a_call(number: int, start: datetime) -> Iterator[tuple[float, e.Fact]]:
    """(when in seconds from the first, fact) of a call that was answered, recorded and rated."""
    call, agent, queue = CallId(f"1795500000.{number}"), AgentNumber(str(1001 + number % 8)), QueueName("vip")
    tried = tuple(e.RuleTried(rule=rule, matched=rule == "rest", why="all conditions hold") for rule in ("vip", "rest"))
    steps: list[tuple[float, type[e.Fact], dict[str, Any]]] = [
        (0.00, e.CallArrived, {"hotline": "4001234567", "caller": "+8613800000001", "raw_caller": "13800000001"}),
        (0.01, e.HoursChecked, {"calendar": "office", "open": True, "why": "09:00-18:00"}),
        (
            2.00,
            e.CallerIdentified,
            {"by": "number", "company": CompanyId(1), "company_name": "宏图科技", "contact": ContactId(1)},
        ),
        (2.00, e.ServiceChecked, {"service": "active", "until": "2027-01-01"}),
        (2.00, e.NodeEntered, {"flow": "main", "node": "language"}),
        (3.50, e.KeyPressed, {"flow": "main", "node": "language", "key": "1"}),
        (3.50, e.NodeEntered, {"flow": "main", "node": "menu"}),
        (4.60, e.KeyPressed, {"flow": "main", "node": "menu", "key": "1"}),
        (4.60, e.CallRouted, {"queue": queue, "priority": 8, "rule": "rest", "tried": tried}),
        (4.60, e.CallQueued, {"queue": queue, "priority": 8, "position": 1}),
        (4.60, e.CallOffered, {"queue": queue, "agent": agent, "attempt": 1, "why": "least load"}),
        (4.90, e.CallAnswered, {"queue": queue, "agent": agent, "agent_name": "黄磊"}),
        (4.91, e.TicketOpened, {"ticket": TicketNumber(number), "title": "Call", "assignee": agent}),
        (6.90, e.TalkEnded, {"agent": agent, "by": "agent", "talk_seconds": 2.0}),
        (6.90, e.WrapUpStarted, {"agent": agent, "until": start + timedelta(seconds=7.9)}),
        (7.90, e.WrapUpEnded, {"agent": agent}),
        (8.60, e.SurveyAnswered, {"rating": 5, "agent": agent}),
        (8.70, e.CallEnded, {"outcome": "answered"}),
        (8.78, e.RecordingSaved, {"path": f"2026/11/25/{call}.wav", "seconds": 2.0}),
    ]
    for after, kind, fields in steps:
        yield after, kind(at=start + timedelta(seconds=after), call=call, **fields)  # type: ignore[call-arg]


def happenings(rate: float, calls: int) -> list[tuple[float, e.Fact]]:
    """The facts of calls that arrive at random, `rate` a second, in the order they happen."""
    chance, moment, found = random.Random(1), 0.0, []
    for number in range(1, calls + 1):
        start = datetime.now(UTC) + timedelta(seconds=moment)
        found += [(moment + after, fact) for after, fact in facts_of_a_call(number, start)]
        moment += chance.expovariate(rate)
    return sorted(found, key=lambda each: each[0])


async def cpu_of(sink: Sink, facts: list[tuple[float, e.Fact]]) -> float:
    """CPU seconds of this process while facts happen at their times and are written."""
    running = asyncio.create_task(sink.run())
    sink.write(e.PhoneChanged(at=datetime.now(UTC), agent=AgentNumber("1001"), phone="free"))
    await sink.written()
    before, started = time.process_time(), time.monotonic()
    for when, fact in facts:
        if (wait := started + when - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        sink.write(fact)
    await sink.written()
    used = time.process_time() - before
    running.cancel()
    await asyncio.wait({running})
    return used


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rates", default="5,20,40", help="calls a second, several with commas")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long calls arrive, for each rate")


async def store(options: argparse.Namespace) -> int:
    """CPU of storing the facts of a call, the writer beside bare sqlite3, which stores the facts alone."""
    table = Table("calls a second", "calls", "writer, ms a call", "bare sqlite3, ms a call", "ratio", title=machine())
    for rate in map(float, options.rates.split(",")):
        facts = happenings(rate, calls := max(1, round(rate * options.seconds)))
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            ours, bare = Path(folder) / "ours.db", Path(folder) / "bare.db"
            for file in (ours, bare):
                await asyncio.to_thread(migrate, f"sqlite+aiosqlite:///{file}")
            database = open_database(f"sqlite+aiosqlite:///{ours}")
            rows = sample_rows(datetime.now(UTC).date(), "Asia/Shanghai", lambda: "secret")
            await ConfigurationRepository(database).insert(rows)
            feeding = await cpu_of(Nothing(), facts)
            peer = (await cpu_of(Bare(bare), facts) - feeding) / calls * 1000
            writer = (await cpu_of(FactWriter(database, Spool(Path(folder) / "spool")), facts) - feeding) / calls * 1000
            await database.dispose()
        table.add_row(f"{rate:g}", str(calls), f"{writer:.2f}", f"{peer:.2f}", f"{writer / peer:.1f}")
    console.print(table)
    return 0
