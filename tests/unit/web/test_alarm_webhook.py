"""Alarms reach a real HTTP server, signed, once, and also when it was away."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from contactcenter.clock import SystemClock
from contactcenter.errors import StoreError
from contactcenter.events import AlarmRaised, AlarmsTold, Fact
from contactcenter.web import alarms
from contactcenter.web.alarms import AlarmWebhook
from contactcenter.web.posting import SignedPost

SECRET = "very secret"


@dataclass
class Receiver:
    url: str = ""
    status: int = 204
    heard: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.heard.append((dict(request.headers), await request.text()))
        return web.Response(status=self.status)

    @property
    def told(self) -> list[tuple[str, int]]:
        bodies: list[dict[str, Any]] = [json.loads(body) for _, body in self.heard]
        return [(body["name"], body["count"]) for body in bodies]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    far = Receiver()
    app = web.Application()
    app.router.add_post("/alarms", far.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    far.url = f"http://127.0.0.1:{runner.addresses[0][1]}/alarms"
    yield far
    await runner.cleanup()


@dataclass
class Past:
    """What was raised before the start; a sentence for a database that is away."""

    raised: list[AlarmRaised] = field(default_factory=list)
    away: str = ""

    async def untold(self, since: datetime, before: datetime) -> list[AlarmRaised]:
        if self.away:
            raise StoreError(self.away)
        return [alarm for alarm in self.raised if since <= alarm.at < before]


@dataclass
class Sender:
    hook: AlarmWebhook
    facts: list[Fact]

    def raise_(self, name: str = "database_away") -> None:
        self.hook.take(AlarmRaised(at=SystemClock().now(), name=name, detail="王"))

    async def until_told(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.facts) < count:
                await asyncio.sleep(0.01)


@pytest.fixture
async def sender(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sender]:
    made, running = sending(receiver, Past(), monkeypatch)
    yield made
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


def sending(receiver: Receiver, past: Past, monkeypatch: pytest.MonkeyPatch) -> tuple[Sender, asyncio.Task[None]]:
    monkeypatch.setattr(alarms, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr("contactcenter.monitoring.alarms.GATHER", SystemClock().now() - SystemClock().now())
    facts: list[Fact] = []
    clock = SystemClock()
    hook = AlarmWebhook("Beijing", SignedPost(receiver.url, SECRET, clock), past, clock=clock, publish=facts.append)
    return Sender(hook, facts), asyncio.create_task(hook.run())


async def test_an_alarm_is_told_once_and_signed(receiver: Receiver, sender: Sender) -> None:
    sender.raise_()
    await sender.until_told(1)
    ((headers, body),) = receiver.heard
    stamp, digest = (part.split("=")[1] for part in headers["X-ContactCenter-Signature"].split(","))
    assert digest == hmac.new(SECRET.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    assert headers["X-ContactCenter-Event"] == "alarm.raised"
    assert json.loads(body)["id"] == headers["X-ContactCenter-Id"]
    (told,) = sender.facts
    assert isinstance(told, AlarmsTold)
    assert (told.name, told.count) == ("database_away", 1)


async def test_a_storm_is_two_messages_at_most(receiver: Receiver, sender: Sender) -> None:
    """The second one comes a minute later."""
    for _ in range(500):
        sender.raise_()
    sender.raise_("disk_low")
    await sender.until_told(2)
    sender.raise_()
    await asyncio.sleep(0.1)
    assert sorted(receiver.told) == [("database_away", 500), ("disk_low", 1)]


async def test_a_receiver_that_fails_is_asked_again_later(
    receiver: Receiver, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contactcenter.monitoring.alarms.FIRST_WAIT", SystemClock().now() - SystemClock().now())
    receiver.status = 503
    sender.raise_()
    async with asyncio.timeout(5):
        while not receiver.heard:
            await asyncio.sleep(0.01)
    receiver.status = 200
    await sender.until_told(1)
    assert len({headers["X-ContactCenter-Id"] for headers, _ in receiver.heard}) == 1


async def test_what_a_controller_left_untold_the_next_one_tells(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = Past([AlarmRaised(at=SystemClock().now(), name="recording_failed", detail="before")])
    sender, running = sending(receiver, past, monkeypatch)
    await sender.until_told(1)
    running.cancel()
    assert receiver.told == [("recording_failed", 1)]


async def test_without_a_database_alarms_are_told_all_the_same(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sender, running = sending(receiver, Past(away="the database does not answer"), monkeypatch)
    sender.raise_()
    await sender.until_told(1)
    running.cancel()
    assert receiver.told == [("database_away", 1)]
    assert "the database does not answer" in caplog.text


async def test_without_an_address_nothing_gathers(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.url = ""
    sender, running = sending(receiver, Past(), monkeypatch)
    sender.raise_()
    await running
    assert sender.hook._messages.due(SystemClock().now()) == []
