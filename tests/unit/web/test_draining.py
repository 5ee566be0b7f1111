"""No more calls are taken while somebody asks for it, and not for longer."""

from datetime import timedelta

import pytest
from api import TOKEN, serving

from contactcenter.asterisk.errors import AmiNotConnected
from contactcenter.errors import ControllerUnreachable
from contactcenter.simulator.center import simulated_center
from contactcenter.web import draining, server
from contactcenter.web.draining import LEASE


class Asterisk:
    connected = True

    async def calls_left(self) -> int:
        if not self.connected:
            raise AmiNotConnected("Asterisk's manager interface is not connected")
        return 3


async def test_it_ends_by_itself() -> None:
    async with simulated_center() as sim:
        app, center = server.build(sim.center, TOKEN, dict), sim.center
        draining.install(app, center, Asterisk().calls_left)
        async with serving(app) as client:
            assert await client.post("drain/on") == {"draining": True, "calls": 3, "waiting": 0}
            assert center.draining
            assert center.drain_until is not None
            assert timedelta() < center.drain_until - center.clock.now() <= LEASE
            center.drain_until -= LEASE
            assert not center.draining
            await client.post("drain/on")
            assert (await client.post("drain/off"))["draining"] is False


async def test_without_asterisk_nothing_is_changed() -> None:
    """Who can't see how many calls are left must not turn callers away."""
    async with simulated_center() as sim:
        app, asterisk = server.build(sim.center, TOKEN, dict), Asterisk()
        draining.install(app, sim.center, asterisk.calls_left)
        asterisk.connected = False
        async with serving(app) as client:
            with pytest.raises(ControllerUnreachable, match="manager interface is not connected"):
                await client.post("drain/on")
        assert not sim.center.draining
