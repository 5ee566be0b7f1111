"""http: the dealer's CRM is asked during the call, and whatever it does the call goes on."""

import asyncio

import pytest
from flows import use_flows
from journeys import HAPPY, STANDARD, ending, fact, facts, kinds

from contactcenter import events as e
from contactcenter.errors import LookupFailed
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.center import SimulatedCenter
from contactcenter.simulator.lookup import FakeLookup

URL = "https://crm.example/v1/%2B8613800000002/balance?key=42"
MAIN = """
  start:
    type: http
    url: "https://crm.example/v1/{caller}/balance?key={pin}"
    headers: {Authorization: Bearer s3cret}
    into: {balance: account.balance, first: orders.0.name}
    next: say
    failed: sorry
  say: {type: say, say: money, value: "{balance}", next: bye}
  sorry: {type: play, prompt: menu-failed, next: bye}
  bye: {type: hangup, prompt: goodbye}
"""
PIN = """
  start: {type: collect, prompt: menu-main, into: pin, secret: true, next: ask, failed: bye}
""" + MAIN.replace("  start:", "  ask:")


async def call(sim: SimulatedCenter, answer: object, seconds: float = 0.1) -> list:
    use_flows(sim, main=PIN)
    sim.center.lookup = FakeLookup({URL: answer}, seconds)
    phone = await sim.call(STANDARD, CallerScript({"menu-main": ("42#",)}))
    return [phone.heard[1:], *(f for f in facts(sim, phone) if isinstance(f, e.HttpLookedUp))]


async def test_values_of_the_answer_become_variables(sim: SimulatedCenter) -> None:
    heard, looked_up = await call(sim, {"account": {"balance": 12.5}, "orders": [{"name": "a"}]})
    assert heard == ["digits/10", "digits/2", "digits/yuan", "digits/5", "digits/jiao", "goodbye"]
    assert (looked_up.node, looked_up.ok, looked_up.why, looked_up.seconds) == ("ask", True, "", 0.1)
    (asked,) = sim.center.lookup.asked  # type: ignore[attr-defined]
    assert (asked.method, asked.headers, asked.seconds) == ("GET", {"Authorization": "Bearer s3cret"}, 2.0)
    assert "s3cret" not in repr(sim.facts) + repr(asked)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (LookupFailed("the answer is 500"), "the answer is 500"),
        ({"account": {"balance": {}}, "orders": [{"name": "a"}]}, "account.balance is no plain value in the answer"),
        ({"account": {"balance": 1}, "orders": []}, "the answer has no orders.0.name"),
        ({"account": 5}, "the answer has no account.balance"),
        ([1, 2], "the answer has no account.balance"),
        ("text", "the answer has no account.balance"),
        (None, "the answer has no account.balance"),
    ],
)
async def test_a_wrong_answer_goes_another_way(sim: SimulatedCenter, answer: object, why: str) -> None:
    heard, looked_up = await call(sim, answer)
    assert heard == ["menu-failed", "goodbye"]
    assert (looked_up.ok, looked_up.why) == (False, why)


async def test_a_slow_answer_is_not_waited_for(sim: SimulatedCenter) -> None:
    heard, looked_up = await call(sim, {}, seconds=30)
    assert heard == ["menu-failed", "goodbye"]
    assert (looked_up.why, looked_up.seconds) == ("no answer in time", 2.0)


async def test_a_caller_who_hangs_up_meanwhile(sim: SimulatedCenter) -> None:
    use_flows(sim, main=PIN)
    sim.center.lookup = FakeLookup({}, seconds=30)
    phone = sim.line(CallerScript({"menu-main": ("42#",)}))
    asyncio.get_running_loop().call_later(2.5, phone.hangs_up)
    await sim.call(STANDARD, phone=phone)
    assert ending(sim, phone) == ("abandoned", "the caller hung up in the menu")
    assert sim.center.lookup.asked != []
    assert "HttpLookedUp" not in kinds(sim, phone)


async def test_a_long_value_is_cut_and_dots_lead_nowhere_else(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main="""
  start: {type: http, url: "http://crm.example/a", into: {name: name, dots: dots}, next: again, failed: bye}
  again: {type: http, url: "http://crm.example/{dots}/b", next: bye, failed: bye}
  bye: {type: route}
""",
    )
    sim.center.lookup = FakeLookup({"http://crm.example/a": {"name": "x" * 5000, "dots": ".."}})
    phone = await sim.call(STANDARD, HAPPY)
    assert len(sim.center.lookup.asked) == 1
    assert len(fact(sim, phone, e.CallRouted).case["values"]["name"]) == 200
    assert [f.why for f in facts(sim, phone) if isinstance(f, e.HttpLookedUp)] == [
        "",
        "a variable in the address is nothing but dots",
    ]


async def test_an_answer_that_is_no_text_is_no_mistake_of_ours(sim: SimulatedCenter) -> None:
    """JSON may hold half a character, which no address can carry, and controls, which not every database stores."""
    again = MAIN.replace("{caller}", "{first}").replace("  start:", "  again:")
    use_flows(sim, main=PIN.replace("next: say", "next: again") + again[: again.index("  say:")])
    second = URL.replace("%2B8613800000002", "%E5%BC%A0x")
    answer = {"account": {"balance": 2}, "orders": [{"name": "张\ud800\x00\nx"}]}
    sim.center.lookup = FakeLookup({URL: answer, second: answer})
    phone = await sim.call(STANDARD, CallerScript({"menu-main": ("42#",)}))
    assert phone.heard[1:] == ["digits/liang", "digits/yuan", "goodbye"]
    assert "\ud800" not in repr([f.data() for f in facts(sim, phone)])
