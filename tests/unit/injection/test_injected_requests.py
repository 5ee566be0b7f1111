"""Over HTTP: in a path, in a query, in a body. The answer is JSON with a word that can be shown, and what was stored is that text."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from injection import NASTY, encodable, unseen

from contactcenter.clock import SystemClock
from contactcenter.simulator.center import SimulatedCenter, simulated_center
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.store.outbox import ConflictRepository
from contactcenter.web import customers, server

TOKEN = "token"
PATHS = (
    ("GET", "/api/v1/queues/{}"),
    ("GET", "/api/v1/queues/{}/asked"),
    ("GET", "/api/v1/queues/vip/asked?first={}&sticky={}&skills={}"),
    ("POST", "/api/v1/queues/{}?ring_seconds=5"),
    ("POST", "/api/v1/queues/vip?{}={}"),
    ("POST", "/api/v1/queues/vip?strategy={}"),
    ("POST", "/api/v1/queues/vip/members/{}?level={}"),
    ("POST", "/api/v1/agents/{}/login"),
    ("POST", "/api/v1/agents/1001/{}"),
    ("POST", "/api/v1/agents/1001/extend?seconds={}"),
    ("POST", "/api/v1/tickets/{}/close"),
    ("GET", "/api/v1/customers?number={}"),
    ("GET", "/api/v1/customers/{}"),
    ("DELETE", "/api/v1/customers/{}"),
    ("GET", "/api/v1/{}"),
    ("GET", "/{}"),
)


@pytest.fixture
async def sim() -> AsyncIterator[SimulatedCenter]:
    async with simulated_center() as center:
        yield center


@pytest.fixture
async def api(sim: SimulatedCenter, tmp_path: Path) -> AsyncIterator[ClientSession]:
    url = f"sqlite+aiosqlite:///{tmp_path}/contactcenter.db"
    await asyncio.to_thread(migrate, url)
    database = open_database(url)
    app = server.build(sim.center, TOKEN, dict)
    customers.install(app, CompanyRepository(database), ConflictRepository(database), SystemClock(), "CN")
    async with TestServer(app, host="127.0.0.1") as running:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with ClientSession(running.make_url("/"), headers=headers) as session:
            yield session
    await database.dispose()


def in_path(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_in_an_address(api: ClientSession, method: str, path: str) -> None:
    for name, nasty in NASTY.items():
        async with api.request(method, path.replace("{}", in_path(nasty[:300]))) as answer:
            assert answer.status < 500, (name, await answer.text())
            assert "\n" not in "".join(answer.headers.values()), name
            text = await answer.text()
            if answer.status not in {404, 405} or text.startswith("{"):
                json.loads(text)


async def test_a_pause_reason(api: ClientSession, sim: SimulatedCenter) -> None:
    """What agents are shown as the reason is what was sent, or it was refused."""
    for name, nasty in NASTY.items():
        async with api.post(f"/api/v1/agents/1001/pause?reason={in_path(nasty)}"[:8000]) as answer:
            body: dict[str, Any] = await answer.json()
        if answer.status == 200:
            assert body["pause_reason"] == nasty.encode(errors="surrogatepass").decode(errors="replace"), name
            assert unseen(nasty) == [], name
            assert "\n" not in nasty, name
            assert 0 < len(nasty) <= 40, name
        else:
            assert (answer.status, list(body)) == (400, ["error"]), name
    async with api.post("/api/v1/agents/1001/pause?reason=午休") as answer:
        assert (await answer.json())["pause_reason"] == "午休"


async def test_in_a_body(api: ClientSession) -> None:
    for number, (name, nasty) in enumerate(NASTY.items()):
        document = {
            "name": f"Company {number}",
            "notes": nasty,
            "fields": {"x": nasty},
            "contacts": [{"name": nasty, "numbers": []}],
        }
        for body in (
            document,
            {**document, "contacts": []},
            {"name": nasty},
            {nasty: nasty},
            {"contacts": [nasty]},
            nasty,
        ):
            async with api.put(f"/api/v1/customers/c{number}", data=json.dumps(body)) as answer:
                assert answer.status in {200, 201, 400, 409}, (name, await answer.text())
                taken = await answer.json()
            if answer.status < 300 and isinstance(body, dict) and "notes" in body:
                assert taken["customer"]["notes"] == nasty.strip().replace("\r\n", "\n").replace("\r", "\n"), name


async def test_in_a_header(sim: SimulatedCenter) -> None:
    """A token is compared and nothing else."""
    async with TestServer(server.build(sim.center, TOKEN, dict), host="127.0.0.1") as running:
        for name, nasty in NASTY.items():
            if not encodable(nasty) or unseen(nasty) or "\n" in nasty:
                continue  # no client can send it
            async with (
                ClientSession(running.make_url("/")) as session,
                session.get("/api/v1/status", headers={"Authorization": f"Bearer {nasty[:200]}"}) as answer,
            ):
                assert answer.status in {400, 401}, name
