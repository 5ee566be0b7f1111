"""The CRM reads and writes customers over HTTP: safe to repeat, refused with one line, conflicts kept until they are settled."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from happenings import START
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.changes import Author
from contactcenter.simulator.clock import ManualClock
from contactcenter.store.changes import AuditRepository
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.outbox import ConflictRepository, OutboxRepository
from contactcenter.web import customers, server

AUTHOR = Author("admin", "a test", "customer edit")
DOCUMENT: dict[str, Any] = {
    "name": "杭州西湖软件有限公司",
    "level": "vip",
    "service_until": "2027-12-31",
    "contacts": [{"name": "孙丽", "numbers": ["13900000001"], "external_id": "P1"}],
}
Answer = tuple[int, Any]


@dataclass
class Crm:
    session: aiohttp.ClientSession
    url: str

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        data = body if isinstance(body, bytes | type(None)) else json.dumps(body).encode()
        async with self.session.request(method, f"{self.url}/{path}", data=data, headers=headers) as answer:
            return answer.status, await answer.json()

    async def put(self, external_id: str, body: Any, **headers: str) -> Answer:
        return await self.ask("PUT", f"customers/{external_id}", body, **headers)


@pytest.fixture
async def crm(sample: AsyncEngine) -> AsyncIterator[Crm]:
    app = web.Application(middlewares=[server._guard])
    app[server.TOKEN] = "token"
    book = CompanyRepository(sample, webhooks=True)
    customers.install(app, book, ConflictRepository(sample), ManualClock(START), "CN")
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer token"}) as session:
        yield Crm(session, f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1")
    await runner.cleanup()


async def test_put_is_safe_to_repeat(crm: Crm, sample: AsyncEngine) -> None:
    status, made = await crm.put("C7", DOCUMENT)
    assert (status, made["result"], made["customer"]["external_id"]) == (201, "created", "C7")
    assert len(made["customer"]["service_code"]) == 8
    assert await crm.put("C7", DOCUMENT) == (200, {"result": "unchanged", "changed": [], "customer": made["customer"]})
    status, changed = await crm.put("C7", {"level": "super_vip"})
    assert (status, changed["result"], changed["changed"]) == (200, "changed", ["level"])
    assert changed["customer"] == {**made["customer"], "level": "super_vip"}
    log = await AuditRepository(sample).latest(9)
    assert [(row["who"], row["origin"], row["command"]) for row in log] == [
        ("crm", "HTTP from 127.0.0.1", "PUT /api/v1/customers/C7")
    ] * 2
    assert await OutboxRepository(sample).waiting() == {"waiting": 0, "given_up": 0}


async def test_contacts_keep_their_ids(crm: Crm) -> None:
    _, made = await crm.put("C7", DOCUMENT)
    people = [{"name": "孙丽丽", "external_id": "P1", "numbers": ["13900000009"]}, {"name": "钱"}]
    _, changed = await crm.put("C7", {"contacts": people})
    assert [one["name"] for one in changed["customer"]["contacts"]] == ["孙丽丽", "钱"]
    assert changed["customer"]["contacts"][0]["id"] == made["customer"]["contacts"][0]["id"]
    assert (await crm.put("C7", {"contacts": people[::-1]}))[1]["result"] == "unchanged"


async def test_get_and_delete(crm: Crm) -> None:
    _, made = await crm.put("a%2Fb%20中", DOCUMENT)
    assert made["customer"]["external_id"] == "a/b 中"
    assert await crm.ask("GET", "customers/a%2Fb%20中") == (200, made["customer"])
    for number in ("%2B8613900000001", "13900000001", "139-0000-0001"):
        assert await crm.ask("GET", f"customers?number={number}") == (200, {"customers": [made["customer"]]})
    assert await crm.ask("GET", "customers?number=13999999999") == (200, {"customers": []})
    assert (await crm.ask("GET", "customers"))[0] == 400
    assert await crm.ask("DELETE", "customers/a%2Fb%20中") == (200, {"result": "removed"})
    assert (await crm.ask("DELETE", "customers/a%2Fb%20中"))[0] == 404
    assert (await crm.ask("GET", "customers/a%2Fb%20中"))[0] == 404


async def test_a_conflict_is_named_kept_and_settled(crm: Crm, sample: AsyncEngine) -> None:
    taken = {**DOCUMENT, "contacts": [{"name": "a", "numbers": ["13800000002"]}]}
    for _ in range(2):
        status, refused = await crm.put("C7", taken)
        assert status == 409
        assert refused["error"] == ("杭州西湖软件有限公司: number +8613800000002 belongs to 上海明德科技有限公司.")
    _, listed = await crm.ask("GET", "conflicts")
    assert [(one["id"], one["external_id"], one["body"]) for one in listed["conflicts"]] == [
        (refused["conflict"], "C7", taken)
    ]
    book = CompanyRepository(sample)
    await book.change(2, lambda company: replace(company, contacts=()), AUTHOR, START)
    assert (await crm.put("C7", taken))[0] == 201
    assert (await crm.ask("GET", "conflicts"))[1] == {"conflicts": []}
    assert len((await crm.ask("GET", "conflicts?all=1"))[1]["conflicts"]) == 1


async def test_a_service_code_of_another_company_is_refused_without_being_repeated(crm: Crm) -> None:
    status, refused = await crm.put("C7", {**DOCUMENT, "service_code": "100002"})
    assert status == 409
    assert "100002" not in refused["error"]


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [
        (b"{", 400, "the body is no JSON in UTF-8."),
        (b"\xff", 400, "the body is no JSON in UTF-8."),
        (b"[" * 100_000, 400, "the body is no JSON in UTF-8."),
        (b'{"name": NaN}', 400, "the body is no JSON in UTF-8."),
        (b"[]", 400, "the body is no JSON object with the company's fields."),
        ({"name": "x", "external_id": "C8"}, 400, "external_id in the body is another one"),
        ({"name": "x", "external_id": ["C7"]}, 400, "external_id in the body is another one"),
        ({"name": "x", "level": "gold"}, 400, "level 'gold' is unknown"),
        ({"level": "vip"}, 400, "it has no name"),
        ({"name": "\ud800"}, 400, "name has control characters"),
        ({"name": "x" * 262_144}, 413, "the body is larger than 256 kB."),
        ({"name": {"a": 1}, "level": [], "contacts": 5, "fields": 1, "products": {}}, 400, "name is no text"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_what_can_not_be_taken_is_one_line(crm: Crm, body: Any, status: int, line: str) -> None:
    got, answer = await crm.put("C7", body)
    assert (got, line in answer["error"], "\n" in answer["error"]) == (status, True, False)
    assert (await crm.ask("GET", "customers/C7"))[0] == 404


async def test_an_external_id_that_is_too_long(crm: Crm) -> None:
    assert (await crm.put("x" * 101, DOCUMENT))[0] == 400


async def test_who_saw_an_older_state_is_told(crm: Crm) -> None:
    await crm.put("C7", DOCUMENT)
    assert (await crm.put("C7", {"level": "vip"}, **{"If-Match": '"1"'}))[0] == 200
    await crm.put("C7", {"level": "standard"})
    assert (await crm.put("C7", {"region": "x"}, **{"If-Match": '"1"'}))[0] == 412
    assert (await crm.put("C7", {"region": "x"}, **{"If-Match": '"2"'}))[0] == 200


async def test_twenty_at_once_are_all_taken(crm: Crm) -> None:
    answers = await asyncio.gather(*(crm.put("C7", DOCUMENT) for _ in range(20)))
    assert sorted(status for status, _ in answers) == [200] * 19 + [201]
    answers = await asyncio.gather(*(crm.put("C7", {"fields": {f"f{n}": "x"}}) for n in range(20)))
    assert {status for status, _ in answers} <= {200, 409}


async def test_nobody_without_the_token(crm: Crm) -> None:
    assert (await crm.ask("GET", "conflicts", Authorization="Bearer nothing"))[0] == 401
