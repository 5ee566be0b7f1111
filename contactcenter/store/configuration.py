"""The site's configuration in the store: agents, queues with members, hotlines, calendars."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.inputs import Restore
from contactcenter.acd.settings import Member, QueueSettings
from contactcenter.center import Agent, Configuration, Hotline
from contactcenter.errors import StoreError
from contactcenter.hours.calendar import Calendar, Span
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.store import tables as t


class ConfigurationRepository:
    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def load(self) -> Configuration:
        async with self._database.connect() as connection:
            agents = (await connection.execute(select(t.agents).order_by(t.agents.c.number))).all()
            queues = (await connection.execute(select(t.queues).order_by(t.queues.c.name))).mappings().all()
            members = (await connection.execute(select(t.members).order_by(t.members.c.agent))).all()
            hotlines = (await connection.execute(select(t.hotlines))).mappings().all()
            calendars = (await connection.execute(select(t.calendars))).all()
        by_queue: dict[str, list[Member]] = {}
        for row in members:
            by_queue.setdefault(row.queue, []).append(Member(AgentNumber(row.agent), row.level))
        return Configuration(
            {
                AgentNumber(row.number): Agent(
                    AgentNumber(row.number),
                    row.name,
                    row.sip_password,
                    Restore(AgentNumber(row.number), row.logged_in, row.pause_reason, row.wrap_up_until),
                )
                for row in agents
            },
            {
                QueueName(row["name"]): QueueSettings(**row, members=tuple(by_queue.get(row["name"], ())))
                for row in queues
            },
            {row["number"]: Hotline(**row) for row in hotlines},
            {row.name: _calendar(row.name, row.timezone, row.weekly, row.special) for row in calendars},
        )

    async def save_queue(self, queue: QueueSettings) -> None:
        """Writes down a queue that exists, with its members."""
        values = {column.name: getattr(queue, column.name) for column in t.queues.c if column.name != "name"}
        members = [{"queue": queue.name, "agent": m.agent, "level": m.level} for m in queue.members]
        try:
            async with self._database.begin() as connection:
                await connection.execute(update(t.queues).where(t.queues.c.name == queue.name).values(values))
                await connection.execute(delete(t.members).where(t.members.c.queue == queue.name))
                if members:
                    await connection.execute(insert(t.members), members)
        except DBAPIError as error:
            raise StoreError(f"queue {queue.name} could not be saved: {error.orig}") from error

    async def insert(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        """Puts rows into tables, by the tables' names, in one transaction and in the given order."""
        async with self._database.begin() as connection:
            for table, values in rows.items():
                await connection.execute(insert(t.metadata.tables[table]), values)


def _calendar(name: str, timezone: str, weekly: list[list[str]], special: dict[str, list[str]]) -> Calendar:
    return Calendar(
        name,
        ZoneInfo(timezone),
        tuple(tuple(Span.parse(span) for span in spans) for spans in weekly),
        {date.fromisoformat(day): tuple(Span.parse(span) for span in spans) for day, spans in special.items()},
    )
