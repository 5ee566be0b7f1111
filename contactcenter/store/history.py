"""What happened, read back: calls, facts, recordings, and who spoke with whom last."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.ports import Past, PastPart
from contactcenter.events import Fact
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, QueueName
from contactcenter.store import tables as t
from contactcenter.store.database import worker_of
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
        return await worker_of(self._database).run(
            lambda connection: read_past(connection, contact, company, caller, now, wanted)
        )

    async def calls(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The newest calls first, with the keys of CALL_KEYS."""
        query = select(*(t.calls.c[key] for key in CALL_KEYS)).order_by(t.calls.c.arrived_at.desc()).limit(limit)
        async with self._database.connect() as connection:
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
        async with self._database.connect() as connection:
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
        async with self._database.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else dict(row)

    async def facts(self, call: CallId) -> list[Fact]:
        """Every fact of a call, in the order they happened."""
        query = select(t.facts).where(t.facts.c.call_id == call).order_by(t.facts.c.seq)
        async with self._database.connect() as connection:
            return [Fact.read(row.kind, row.at, row.data) for row in await connection.execute(query)]

    async def recordings(self) -> list[dict[str, Any]]:
        """The newest first."""
        query = (
            select(t.recordings, t.calls.c.agent, t.calls.c.company, t.calls.c.caller)
            .join(t.calls, t.calls.c.id == t.recordings.c.call_id)
            .order_by(t.recordings.c.saved_at.desc())
        )
        async with self._database.connect() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]
