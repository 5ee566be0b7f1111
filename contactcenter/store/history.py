"""What happened, read back: calls, facts, recordings, and who spoke with whom last."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.ports import Past, PastPart
from contactcenter.events import Fact, ServiceCodeTried
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, QueueName
from contactcenter.store import tables as t
from contactcenter.store.database import worker_of
from contactcenter.store.engines import connected
from contactcenter.store.past import read_past

CALL_KEYS = (
    "id",
    "hotline",
    "caller",
    "company",
    "contact",
    "level",
    "service",
    "queue",
    "priority",
    "agent",
    "outcome",
    "arrived_at",
    "queued_at",
    "answered_at",
    "ended_at",
    "wait_seconds",
    "talk_seconds",
    "rating",
    "ticket",
    "recording",
)


OPEN = t.calls.c.outcome == literal_column("''")
"""As the index of open calls has it."""


def _last_agent(whose: ColumnElement[Any]) -> Select[Any]:
    """Who spoke last with `who`, not before `since`."""
    answered = t.calls.c.answered_at
    wanted = (whose == bindparam("who"), answered >= bindparam("since"))
    return select(t.calls.c.agent).where(*wanted).order_by(answered.desc()).limit(1)


LAST_OF_CONTACT, LAST_OF_NUMBER, LAST_OF_COMPANY = map(
    _last_agent, (t.calls.c.contact_id, t.calls.c.caller, t.calls.c.company_id)
)


class HistoryRepository:
    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def last_agents(
        self, contact: ContactId | None, company: CompanyId | None, caller: str, since: datetime
    ) -> tuple[AgentNumber, ...]:
        """Who last spoke with this contact (or, without one, this number), then with this company; none twice."""
        asked = []
        if contact is not None:
            asked.append((LAST_OF_CONTACT, {"who": contact, "since": since}))
        elif caller:
            asked.append((LAST_OF_NUMBER, {"who": caller, "since": since}))
        if company is not None:
            asked.append((LAST_OF_COMPANY, {"who": company, "since": since}))
        worker = worker_of(self._database)
        found = [await worker.find(query, values) for query, values in asked]
        return tuple(dict.fromkeys(AgentNumber(row.agent) for row in found if row is not None and row.agent))

    async def past(
        self,
        contact: ContactId | None,
        company: CompanyId | None,
        caller: str,
        now: datetime,
        wanted: Collection[PastPart],
    ) -> Past:
        """What is wanted of a caller's past, see acd.ports.ContactHistory; all of it in one turn of the worker."""
        return await worker_of(self._database).look_up(
            lambda connection: read_past(connection, contact, company, caller, now, wanted)
        )

    async def calls(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The newest calls first, with the keys of CALL_KEYS."""
        query = (
            select(*(t.calls.c[key] for key in CALL_KEYS))
            .order_by(t.calls.c.arrived_at.desc().nulls_last())
            .limit(limit)
        )
        async with connected(self._database) as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def queue_figures(
        self, since: datetime, in_seconds: Mapping[QueueName, float]
    ) -> dict[QueueName, dict[str, Any]]:
        """Of calls that arrived since then and whose wait is over, by queue: calls, answered, service_level.

        in_seconds: each queue's threshold; queues that are not in it are left out. service_level: percent of the calls answered
        within it; None without calls. Promises to call
        back count when they are kept or given up.
        """
        if not in_seconds:
            return {}
        calls = t.calls.c
        threshold = case({str(name): seconds for name, seconds in in_seconds.items()}, value=calls.queue)
        in_time = (calls.answered_at.is_not(None)) & (calls.wait_seconds <= threshold)
        query = (
            select(
                calls.queue,
                func.count().label("calls"),
                func.count(calls.answered_at).label("answered"),
                func.sum(case((in_time, 1), else_=0)).label("in_time"),
            )
            .where(
                calls.queue.in_([*in_seconds]),
                calls.arrived_at >= since,
                calls.wait_seconds.is_not(None),
                calls.outcome != "callback",
            )
            .group_by(calls.queue)
        )
        async with connected(self._database) as connection:
            rows = (await connection.execute(query)).all()
        return {
            QueueName(row.queue): {
                "calls": row.calls,
                "answered": row.answered,
                "service_level": round(100 * row.in_time / row.calls, 1),
            }
            for row in rows
        }

    async def call(self, call: CallId) -> dict[str, Any] | None:
        query = select(*(t.calls.c[key] for key in CALL_KEYS)).where(t.calls.c.id == call)
        async with connected(self._database) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else dict(row)

    async def facts(self, call: CallId) -> list[Fact]:
        """Every fact of a call, in the order they happened."""
        query = select(t.facts).where(t.facts.c.call_id == call).order_by(t.facts.c.seq)
        async with connected(self._database) as connection:
            return [Fact.read(row.kind, row.at, row.data) for row in await connection.execute(query)]

    async def open_calls(self) -> dict[CallId, list[Fact]]:
        """Every fact of the calls that have not ended, in the order they happened."""
        query = select(t.facts).join(t.calls, t.calls.c.id == t.facts.c.call_id).where(OPEN).order_by(t.facts.c.seq)
        found: dict[CallId, list[Fact]] = {}
        async with self._database.connect() as connection:
            for row in await connection.execute(query):
                found.setdefault(CallId(row.call_id), []).append(Fact.read(row.kind, row.at, row.data))
        return found

    async def wrong_codes(self, since: datetime) -> list[tuple[str, datetime]]:
        """(calling number, when) of each service code since then that was looked up and was nobody's; the oldest first."""
        query = (
            select(t.facts.c.at, t.facts.c.data, t.calls.c.caller)
            .join(t.calls, t.calls.c.id == t.facts.c.call_id)
            .where(t.facts.c.at >= since, t.facts.c.kind == "ServiceCodeTried")
            .order_by(t.facts.c.at)
        )
        async with self._database.connect() as connection:
            rows = (await connection.execute(query)).all()
        facts = [(row.caller, Fact.read("ServiceCodeTried", row.at, row.data)) for row in rows]
        return [
            (caller, fact.at)
            for caller, fact in facts
            if isinstance(fact, ServiceCodeTried) and fact.keyed and not fact.accepted and not fact.limited
        ]
