from collections.abc import AsyncIterator

import pytest
from scripted_ami import Events, ScriptedAmi


@pytest.fixture
async def ami() -> AsyncIterator[ScriptedAmi]:
    async with ScriptedAmi() as server:
        yield server


@pytest.fixture
def events() -> Events:
    return Events()
