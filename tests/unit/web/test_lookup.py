"""The dealer's CRM over HTTP, against a CRM that answers rightly, slowly, wrongly, hugely, and elsewhere."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from contactcenter.errors import LookupFailed
from contactcenter.ivr.ports import Request
from contactcenter.web.lookup import WebLookup

BOMB = gzip.compress(b'"' + b"x" * 50_000_000 + b'"', compresslevel=1)
"""Made once: the CRM has half a second for its answer."""


class Crm:
    """base: its address; seen: what it was asked."""

    def __init__(self) -> None:
        self.base = ""
        self.seen: list[tuple[str, str, dict[str, str], str]] = []
        self.elsewhere = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: C901, PLR0911 (one case for each path)
        self.seen.append((request.method, request.raw_path, dict(request.headers), await request.text()))
        match request.path.strip("/"):
            case "slow":
                await asyncio.sleep(5)
                return web.json_response({})
            case "trickle":
                response = web.StreamResponse()
                await response.prepare(request)
                for _ in range(50):
                    await response.write(b" ")
                    await asyncio.sleep(0.1)
                return response
            case "huge":
                return web.Response(text='"' + "x" * 2_000_000 + '"')
            case "bomb":
                return web.Response(body=BOMB, headers={"Content-Encoding": "gzip"})
            case "html":
                return web.Response(text="<html>")
            case "deep":
                return web.Response(text="[" * 30_000)
            case "error":
                return web.json_response({"balance": 1}, status=500)
            case "moved":
                raise web.HTTPFound(f"{self.base}/elsewhere")
            case "elsewhere":
                self.elsewhere += 1
        return web.json_response({"balance": 12.5})


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    crm = Crm()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", crm.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    crm.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield crm
    await runner.cleanup()


async def test_the_address_arrives_as_it_was_encoded(crm: Crm) -> None:
    path = "/v1/%2B8613800000001/a%2F..%2Fb?name=%E5%BC%A0%26x"
    answer = await WebLookup().ask(Request(crm.base + path, headers={"Authorization": "Bearer t"}))
    assert answer == {"balance": 12.5}
    method, raw, headers, body = crm.seen[0]
    assert (method, raw, body) == ("GET", path, "")
    assert (headers["Authorization"], headers["Accept"]) == ("Bearer t", "application/json")


async def test_a_body_is_posted_as_json(crm: Crm) -> None:
    await WebLookup().ask(Request(f"{crm.base}/v1", "POST", body={"caller": "+86\"'"}))
    method, _, headers, body = crm.seen[0]
    assert (method, headers["Content-Type"], body) == ("POST", "application/json", '{"caller": "+86\\"\'"}')


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("slow", "no answer in time"),
        ("trickle", "no answer in time"),
        ("huge", "the answer is larger than 64 kB"),
        ("bomb", "the answer is larger than 64 kB"),
        ("html", "the answer is no JSON"),
        ("deep", "the answer is no JSON"),
        ("error", "the answer is 500"),
        ("moved", "the answer is 302"),
    ],
)
async def test_a_crm_that_answers_wrongly(crm: Crm, path: str, why: str) -> None:
    with pytest.raises(LookupFailed, match=f"^{why}$"):
        await WebLookup().ask(Request(f"{crm.base}/{path}", seconds=0.5))
    assert crm.elsewhere == 0


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://crm.invalid/", "http://[::1/", "http://127.0.0.1:99999/"]
)
async def test_nobody_there(url: str) -> None:
    with pytest.raises(LookupFailed, match=r"^no answer"):
        await WebLookup().ask(Request(url, seconds=2))
