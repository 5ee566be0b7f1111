"""Webhooks to a real server that is slow, wrong, down and up again; and the list of what the CRM sent in vain."""

import asyncio
import hashlib
import hmac
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from happenings import START
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.changes import Author
from contactcenter.customers.company import Company, Contact
from contactcenter.customers.unique import Edit
from contactcenter.events import AlarmRaised, Fact
from contactcenter.simulator.clock import ManualClock
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.outbox import ConflictRepository, OutboxRepository
from contactcenter.web import posting, webhooks
from contactcenter.web.posting import SignedPost
from contactcenter.web.webhooks import Webhooks

AUTHOR = Author("admin", "a test", "customer edit")
SECRET = "very secret"
DAY = 86_400


@dataclass
class Crm:
    """The far side. answer: what it does with the next requests."""

    url: str = ""
    heard: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        self.heard.append((request.headers["X-ContactCenter-Id"], dict(request.headers), body))
        return await self.answer(request) if self.answer else web.Response(status=204)

    @property
    def told(self) -> list[tuple[str, str]]:
        """(event, package) of each request."""
        return [(json.loads(body)["event"], json.loads(body)["company"]["package"]) for _, _, body in self.heard]


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    far = Crm()
    app = web.Application()
    app.router.add_post("/hook", far.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    far.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield far
    await runner.cleanup()


@dataclass
class Desk:
    """The near side."""

    crm: Crm
    book: CompanyRepository
    outbox: OutboxRepository
    clock: ManualClock
    facts: list[Fact]
    hooks: Webhooks

    async def change(self, package: str, company: int = 1) -> None:
        await self.book.change(company, lambda one: replace(one, package=package), AUTHOR, self.clock.now())

    async def deliver(self, times: int = 1) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=posting.TIMEOUT_SECONDS)) as session:
            for _ in range(times):
                await self.hooks.deliver(session)

    async def waiting(self) -> tuple[int, int]:
        found = await self.outbox.waiting()
        return found["waiting"], found["given_up"]


@pytest.fixture
def desk(sample: AsyncEngine, crm: Crm) -> Desk:
    clock, facts, outbox = ManualClock(START), [], OutboxRepository(sample)
    post = SignedPost(crm.url, SECRET, clock, random.Random(1))  # noqa: S311
    hooks = Webhooks(outbox, post, clock=clock, publish=facts.append)
    return Desk(crm, CompanyRepository(sample, webhooks=True), outbox, clock, facts, hooks)


def answers(status: int, body: bytes = b"") -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body)

    return answer


