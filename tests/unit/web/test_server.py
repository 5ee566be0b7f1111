"""The controller's HTTP API, on a center in memory."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from api import TOKEN, port_of, serving
from watching import Around, health_of, metrics_of

from contactcenter.changes import Author
from contactcenter.configuration.editing import changed
from contactcenter.configuration.kinds import QUEUE
from contactcenter.errors import BadInput
from contactcenter.ids import QueueName
from contactcenter.simulator.center import SimulatedCenter, simulated_center
from contactcenter.web import monitoring, server
from contactcenter.web.client import ControllerClient

OTHER = Author("wang", "command line on host7", "queue set support ring_seconds=15")


@pytest.fixture
async def sim() -> AsyncIterator[SimulatedCenter]:
    async with simulated_center() as center:
        yield center


@pytest.fixture
async def api(sim: SimulatedCenter) -> AsyncIterator[ControllerClient]:
    async with serving(server.build(sim.center, TOKEN, dict)) as client:
        yield client


async def test_a_change_keeps_what_others_changed_meanwhile(sim: SimulatedCenter, api: ControllerClient) -> None:
    """A command has stored it, and has not told the controller yet."""
    center = sim.center
    operation = partial(changed, kind=QUEUE, key="support", words={"ring_seconds": "15"})
    await center.book.change(operation, lambda *_: None, OTHER, center.clock.now())
    await api.post("queues/support", wrap_up_seconds="5")
    await api.post("queues/support/members/1004", level="3")
    support = center.configuration.queues[QueueName("support")]
    assert (support.ring_seconds, support.wrap_up_seconds) == (15, 5)
    assert "1004" in {member.agent for member in support.members}


async def test_a_queue_that_is_not_there(api: ControllerClient) -> None:
    with pytest.raises(BadInput, match="there is no queue nosuch"):
        await api.post("queues/nosuch", wrap_up_seconds="5")


async def test_a_controller_that_fails_is_not_called_absent() -> None:
    """Its mistakes are in its log; who would take it for down would wait in vain for what was changed."""

    async def fail(_: web.Request) -> web.Response:
        raise OSError("no such disk")

    app = web.Application()
    app.router.add_post("/api/v1/reload", fail)
    async with serving(app) as client:
        with pytest.raises(
            BadInput, match=r"the controller failed at it. See the last lines of its log/controller.out"
        ):
            await client.post("reload")


async def test_a_token_that_is_no_text(api: ControllerClient) -> None:
    """Refused as any other; a client library would not send it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(api))
    writer.write(b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(5):
        assert (await reader.readline()).split()[1] == b"401"
    writer.close()


async def test_who_watches_needs_no_token_and_everybody_else_does(sim: SimulatedCenter, tmp_path: Path) -> None:
    app, around = server.build(sim.center, TOKEN, dict), Around()
    health = health_of(sim, around, tmp_path)
    monitoring.install(app, health, metrics_of(sim, around, tmp_path))
    async with serving(app) as client, aiohttp.ClientSession(f"http://127.0.0.1:{port_of(client)}") as session:
        for path, status in (("/health", 200), ("/ready", 200), ("/metrics", 200), ("/api/v1/status", 401), ("/", 401)):
            async with session.get(path) as answer:
                assert (path, answer.status) == (path, status)
        async with session.get("/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            assert "contactcenter_waiting_calls{queue=" in await answer.text()
        around.connected = False
        async with session.get("/ready") as answer:
            assert (answer.status, (await answer.json())["missing"]) == (503, ["asterisk"])
        async with session.get("/health") as answer:
            assert (answer.status, await answer.json()) == (200, {"alive": True})
        assert (await client.health())["ready"] is False
