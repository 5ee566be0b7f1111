"""The one writer of facts: group commit, with the projections, and other work on the database, in the same transaction."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter import events as e
from contactcenter.errors import StoreError
from contactcenter.store import tables as t
from contactcenter.store.backlog import Backlog
from contactcenter.store.database import blocking, worker_of
from contactcenter.store.engines import trouble
from contactcenter.store.projections import Projections
from contactcenter.store.spool import Numbered, Spool

log = logging.getLogger(__name__)

T = TypeVar("T")

GROUP_SECONDS = 0.25
RETRY_SECONDS = 1.0
AWAY = (OperationalError, InterfaceError, InternalError, OSError)
"""The database's fault, not the facts': what could not be written now can be written later. InternalError: it is read-only, as a
standby is.
"""
WRITTEN = select(func.max(t.facts.c.number))


@dataclass(eq=False, slots=True)
class _Job:
    """Work that somebody waits for. One that could not be done now is not tried again."""

    work: Callable[[Connection], Any]
    done: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def settle(self) -> None:
        if self.done.done():  # nobody waits any more
            return
        if self.error is None:
            self.done.set_result(self.result)
        else:
            self.done.set_exception(self.error)


class FactWriter:
    """Takes facts from the bus at once, commits them in order, at most GROUP_SECONDS later.

    A commit that fails because of the database is tried again every RETRY_SECONDS until it succeeds. Meanwhile facts wait in the backlog;
    in its spool they also survive the end of the process, see `open`.

    A thread of its own gathers and writes, with an engine of its own: each change of threads costs more than a statement, and
    an async engine would change them three times for each. The event loop is woken only for those who wait.
    """

    def __init__(self, database: AsyncEngine, spool: Spool | None = None) -> None:
        """spool: None for a process that ends in order."""
        self.engine = blocking(database)
        self.on_trouble: Callable[[str, str], None] = lambda _name, _detail: None
        """Told on the event loop what a person must look at: a short name, and one line. Once, until it is over."""
        self._backlog, self._told = Backlog(spool), set[str]()
        self._jobs: deque[_Job] = deque()
        self._watchers: deque[asyncio.Future[None]] = deque()
        self._arrived, self._stopped = threading.Event(), threading.Event()
        self._projections = Projections()
        self._connection: Connection | None = None
        self._in_doubt = False
        """A commit failed, and may have been done all the same, as when the connection is lost in that instant."""
        self.failing = ""
        """Why the last group could not be committed; "" when it was."""
        self.on_commit: Callable[[float], None] = lambda _: None
        """Told, in the writer's thread, how many seconds a group took that was committed."""

    @property
    def waiting(self) -> int:
        """How many facts wait for the database, in memory and on disk."""
        return len(self._backlog)

    async def open(self) -> list[e.Fact]:
        """Takes on, and answers with, what an earlier process could not commit any more. Before anything is written."""
        left = await asyncio.to_thread(self._take_on)
        if left:
            log.warning("%d facts of an earlier process are committed now", len(left))
        self._arrived.set()
        return [fact for _, fact in left]

    def _take_on(self) -> list[Numbered]:
        with self.engine.connect() as connection:
            return self._backlog.take_on(connection.execute(WRITTEN).scalar() or 0)

    def write(self, fact: e.Fact) -> None:
        """On the event loop."""
        wrong = self._backlog.add(fact)
        if not self._arrived.is_set():
            self._arrived.set()
        if wrong is None:
            self._told.clear()
        elif wrong[0] not in self._told:
            self._told.add(wrong[0])
            self.on_trouble(*wrong)

    async def do(self, work: Callable[[Connection], T]) -> T:
        """Does it in the transaction of the next group, one piece of work after the other, and returns when that is committed.

        Raises what it raises, with nothing written then.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.append(_Job(work, done))
        self._arrived.set()
        return await done

    async def written(self) -> None:
        """Waits until all facts taken so far are committed."""
        while True:
            watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watchers.append(watcher)  # before looking: what is written after that is told
            if self._backlog.empty:
                self._watchers.remove(watcher)
                return
            await watcher

    async def forget(self) -> None:
        """Somebody else has changed what is stored of calls: it is read again when it is needed."""
        await self.do(lambda _: self._projections.forget())

    async def run(self) -> None:
        """Writes until cancelled; then a group that is being written is finished first."""
        writing = asyncio.ensure_future(asyncio.to_thread(self._write_groups, asyncio.get_running_loop()))
        try:
            await asyncio.shield(writing)
        finally:
            self._stopped.set()
            self._arrived.set()
            await writing
            self._backlog.close()

    def _write_groups(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while True:
                self._arrived.wait()
                if self._stopped.wait(GROUP_SECONDS):
                    return
                self._arrived.clear()
                self._write_group(loop)
        finally:
            self._close()

    def _write_group(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, jobs = self._backlog.first(), [self._jobs.popleft() for _ in range(len(self._jobs))]
        began = time.monotonic()
        count = self._commit(batch, jobs)
        self._backlog.remove(count)
        if batch and count == len(batch):
            self.on_commit(time.monotonic() - began)
        if jobs or self._watchers:
            loop.call_soon_threadsafe(self._settle, jobs)
        if count < len(batch):
            self._stopped.wait(RETRY_SECONDS)
        if not self._backlog.empty:
            self._arrived.set()

    def _settle(self, jobs: list[_Job]) -> None:
        """On the event loop. Whoever waits for facts looks again."""
        for job in jobs:
            job.settle()
        while self._watchers:
            watcher = self._watchers.popleft()
            if not watcher.done():
                watcher.set_result(None)

    def _commit(self, batch: list[Numbered], jobs: list[_Job]) -> int:
        """How many facts are done with: all, or those before the database was away."""
        try:
            self._commit_together(batch, jobs)
        except AWAY as error:
            self._keep_waiting(len(batch), error)
            for job in jobs:
                job.error = error
            return 0
        except Exception:
            if jobs:
                return self._commit_apart(batch, jobs)
            log.exception("something is wrong with one of %d facts; writing them one by one", len(batch))
            return self._commit_one_by_one(batch)
        return len(batch)

    def _commit_together(self, batch: Sequence[Numbered], jobs: Sequence[_Job] = ()) -> None:
        try:
            connection = self._connection = self._connection or self.engine.connect()
            if self._in_doubt and batch:
                batch = _not_yet(connection, batch)
            with connection.begin():
                for job in jobs:
                    job.result = job.work(connection)
                if batch:
                    self._projections.write(connection, batch)
        except BaseException:
            self._in_doubt = True
            self._projections.forget()
            self._close()
            raise
        self._in_doubt, self.failing = False, ""

    def _commit_apart(self, batch: list[Numbered], jobs: list[_Job]) -> int:
        """Work that fails fails alone."""
        for job in jobs:
            try:
                self._commit_together((), [job])
            except Exception as error:  # noqa: BLE001 (it is whoever waits for it who handles it)
                job.error = error
        return self._commit(batch, [])

    def _keep_waiting(self, count: int, error: Exception) -> None:
        if count:
            self.failing = trouble(error) if isinstance(error, DBAPIError) else str(error)
            log.error("%d facts could not be written; trying again in %s s", count, RETRY_SECONDS, exc_info=error)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()

    def _commit_one_by_one(self, batch: list[Numbered]) -> int:
        """A fact that no database would take must not keep back the others: it is named in the log."""
        for done, (number, fact) in enumerate(batch):
            try:
                self._commit_together([(number, fact)])
            except AWAY as error:
                self._keep_waiting(len(batch) - done, error)
                return done
            except Exception:
                log.exception("a %s of call %s at %s can't be stored", fact.kind, getattr(fact, "call", "-"), fact.at)
        return len(batch)


def _not_yet(connection: Connection, batch: Sequence[Numbered]) -> list[Numbered]:
    """What is not committed already."""
    with connection.begin():
        written = connection.execute(WRITTEN).scalar() or 0
    return [(number, fact) for number, fact in batch if number is None or number > written]


async def write_facts(database: AsyncEngine, facts: Sequence[e.Fact]) -> None:
    """Facts of a command, all or none; a running controller has to be told, see FactWriter.forget. Raises StoreError."""
    if not facts:
        return
    try:
        await worker_of(database, "admin").run(
            lambda connection: Projections().write(connection, [(None, fact) for fact in facts])
        )
    except DBAPIError as error:
        raise StoreError(f"it could not be written to the database: {error.orig}") from error
