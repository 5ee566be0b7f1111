"""Somebody else who uses the database."""

import sqlite3
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
        tables = "LOCK TABLE facts, customer_groups"
        for statement in ("BEGIN EXCLUSIVE",) if self._sqlite else ("BEGIN", tables):
            self.connection.execute(statement)
        self.holds = True

    def let_go(self) -> None:
        self.connection.execute("ROLLBACK")
        self.holds = False
