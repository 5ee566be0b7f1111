"""The center is watched from outside: metrics count a real call, /ready tells that Asterisk is gone and is back, log lines carry the
call, and the service code that the caller keyed stands nowhere.
"""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from rig.caller import Caller
from rig.center import Center

UNKNOWN, CODE, WRONG = "13911112222", "100005", "918273"


async def test_a_call_is_counted_and_asterisk_missed(center: Center) -> None:
    async with center.agent("1001", answer_after=0.2), center.caller() as caller:
        await center.queue_up(caller)
        await center.wait_fact("CallAnswered")
        during = await metrics(center)
        await caller.hang_up()
    await center.wait_call()
    after = await metrics(center)
    assert (during["contactcenter_live_calls"], after["contactcenter_live_calls"]) == (1, 0)
    assert after["contactcenter_calls_total", "answered"] == 1
    assert sum(value for key, value in after.items() if key[0] == "contactcenter_call_wait_seconds_count") == 1
    assert 0 < after["contactcenter_fact_commit_seconds_sum"] < 10
    await center.wait_until(
        lambda: metrics(center), lambda seen: seen.get("contactcenter_ami_roundtrip_seconds", 0) > 0
    )
    os.kill((await center.read("status"))["processes"]["asterisk"], 9)
    report = await center.wait_until(lambda: ready(center), lambda report: not report["ready"])
    assert (report["missing"], report["degraded"]) == (["asterisk"], [])
    await center.wait_until(lambda: ready(center), lambda report: report["ready"])


@pytest.mark.settings(format='"json"')
@pytest.mark.sql("ALTER TABLE companies RENAME COLUMN service_code TO lost")
async def test_a_call_that_fails_while_a_code_is_looked_up(center: Center) -> None:
    """What goes wrong is told with the call and all that is known, but not with the code."""
    async with receiver() as (url, told):
        await center.cc("site", "set", f"alarms.webhook_url={url}")
        os.kill((await center.read("status"))["processes"]["serve"], 15)
        await center.wait_until(lambda: alarms_are_told(center), lambda it: it)
        async with center.caller(UNKNOWN) as caller:
            await key_code(center, caller)
            await center.wait_fact("AlarmRaised", name="lookup_failed")
            await caller.hang_up()
        await center.wait_fact("AlarmsTold", name="lookup_failed", count=1)
    call = (await center.wait_call())["id"]
    lines = [json.loads(line) for line in (center.folder / "log" / "controller.out").read_text().splitlines()]
    failed = [line for line in lines if "alarm lookup_failed" in line["message"]]
    assert [(line["level"], line["call"]) for line in failed] == [("warning", call)]
    assert "no such column" in failed[0]["message"]
    (body,) = told
    assert (body["name"], body["calls"]) == ("lookup_failed", [call])
    assert CODE not in str(body)
    assert found(center.folder, CODE) == []


async def test_a_wrong_code_stands_nowhere(center: Center) -> None:
    async with center.caller(UNKNOWN) as caller:
        await key_code(center, caller, WRONG)
        await center.wait_fact("ServiceCodeTried", accepted=False)
        await caller.hang_up()
    call = (await center.wait_call())["id"]
    assert found(center.folder, WRONG) == []
    assert WRONG not in await center.cc("call", "show", call) + await center.cc("call", "explain", call)
    assert WRONG not in str(await metrics(center))


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[str, list[dict]]]:
    """Somebody who is told of alarms: their address, and what they heard."""
    told: list[dict] = []

    async def take(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/", told
    await runner.cleanup()


async def alarms_are_told(center: Center) -> bool:
    """Whether a controller runs that was started after the setting was changed."""
    try:
        seen = await metrics(center)
    except aiohttp.ClientError:
        return False
    changed = (center.folder / "contactcenter.toml").stat().st_mtime
    return seen["process_start_time_seconds"] > changed and (await ready(center))["ready"]


async def key_code(center: Center, caller: Caller, code: str = CODE) -> None:
    await caller.dial()
    await caller.wait_answered()
    await center.wait_fact("HoursChecked")
    await caller.media.wait_silence_after_speech(15)
    await caller.press(f"{code}#")


def found(folder: Path, code: str) -> list[str]:
    """Files of the site, but sound, in which a code stands that is no customer's."""

    def where() -> Iterator[str]:
        for file in folder.rglob("*"):
            if file.is_file() and file.suffix not in {".wav", ".sln"} and code.encode() in file.read_bytes():
                yield str(file.relative_to(folder))

    return [file for file in where() if code == WRONG or "data/" not in file]


async def metrics(center: Center) -> dict:
    """Values by name, and by name and labels."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{center.http_port}/metrics") as answer,
    ):
        families = text_string_to_metric_families(await answer.text())
    samples = [sample for family in families for sample in family.samples]
    return {(s.name, *s.labels.values()) if s.labels else s.name: s.value for s in samples}


async def ready(center: Center) -> dict:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{center.http_port}/ready") as answer:
        report = await answer.json()
        assert answer.status == (200 if report["ready"] else 503)
        return report
