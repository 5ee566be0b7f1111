"""Promises to call back, read back after a restart."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.acd.callback import Promise
from contactcenter.acd.settings import QueueSettings
from contactcenter.ids import CallId, QueueName
from contactcenter.store import tables as t
from contactcenter.store.engines import connected


class CallbackRepository:
    def __init__(self, database: AsyncEngine) -> None:
        self._database = database

    async def open(self, queues: dict[QueueName, QueueSettings]) -> list[Promise]:
        """Those that are neither kept nor given up, the oldest place first. queues: for the time between two tries."""
        query = select(t.callbacks).where(t.callbacks.c.outcome == "").order_by(t.callbacks.c.since)
        async with connected(self._database) as connection:
            rows = (await connection.execute(query)).all()
        promises: list[Promise] = []
        for row in rows:
            queue = QueueName(row.queue)
            retry = queues[queue].callback_retry_seconds if queue in queues else 0.0
            next_try = row.tried_at + timedelta(seconds=retry) if row.tried_at is not None else None
            promises.append(
                Promise(
                    CallId(row.call_id),
                    row.hotline,
                    row.number,
                    row.name,
                    queue,
                    row.priority,
                    row.since,
                    tries=row.tries,
                    next_try=next_try,
                    skills=frozenset(row.skills),
                )
            )
        return promises
