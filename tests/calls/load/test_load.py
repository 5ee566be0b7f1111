"""50 calls at 5 a second with 20 agents through the whole journey: every call is accounted for, in our store and in
Asterisk's own CDR file; none is lost, none is stuck."""

import csv
from collections import Counter

import pytest

from rig.agent import SippAgentPool
from rig.center import Center
from rig.load import Press, load_callers
from rig.ports import LOOPBACK

CALLS, RATE = 50, 5
AGENTS = [str(number) for number in range(1001, 1021)]
NUMBERS = [f"1380000000{n}" for n in (1, 2, 3)]
MORE_AGENTS = {n: {"name": f"agent {n}", "sip_password": f"pw{n}"} for n in AGENTS[6:]}
QUEUES = {"*": {"wrap_up_seconds": 1, "members": dict.fromkeys(AGENTS, 1)}}


@pytest.mark.configured(agents=MORE_AGENTS, queues=QUEUES)
@pytest.mark.sql("update agents set logged_in = 1")
async def test_fifty_calls(center: Center) -> None:
    passwords = {number: center.password(number) for number in AGENTS}
    pool = SippAgentPool(
        passwords, LOOPBACK, center.sip_port, answer_after=(0.2, 0.8), hang_up_after=(1.0, 3.0), tone=600, media=True
    )
    async with pool:
        results = await load_callers(
            LOOPBACK, center.sip_port, "trunk", center.trunk_password,
            hotline="4001234567", numbers=NUMBERS, calls=CALLS, rate=RATE,
            presses=[*(Press("0", after, "answer") for after in (5.0, 6.0, 7.0)), *(Press("5", after, "answer") for after in range(9, 40, 2))],
            give_up_after=60,
        )  # fmt: skip
        assert Counter(result.how for result in results) == {"remote_bye": CALLS}
        await center.wait_until(lambda: ended(center), lambda calls: len(calls) == CALLS, 30)
    assert await center.leftovers() == []
    calls = await center.read("call", "list")
    assert Counter(call["outcome"] for call in calls) == {"answered": CALLS}
    assert all(call["agent"] in AGENTS and call["talk_seconds"] and call["ticket"] for call in calls)
    assert sum(1 for call in calls if call["recording"]) == CALLS
    with (center.folder / "log" / "cdr-csv" / "Master.csv").open(encoding="utf-8") as file:
        rows = [(row[16], row[14]) for row in csv.reader(file)]
    cdr = {call: disposition for call, disposition in rows if not call.startswith("offer-")}
    assert cdr.keys() == {call["id"] for call in calls}
    assert set(cdr.values()) == {"ANSWERED"}


async def ended(center: Center) -> list[dict]:
    return center.facts("CallEnded")
