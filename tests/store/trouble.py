"""A database in trouble: somebody else holds it, the writer fails and says so, and nobody waits for a lock."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg


class Holder:
    """Another program's connection, which holds what facts are written to."""

    def __init__(self, url: str) -> None:
        self._sqlite = url.startswith("sqlite")
        self.connection: Any = (
            sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None, check_same_thread=False)
            if self._sqlite
            else psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        )
        self.holds = False

    def hold(self) -> None:
        tables = "LOCK TABLE facts, customer_groups, conflicts"
        for statement in ("BEGIN EXCLUSIVE",) if self._sqlite else ("BEGIN", tables):
            self.connection.execute(statement)
        self.holds = True

    def let_go(self) -> None:
        self.connection.execute("ROLLBACK")
        self.holds = False


class Failures(logging.Handler):
    """Keeps the writer's failures, and wakes who waits for one. They are told in the writer's thread."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        self.came = asyncio.Event()
        self.lines: list[str] = []
        self.then: Callable[[str], None] = lambda _: None

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.then(self.lines[-1])
        self.loop.call_soon_threadsafe(self.came.set)


def do_not_wait(connection: Any, _: object) -> None:
    """For an engine's new connections."""
    connection.execute("PRAGMA busy_timeout=1" if isinstance(connection, sqlite3.Connection) else "SET lock_timeout=1")
    connection.commit()
