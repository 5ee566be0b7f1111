"""collect, identify, service: what the caller is asked, and what is written of it."""

import pytest
from flows import nodes_of, use_flows, use_rules
from journeys import EXPIRED, HAPPY, STANDARD, STRANGER, ending, fact, facts, kinds

from contactcenter import events as e
from contactcenter.simulator.caller import CallerScript, HangUp
from contactcenter.simulator.center import SimulatedCenter

COLLECT = """
  start: {{type: collect, prompt: menu-main, into: order, least: 4, most: 6, next: say, failed: bye{more}}}
  say: {{type: say, say: digits, value: "{{order}}", next: route}}
  route: {{type: route}}
  bye: {{type: hangup, prompt: goodbye}}
"""
ORDERS = (
    {"name": "that order", "queue": "vip", "when": {"values": {"order": ["1234"]}}},
    {"name": "else", "queue": "support"},
)


async def test_digits_are_collected_noted_and_seen_by_the_rules(sim: SimulatedCenter) -> None:
    use_flows(sim, main=COLLECT.format(more=""))
    use_rules(sim, *ORDERS)
    phone = await sim.call(STANDARD, CallerScript({"menu-main": ("12#", "", "1234#")}))
    assert phone.heard[:5] == ["menu-main (cut)", "wrong-digits", "menu-main", "no-key", "menu-main (cut)"]
    assert phone.heard[5:9] == ["digits/1", "digits/2", "digits/3", "digits/4"]
    collected = [(f.digits, f.ok) for f in facts(sim, phone) if isinstance(f, e.DigitsCollected)]
    assert collected == [("12", False), ("", False), ("1234", True)]
    routed = fact(sim, phone, e.CallRouted)
    assert (routed.rule, routed.case["values"]) == ("that order", {"order": "1234"})


async def test_secret_digits_are_spoken_but_never_written(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main=COLLECT.format(more=", secret: true").replace("next: say,", "next: copy,")
        + '  copy: {type: set, values: {copied: "x{order}"}, next: say}\n',
    )
    use_rules(sim, *ORDERS, {"name": "copy", "queue": "vip", "when": {"values": {"copied": ["x9876"]}}})
    phone = await sim.call(STANDARD, CallerScript({"menu-main": ("98765432#", "9876#")}))
    assert "digits/6" in phone.heard
    assert "9876" not in repr(facts(sim, phone))
    assert fact(sim, phone, e.CallRouted).rule == "else"


async def test_after_the_last_try_the_call_goes_on_elsewhere(sim: SimulatedCenter) -> None:
    use_flows(sim, main=COLLECT.format(more=", tries: 2"))
    phone = await sim.call(STANDARD, CallerScript({"menu-main": ("1#", "***#")}))
    assert phone.heard[-1] == "goodbye"
    assert phone.heard.count("menu-main (cut)") == 2


IDENTIFY = """
  start: {{type: identify, known: service, unknown: {unknown}{more}}}
  ask: {{type: menu, prompt: menu-main, keys: {{"1": start, "2": route, "0": route}}, failed: route}}
  service: {{type: service, expired: bye, otherwise: route, say: false}}
  route: {{type: route}}
  bye: {{type: hangup, prompt: goodbye}}
"""


async def test_a_way_back_to_the_question_gives_no_more_tries(sim: SimulatedCenter) -> None:
    """Codes can't be guessed by going round: three for each call."""
    use_flows(sim, main=IDENTIFY.format(unknown="ask", more=""))
    script = CallerScript({"enter-service-code": ("1#",) * 9, "menu-main": ("1",) * 4})
    phone = await sim.call(STRANGER, script)
    assert phone.heard.count("enter-service-code (cut)") == 3
    assert [f.attempt for f in facts(sim, phone) if isinstance(f, e.ServiceCodeTried)] == [1, 2, 3]


async def test_a_second_round_of_tries_goes_on_where_the_first_ended(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main=IDENTIFY.format(unknown="again", more=", tries: 1")
        + "  again: {type: identify, known: service, unknown: ask}\n",
    )
    phone = await sim.call(STRANGER, CallerScript({"enter-service-code": ("1#", "100004#")}))
    assert [(f.attempt, f.accepted) for f in facts(sim, phone) if isinstance(f, e.ServiceCodeTried)] == [
        (1, False),
        (2, True),
    ]
    assert phone.heard[-1] == "goodbye"
    assert fact(sim, phone, e.ServiceChecked).service == "expired"


async def test_without_tries_only_the_number_counts(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main="""
  start: {type: identify, known: route, unknown: route, tries: 0}
  route: {type: route}
""",
    )
    phone = await sim.call(STRANGER, CallerScript())
    assert "enter-service-code" not in phone.heard
    assert fact(sim, phone, e.CallerIdentified).by == "unknown"


async def test_who_calls_is_known_to_the_rules_without_any_node(sim: SimulatedCenter) -> None:
    use_flows(sim, main="  start: {type: route}\n")
    phone = await sim.call(EXPIRED, HAPPY)
    routed = fact(sim, phone, e.CallRouted)
    assert routed.queue == "renewals"
    assert routed.case == {
        "hotline": "4001234567",
        "service": "expired",
        "identified": True,
        "caller": EXPIRED,
        "group": "直销客户",
    }
    assert fact(sim, phone, e.CallerIdentified).by == "number"
    assert sim.store.calls[phone.call].company_id == 4


@pytest.mark.parametrize(
    ("node", "step"),
    [
        ("{type: collect, prompt: menu-main, into: x, next: bye, failed: bye}", "ivr"),
        ("{type: menu, prompt: menu-main, keys: {'1': bye, '2': bye, '0': bye}, failed: bye}", "ivr"),
        ("{type: play, prompt: menu-main, next: bye}", "customers"),
    ],
)
async def test_where_a_caller_gave_up_is_the_step_of_the_node(sim: SimulatedCenter, node: str, step: str) -> None:
    use_flows(sim, main=f"  start: {node}\n  bye: {{type: hangup}}\n")
    phone = await sim.call(STANDARD, CallerScript(hang_up=HangUp("prompt menu-main", 1)))
    assert fact(sim, phone, e.CallAbandoned).step == step
    assert ending(sim, phone)[0] == "abandoned"
    assert kinds(sim, phone)[-1] == "CallEnded"
    assert nodes_of(sim, phone) == ["main/start"]
