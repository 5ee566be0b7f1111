from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from contactcenter.simulator.center import SimulatedCenter, simulated_center
from contactcenter.simulator.clock import VirtualTimeLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], VirtualTimeLoop]]:
    return {"virtual": VirtualTimeLoop}


@pytest.fixture
async def sim() -> AsyncIterator[SimulatedCenter]:
    async with simulated_center() as center:
        yield center
