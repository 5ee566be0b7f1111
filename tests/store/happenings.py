"""Facts of calls, short to write, and all that are stored."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter import events as e
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId, QueueName
from contactcenter.store import tables as t

TODAY = date(2026, 11, 25)
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
HOTLINE, VIP = "4001234567", QueueName("vip")


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def arrived(call: str, caller: str = "+8613800000001", at: float = 0) -> e.CallArrived:
    return e.CallArrived(at=after(at), call=CallId(call), hotline=HOTLINE, caller=caller)


def identified(call: str, company: int | None, contact: int | None, at: float = 1) -> e.CallerIdentified:
    return e.CallerIdentified(
        at=after(at),
        call=CallId(call),
        by="number" if company else "unknown",
        company=None if company is None else CompanyId(company),
        company_name=f"company {company}" if company else "",
        contact=None if contact is None else ContactId(contact),
        contact_name=f"contact {contact}" if contact else "",
        level="vip",
    )


def queued(call: str, at: float = 5) -> e.CallQueued:
    return e.CallQueued(at=after(at), call=CallId(call), queue=VIP, priority=8, position=1)


def answered(call: str, agent: str = "1004", at: float = 9) -> e.CallAnswered:
    return e.CallAnswered(at=after(at), call=CallId(call), queue=VIP, agent=AgentNumber(agent), agent_name="黄磊")


def ended(call: str, outcome: e.Outcome = "answered", at: float = 60) -> e.CallEnded:
    return e.CallEnded(at=after(at), call=CallId(call), outcome=outcome)


def saved(call: str, at: float = 70) -> e.RecordingSaved:
    return e.RecordingSaved(at=after(at), call=CallId(call), path=f"2026/11/25/{call}.wav", seconds=51.5)


async def stored(database: AsyncEngine) -> list[e.Fact]:
    async with database.connect() as connection:
        rows = await connection.execute(select(t.facts).order_by(t.facts.c.seq))
        return [e.Fact.read(row.kind, row.at, row.data) for row in rows]
