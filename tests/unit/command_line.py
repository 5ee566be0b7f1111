"""Runs commands in this process, as a person types them, and gives them a past to show."""

import asyncio
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from contactcenter import events as e
from contactcenter.cli.main import main
from contactcenter.config import read_settings
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, QueueName, TicketNumber
from contactcenter.site import Site
from contactcenter.store.database import open_database
from contactcenter.store.tickets import TicketRepository
from contactcenter.store.writer import FactWriter
from contactcenter.tickets.problem import Problem

CALL = CallId("1795500000.42")
ABANDONED = CallId("1795500099.43")
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
VIP, AGENT = QueueName("vip"), AgentNumber("1004")


def run(*words: str | Path, site: Path | None = None) -> Result:
    place = ["--site", str(site)] if site else []
    return CliRunner(env={"CONTACTCENTER_SITE": None}).invoke(main, [*place, *map(str, words)])


def done(*words: str | Path, site: Path | None = None) -> str:
    result = run(*words, site=site)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def read(*words: str, site: Path) -> Any:
    return json.loads(done(*words, "--json", site=site))


def refusal(*words: str | Path, site: Path | None = None) -> str:
    """The one line of a refused command."""
    result = run(*words, site=site)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("contactcenter: ")
    return lines[0].removeprefix("contactcenter: ")


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def facts() -> Iterator[e.Fact]:
    def after(seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)

    tried = (
        e.RuleTried(rule="expired", matched=False, why="service is active, not expired"),
        e.RuleTried(rule="VIP", matched=True, why="all conditions hold"),
    )
    yield e.CallArrived(at=START, call=CALL, hotline="4001234567", caller="+8613800000001")
    yield e.HoursChecked(at=START, call=CALL, calendar="always", open=True, why="wed 00:00-24:00")
    yield e.CallerIdentified(
        at=after(1),
        call=CALL,
        by="number",
        company=CompanyId(1),
        company_name="北京华远商贸有限公司",
        contact=ContactId(1),
        contact_name="王建国",
        level="vip",
    )
    yield e.ServiceChecked(at=after(1), call=CALL, service="active", until="2027-01-01")
    yield e.CallRouted(at=after(4), call=CALL, queue=VIP, priority=8, rule="VIP", tried=tried)
    yield e.CallQueued(at=after(5), call=CALL, queue=VIP, priority=8, position=1)
    yield e.CallOffered(at=after(5), call=CALL, queue=VIP, agent=AGENT, attempt=1, why="round_robin")
    yield e.CallAnswered(at=after(9), call=CALL, queue=VIP, agent=AGENT, agent_name="黄磊")
    yield e.TicketOpened(at=after(9), call=CALL, ticket=TicketNumber(1), title="Call", assignee=AGENT)
    yield e.TalkEnded(at=after(69), call=CALL, agent=AGENT, by="caller", talk_seconds=60)
    yield e.SurveyAnswered(at=after(70), call=CALL, rating=5, agent=AGENT)
    yield e.CallEnded(at=after(71), call=CALL, outcome="answered")
    yield e.RecordingSaved(at=after(72), call=CALL, path=f"2026/11/25/{CALL}.wav", seconds=60)
    yield e.CallArrived(at=after(99), call=ABANDONED, hotline="4001234567", caller="")
    yield e.CallAbandoned(at=after(101), call=ABANDONED, step="customers")
    yield e.CallEnded(at=after(101), call=ABANDONED, outcome="abandoned", why="the caller hung up at customers")


async def happen(site: Site) -> None:
    """Two calls and a ticket, written as the controller writes them."""
    database = open_database(site.database_url(read_settings(site.path)))
    problem = Problem(CALL, START, "+8613800000001", CompanyId(1), ContactId(1), "Call", AGENT)
    assert await TicketRepository(database).open_or_join(problem) == (1, True)
    await database.dispose()
    await write_down(site, *facts())


async def write_down(site: Site, *facts: e.Fact) -> None:
    database = open_database(site.database_url(read_settings(site.path)))
    writer = FactWriter(database)
    for fact in facts:
        writer.write(fact)
    writing = asyncio.create_task(writer.run())
    await writer.written()
    writing.cancel()
    await asyncio.wait({writing})
    await database.dispose()
    file = site.recordings / f"2026/11/25/{CALL}.wav"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"voices")
