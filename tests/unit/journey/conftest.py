import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from contactcenter.agents.states import Activity
from contactcenter.simulator.center import SimulatedCenter, simulated_center
from contactcenter.simulator.clock import VirtualTimeLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], VirtualTimeLoop]]:
    return {"virtual": VirtualTimeLoop}


@pytest.fixture
async def sim() -> AsyncIterator[SimulatedCenter]:
    """A center of the sample data. Afterwards nothing of any call may be left in it."""
    async with simulated_center() as center:
        yield center
        await asyncio.sleep(0.1)  # a phone that was stopped tells so a moment later
        assert_nothing_left(center)


def assert_nothing_left(sim: SimulatedCenter) -> None:
    engine = sim.center.distributor.engine
    assert engine.waiting == []
    assert {
        n: a.activity for n, a in engine.agents.items() if a.activity not in {Activity.IDLE, Activity.WRAP_UP}
    } == {}
    assert sim.phones.in_use == {}
    assert sim.center.live_calls == set()
    others = {task.get_name() for task in asyncio.all_tasks()} - {
        asyncio.current_task().get_name(),
        "distribution",
        "callbacks",
    }
    assert others == set()
