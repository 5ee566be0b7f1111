"""Somebody guesses service codes: after too many wrong ones even the right one is none, which sounds the same, and an admin hears of it."""

import asyncio

from journeys import HAPPY, STRANGER, alarms, fact, facts

from contactcenter import events as e
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.center import SimulatedCenter
from contactcenter.simulator.phone import FakePhone

WRONG = CallerScript({"enter-service-code": ("1#", "2#", "3#"), **HAPPY.keys})
RIGHT = CallerScript({"enter-service-code": ("100005#", "100005#", "100005#"), **HAPPY.keys})
SILENT = CallerScript({"enter-service-code": ("", "", ""), **HAPPY.keys})


def tried(sim: SimulatedCenter, phone: FakePhone) -> list[tuple[bool, bool, bool]]:
    return [(f.accepted, f.keyed, f.limited) for f in facts(sim, phone) if isinstance(f, e.ServiceCodeTried)]


async def test_after_ten_wrong_codes_the_right_one_is_wrong_too(sim: SimulatedCenter) -> None:
    for _ in range(3):
        wrong = await sim.call(STRANGER, WRONG)
    assert alarms(sim) == []
    over = await sim.call(STRANGER, WRONG)
    assert tried(sim, over) == [(False, True, False), (False, True, True), (False, True, True)]
    assert alarms(sim) == ["too_many_wrong_codes"]
    right = await sim.call(STRANGER, RIGHT)
    assert tried(sim, right) == [(False, True, True)] * 3
    assert fact(sim, right, e.CallerIdentified).by == "unknown"
    assert right.heard == over.heard == wrong.heard, "nothing tells the caller which it was"
    assert alarms(sim) == ["too_many_wrong_codes"], "once"
    other = await sim.call("+8613911113333", RIGHT)
    assert tried(sim, other) == [(True, True, False)]
    await asyncio.sleep(3600)
    later = await sim.call(STRANGER, RIGHT)
    assert tried(sim, later) == [(True, True, False)]


async def test_who_keys_nothing_has_not_guessed(sim: SimulatedCenter) -> None:
    for _ in range(5):
        phone = await sim.call(STRANGER, SILENT)
        assert tried(sim, phone) == [(False, False, False)] * 3
    assert tried(sim, await sim.call(STRANGER, RIGHT)) == [(True, True, False)]


async def test_over_the_limit_nothing_is_looked_up(sim: SimulatedCenter) -> None:
    """So that time can't tell either whether there is such a code."""
    for _ in range(4):
        await sim.call("", WRONG)
    sim.store.failing.add("by_service_code")
    phone = await sim.call("", RIGHT)
    assert tried(sim, phone) == [(False, True, True)] * 3
    (alarm,) = [f for f in sim.facts if isinstance(f, e.AlarmRaised)]
    assert alarm.detail.startswith("callers who withhold their number keyed too many wrong service codes")


async def test_from_many_numbers(sim: SimulatedCenter) -> None:
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(sim.call(f"+86139{n:08}", WRONG)) for n in range(40)]
    found = [one for call in calls for one in tried(sim, call.result())]
    assert len(found) == 120
    assert [limited for _, _, limited in found].count(False) == 100
    assert alarms(sim).count("too_many_wrong_codes") == 1
