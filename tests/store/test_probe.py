"""The database is asked whether it takes what is written: at once, and never twice at the same time."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from trouble import Holder

from contactcenter.errors import StoreError
from contactcenter.store.database import open_database
from contactcenter.store.probe import DatabaseProbe


async def test_a_database_that_is_well(database: AsyncEngine) -> None:
    await DatabaseProbe(database).check_writable()


async def test_one_that_refuses(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE conflicts RENAME TO elsewhere"))
    with pytest.raises(StoreError, match=r"the database does not answer: .*conflicts"):
        await DatabaseProbe(database).check_writable()
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO conflicts"))


async def test_one_that_somebody_has_locked(database: AsyncEngine, other: Holder) -> None:
    """Whoever asks waits no longer than they want; those who ask meanwhile share one check."""
    probe = DatabaseProbe(database)
    await probe.check_writable()
    other.hold()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await probe.check_writable()
    running = probe._running
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await probe.check_writable()
    assert probe._running is running
    other.let_go()
    async with asyncio.timeout(5):
        await probe.check_writable()


async def test_one_that_is_gone(tmp_path: Path) -> None:
    probe = DatabaseProbe(open_database(f"sqlite+aiosqlite:///{tmp_path}/nowhere/contactcenter.db"))
    with pytest.raises(StoreError, match="the database does not answer: unable to open database file"):
        await probe.check_writable()
