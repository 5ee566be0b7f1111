import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from happenings import TODAY
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.sample import sample_rows
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.store.writer import FactWriter

DATABASES = [
    "sqlite+aiosqlite:///{folder}/contactcenter.db",
]
"""Every test of this folder runs on each. Another database is one more line; it must be empty, and is left empty."""


@pytest.fixture(params=DATABASES, ids=lambda url: url.split(":")[0])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database at the newest version, without a row."""
    address = request.param.format(folder=tmp_path)
    migrate(address)
    yield address
    migrate(address, "base")


@pytest.fixture
async def database(url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_database(url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def sample(database: AsyncEngine) -> AsyncEngine:
    """The database with the sample site, as of TODAY."""
    await ConfigurationRepository(database).insert(sample_rows(TODAY, "Asia/Shanghai", lambda: "secret"))
    return database


@pytest.fixture
async def writer(database: AsyncEngine) -> AsyncIterator[FactWriter]:
    """A running writer. At the end all it took is written, or the test fails."""
    made = FactWriter(database)
    writing = asyncio.create_task(made.run())
    yield made
    async with asyncio.timeout(5):
        await made.written()
    writing.cancel()
    await asyncio.wait({writing})
    assert writing.cancelled(), writing.exception()