async def test_a_change_is_told_once_and_signed(desk: Desk) -> None:
    await desk.change("金牌")
    await desk.deliver(2)
    ((event_id, headers, body),) = desk.crm.heard
    assert headers["X-ContactCenter-Event"] == "company.changed"
    stamp, digest = (part.split("=")[1] for part in headers["X-ContactCenter-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    assert (int(stamp), digest) == (int(START.timestamp()), expected)
    told = json.loads(body)
    assert (told["id"], told["changed"], told["company"]["package"]) == (event_id, ["package"], "金牌")
    assert await desk.waiting() == (0, 0)


async def test_added_changed_and_removed_come_in_their_order(desk: Desk) -> None:
    (edit,) = await desk.book.save([Edit(None, Company("x", contacts=(Contact("a"),)))], AUTHOR, START)
    key = edit.after.id if edit.after else 0
    await desk.change("金牌", key or 0)
    await desk.book.change(key or 0, lambda _: None, AUTHOR, START)
    await desk.deliver(3)
    assert desk.crm.told == [("company.added", ""), ("company.changed", "金牌"), ("company.removed", "金牌")]


async def test_what_the_crm_did_itself_is_not_told_to_it(desk: Desk) -> None:
    before = await desk.book.find("1")
    await desk.book.save([Edit(before, replace(before, package="x"))], AUTHOR, START, from_crm=True)
    assert await desk.waiting() == (0, 0)


async def test_a_server_error_is_tried_again_later_with_the_same_id_and_later_changes_wait(desk: Desk) -> None:
    desk.crm.answer = answers(500)
    await desk.change("1")
    await desk.change("2")
    await desk.change("other", company=2)
    await desk.deliver(2)
    assert [package for _, package in desk.crm.told] == ["1", "other"]
    desk.crm.answer = None
    await desk.deliver()
    assert len(desk.crm.heard) == 2  # not due yet
    desk.clock.advance(webhooks.FIRST_WAIT)
    await desk.deliver(4)
    told = [package for _, package in desk.crm.told[2:]]
    assert (sorted(told), told.index("1") < told.index("2")) == (["1", "2", "other"], True)
    assert desk.crm.heard[0][0] == desk.crm.heard[2][0]
    assert await desk.waiting() == (0, 0)


async def test_the_time_of_the_first_try_is_kept_to_the_second(desk: Desk) -> None:
    """Whatever time zone the database's server is in."""
    await desk.change("金牌")
    (message,) = await desk.outbox.due(START, 1)
    for minutes in (0, 5):
        at = START + timedelta(minutes=minutes)
        await desk.outbox.failed(message.id, at, at)
    (again,) = await desk.outbox.due(at, 1)
    assert (again.tries, again.first_tried_at) == (2, START)


async def test_a_message_that_the_crm_refuses_holds_up_no_other_company(desk: Desk) -> None:
    async def picky(request: web.Request) -> web.StreamResponse:
        return web.Response(status=400 if "华远" in await request.text() else 200)

    desk.crm.answer = picky
    await desk.change("bad")
    await desk.change("good", company=2)
    await desk.deliver()
    assert await desk.waiting() == (1, 0)


async def test_two_megabytes_as_an_answer_are_not_read(desk: Desk) -> None:
    desk.crm.answer = answers(200, bytes(2_000_000))
    await desk.change("1")
    await desk.deliver()
    assert await desk.waiting() == (0, 0)


async def test_a_slow_answer_is_given_up_and_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_SECONDS", 0.2)
    done = asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        await done.wait()
        return web.Response()

    desk.crm.answer = slow
    await desk.change("1")
    async with asyncio.timeout(3):
        await desk.deliver()
    done.set()
    desk.crm.answer = None
    assert await desk.waiting() == (1, 0)
    desk.clock.advance(webhooks.FIRST_WAIT)
    await desk.deliver()
    assert await desk.waiting() == (0, 0)


async def test_a_redirect_and_what_is_no_http_are_failures(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    async def gibberish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"220 mail.example.com ESMTP\r\n\r\n")
        writer.close()

    desk.crm.answer = answers(302)
    await desk.change("1")
    await desk.deliver()
    async with await asyncio.start_server(gibberish, "127.0.0.1", 0) as server:
        desk.hooks._post.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        desk.clock.advance(DAY)
        await desk.deliver()
    desk.clock.advance(DAY)
    await desk.deliver()
    assert await desk.waiting() == (1, 0)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [line.partition(": ")[2].partition(";")[0] for line in lines] == [
        "HTTP 302",
        "no answer (ClientResponseError)",
        "no answer (ClientConnectorError)",
    ]
    assert not any("+86138" in line or "100001" in line for line in lines)


async def test_after_three_days_it_is_given_up_with_an_alarm_and_the_next_change_is_told(desk: Desk) -> None:
    desk.crm.answer = answers(503)
    await desk.change("1")
    await desk.change("2")
    await desk.deliver()
    tries = 0
    while not desk.facts and tries < 100:
        desk.clock.advance(webhooks.LONGEST_WAIT)
        await desk.deliver()
        tries += 1
    assert 18 <= tries <= 40
    (alarm,) = desk.facts
    assert isinstance(alarm, AlarmRaised)
    assert alarm.detail == "1 changes of customers could not be told to the CRM for 3 days and are given up."
    assert await desk.waiting() == (1, 1)
    desk.crm.answer = None
    await desk.deliver()
    assert desk.crm.told[-1] == ("company.changed", "2")


async def test_it_runs_by_itself_and_survives_a_restart(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LOOK_SECONDS", 0.01)
    await desk.change("1")
    for package in ("1", "2"):
        running = asyncio.create_task(desk.hooks.run())
        async with asyncio.timeout(5):
            while [told for _, told in desk.crm.told][-1:] != [package]:
                await asyncio.sleep(0.01)
            while await desk.waiting() != (0, 0):
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})
        assert running.cancelled()
        await desk.change("2")


async def test_without_an_address_it_ends_and_without_a_secret_it_says_so(desk: Desk) -> None:
    desk.hooks._post._secret = b""
    await desk.hooks.run()
    assert [fact.kind for fact in desk.facts] == ["AlarmRaised"]
    desk.hooks._post.url = ""
    await desk.hooks.run()
    assert len(desk.facts) == 1


async def test_a_conflict_is_one_line_until_it_is_settled(database: AsyncEngine) -> None:
    conflicts = ConflictRepository(database)
    first = await conflicts.refuse("C1", "crm", "number taken", {"name": "x"}, START)
    assert await conflicts.refuse("C1", "crm", "code taken", {"name": "y"}, START + timedelta(1)) == first
    await conflicts.refuse("C2", "crm", "z", {}, START)
    assert [(row["external_id"], row["reason"], row["body"]) for row in await conflicts.all()] == [
        ("C2", "z", {}),
        ("C1", "code taken", {"name": "y"}),
    ]
    await conflicts.resolve("C1", START + timedelta(2))
    assert [row["external_id"] for row in await conflicts.all()] == ["C2"]
    assert len(await conflicts.all(resolved=True)) == 2
