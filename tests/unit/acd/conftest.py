import os
from collections.abc import Callable, Mapping

import pytest
from hypothesis import settings

from contactcenter.simulator.clock import VirtualTimeLoop

settings.register_profile(
    "quick", max_examples=100, stateful_step_count=40, derandomize=True, database=None, deadline=None
)
settings.register_profile("deep", max_examples=3000, stateful_step_count=60, database=None, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
"""HYPOTHESIS_PROFILE=deep looks further, with other random orders each time."""


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], VirtualTimeLoop]]:
    return {"virtual": VirtualTimeLoop}
