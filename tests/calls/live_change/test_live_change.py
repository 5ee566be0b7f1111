"""Everything changes while twenty callers are on the line, in menus, queues and conversations: nobody is lost, and the next
caller meets what was changed.
"""

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from contactcenter.web.client import ControllerClient
from rig.agent import SippAgentPool
from rig.caller import Caller
from rig.center import Center
from rig.load import Press, load_callers
from rig.ports import LOOPBACK

CALLS = 24
AGENTS = [str(number) for number in range(1001, 1011)]
NUMBERS = ["13800000002", "13800000003"]
MORE_AGENTS = {n: {"name": f"agent {n}", "sip_password": f"pw{n}"} for n in AGENTS[6:]}
QUEUES = {"*": {"wrap_up_seconds": 0, "sticky_hours": 0}, "support": {"members": dict.fromkeys(AGENTS, 1)}}


@pytest.mark.configured(agents=MORE_AGENTS, queues=QUEUES)
@pytest.mark.sql("update agents set logged_in = 1")
async def test_changes_under_twenty_calls(center: Center) -> None:
    passwords = {number: center.password(number) for number in AGENTS}
    pool = SippAgentPool(
        passwords, LOOPBACK, center.sip_port, answer_after=(0.2, 0.8), hang_up_after=(4.0, 8.0), tone=600, media=True
    )
    most = 0
    async with pool, asyncio.TaskGroup() as group:
        for number in AGENTS:
            await center.wait_state(number, "ready", timeout=30)
        load = group.create_task(
            load_callers(
                LOOPBACK, center.sip_port, "trunk", center.trunk_password,
                hotline="4001234567", numbers=NUMBERS, calls=CALLS, rate=4.0,
                presses=[*(Press("0", after, "answer") for after in range(6, 20, 2)), *(Press("5", after, "answer") for after in range(21, 60, 2))],
                give_up_after=90,
            )
        )  # fmt: skip
        await center.wait_until(lambda: live_calls(center), lambda calls: calls >= 20, 40)
        for words in changes(center):
            await center.cc(*words)
            most = max(most, await live_calls(center))
        results = await load
        await center.wait_until(lambda: ended(center), lambda calls: len(calls) == CALLS, 60)
    assert most >= 15, "the changes came while callers were there"
    assert Counter(result.how for result in results) == {"remote_bye": CALLS}
    calls = await center.read("call", "list")
    assert Counter(call["outcome"] for call in calls) == {"answered": CALLS}
    log = await center.read("audit", "list", "--limit", "20")
    published = next(row["at"] for row in log if row["command"].startswith("flow publish"))
    began = [(fact["version"], fact["at"] > published) for fact in center.facts("FlowStarted")]
    assert len(began) == CALLS, "each call began one flow, and stayed in it"
    assert began.count((1, False)) >= 20
    assert (2, False) not in began
    assert await center.leftovers() == []


def changes(center: Center) -> list[tuple[str, ...]]:
    """A morning of an admin."""
    flow: Path = center.folder / "dialplans" / "main.yaml"
    flow.write_text(
        flow.read_text(encoding="utf-8").replace('"2": to-a-person', '"2": not-understood', 1), encoding="utf-8"
    )
    return [
        ("flow", "publish", str(flow)),
        ("queue", "add", "tax", "strategy=least_load"),
        ("queue", "member", "tax", "1001"),
        ("route", "add", "tax", "menu.product-menu=2", "queue=tax", "--at", "1"),
        ("route", "move", "tax", "3"),
        ("queue", "set", "support", "strategy=longest_idle", "ring_seconds=15"),
        ("queue", "member", "support", "1010", "--remove"),
        ("agent", "add", "1011", "name=新人", "sip_password=pw1011"),
        ("agent", "remove", "1010", "--yes"),
        ("calendar", "set", "workdays", "sat", "09:00-12:00"),
        ("undo", "--yes"),
    ]  # fmt: skip


async def test_a_change_is_in_force_within_a_second(center: Center) -> None:
    async with center.caller("13800000002") as waiting:
        await waiting.dial()
        await center.wait_fact("NodeEntered", node="main-menu")
        await center.cc("calendar", "close", "always", "--why", "停电")
        changed = time.monotonic()
        async with center.caller("13800000001") as late:
            await late.dial()
            await center.wait_prompt(late, "closed", 10)
            await late.wait_ended()
        facts = center.facts("HoursChecked")
        assert [fact["open"] for fact in facts] == [True, False]
        assert "停电" in facts[1]["why"]
        assert time.monotonic() - changed < 15
        await waiting.press("0")
        await center.wait_fact("CallQueued")
        await waiting.hang_up()


async def test_a_change_that_nobody_told_of(center: Center) -> None:
    """Whoever made it was ended before the controller heard of it: it follows by itself."""
    await center.configure(queues={"vip": {"ring_seconds": 7}})
    await center.wait_until(lambda: ring_seconds(center), lambda seconds: seconds == 7, 5)


async def ring_seconds(center: Center) -> float:
    answer = await ControllerClient(center.http_port, center.token).get("queues/vip")
    return float(answer["ring_seconds"])


async def test_an_agent_added_while_it_runs_takes_a_call(center: Center) -> None:
    """No restart: the phone registers, the agent logs in by feature code, and answers; the password changes at once too."""
    await center.cc("agent", "add", "1011", "name=新人", "sip_password=first-one")
    await center.cc("queue", "member", "support", "1011")
    await center.wait_until(lambda: known(center, "1011"), bool)
    login = (LOOPBACK, center.sip_port, "1011", "first-one")
    async with Caller(*login, number="1011", hotline="*41") as keys:
        await keys.dial()
        await keys.wait_answered()
        await keys.wait_ended()
    async with center.agent("1011", answer_after=0.2, tone=600) as phone, center.caller("13800000002") as caller:
        await center.wait_state("1011", "ready")
        await center.queue_up(caller)
        await caller.media.wait_hears(600, 30)
        await center.cc("agent", "remove", "1011", "--yes")
        await asyncio.sleep(1)
        assert phone.call.ended_at is None, "a conversation goes on when its agent is taken out"
        await caller.hang_up()
    assert (await center.wait_call())["agent"] == "1011"


async def live_calls(center: Center) -> int:
    return int((await center.status())["calls"])


async def ended(center: Center) -> list[dict]:
    return center.facts("CallEnded")


async def known(center: Center, number: str) -> bool:
    async with center.ami() as ami:
        endpoints = await ami.action_list("PJSIPShowEndpoints")
    return any(endpoint.get("ObjectName") == number for endpoint in endpoints)
