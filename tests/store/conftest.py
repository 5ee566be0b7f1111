import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from happenings import TODAY
from sqlalchemy.ext.asyncio import AsyncEngine
from trouble import Failures, Holder

from contactcenter.sample import sample_rows
from contactcenter.store import writer as writer_module
from contactcenter.store.configuration import ConfigurationRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.store.writer import FactWriter
from rig.postgresql import Postgres

SQLITE = "sqlite+aiosqlite:///"


@pytest.fixture(scope="session")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database at the newest version, without a row, to be copied."""
    file = tmp_path_factory.mktemp("newest") / "contactcenter.db"
    migrate(f"{SQLITE}{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database at the newest version, without a row. Every test that asks for it runs on both."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("newest"), tmp_path)
        yield f"{SQLITE}{tmp_path}/contactcenter.db"
        return
    server: Postgres = request.getfixturevalue("postgresql")
    address = server.database(migrate)
    yield address
    server.drop(address)


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


@pytest.fixture
def other(url: str) -> Iterator[Holder]:
    holder = Holder(url)
    yield holder
    holder.connection.close()


@pytest.fixture
async def failures(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Failures]:
    monkeypatch.setattr(writer_module, "RETRY_SECONDS", 0.01)
    handler = Failures()
    writer_module.log.addHandler(handler)
    yield handler
    writer_module.log.removeHandler(handler)
