"""Alarms, read back: for lists, and those that nobody was told of."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, AlarmsTold, Fact
from contactcenter.store import tables as t


class AlarmRepository:
    """Implements monitoring.ports.AlarmHistory."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def all(
        self, limit: int | None = None, *, since: datetime | None = None, name: str = ""
    ) -> list[dict[str, Any]]:
        """The newest first: at, name, detail, call, agent."""
        facts = t.facts.c
        query = select(t.facts).where(t.OF_ALARMS, facts.kind == AlarmRaised.__name__)
        if since is not None:
            query = query.where(facts.at >= since)
        if name:
            query = query.where(facts.data["name"].as_string() == name)
        async with self._database.connect() as connection:
            rows = await connection.execute(query.order_by(facts.seq.desc()).limit(limit))
            return [{"at": row.at, **row.data} for row in rows]

    async def untold(self, since: datetime, before: datetime) -> list[AlarmRaised]:
        facts = t.facts.c
        query = select(t.facts).where(t.OF_ALARMS, facts.at >= since, facts.at < before).order_by(facts.seq)
        found: dict[str, list[AlarmRaised]] = {}
        try:
            async with self._database.connect() as connection:
                for row in await connection.execute(query):
                    match Fact.read(row.kind, row.at, row.data):
                        case AlarmRaised() as alarm:
                            found.setdefault(alarm.name, []).append(alarm)
                        case AlarmsTold(name=name, until=until):
                            found[name] = [alarm for alarm in found.get(name, []) if alarm.at > until]
                        case _:
                            pass
        except DBAPIError as error:
            raise StoreError(f"the database does not answer: {error.orig}") from error
        return sorted((alarm for alarms in found.values() for alarm in alarms), key=lambda alarm: alarm.at)
