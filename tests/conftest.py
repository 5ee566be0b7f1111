from collections.abc import Iterator

import pytest

from rig.postgresql import Postgres


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    """A server of this process, started when a test first asks for it."""
    with Postgres() as server:
        yield server
