"""What flows do to callers on their way to the rules, as the check of the rules is told."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from contactcenter.acd.settings import Member, QueueSettings
from contactcenter.configuration.models import Agent, Configuration, Hotline
from contactcenter.configuration.reach import known_to_rules
from contactcenter.hours.calendar import Calendar
from contactcenter.hours.span import parse_spans
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.nodes import NODES
from contactcenter.resources import resource
from contactcenter.routing.check import check_rules
from contactcenter.routing.known import Known, KnownFlow, KnownHotline, KnownQueue
from contactcenter.routing.rules import Rule

WORK, NIGHT, ALWAYS, NEVER = (
    Calendar(name, ZoneInfo("Asia/Shanghai"), weekly)
    for name, weekly in (
        ("work", (parse_spans(["09:00-18:00"]),) * 5 + ((), ())),
        ("night", (parse_spans(["00:00-09:00", "18:00-24:00"]),) * 7),
        ("always", (parse_spans(["00:00-24:00"]),) * 7),
        ("never", ((),) * 7),
    )
)
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # Wednesday, 20:00 in Shanghai


def flow(name: str, text: str) -> Flow:
    plain = yaml.safe_load(text)
    nodes = {node: NODES[some["type"]].model_validate(some) for node, some in plain["nodes"].items()}
    return Flow(name, plain["start"], nodes)


def short(name: str, **nodes: str) -> Flow:
    return flow(
        name, f"start: {next(iter(nodes))}\nnodes:\n" + "".join(f"  {n}: {{{text}}}\n" for n, text in nodes.items())
    )


def known(*flows: Flow, calendar: str = "work", rules: tuple[Rule, ...] = (), **more: Any) -> Known:
    configuration = Configuration(
        agents={AgentNumber("1001"): Agent(AgentNumber("1001"), "one", skills=("english",))},
        queues={QueueName("support"): QueueSettings(QueueName("support"), members=(Member(AgentNumber("1001")),))},
        hotlines={"400": Hotline("400", calendar=calendar)},
        calendars={one.name: one for one in (WORK, NIGHT, ALWAYS, NEVER)},
        routes={rule.name: rule for rule in rules},
        **more,
    )
    return known_to_rules(configuration, {one.name: one for one in flows}, NOW)


def test_the_shipped_flow_and_its_rules() -> None:
    """Who comes when it is closed never comes to the rules; the menus are those of the flow."""
    folder = Path(str(resource("dialplans")))
    there = known(flow("main", (folder / "main.yaml").read_text(encoding="utf-8")))
    assert there.hotlines == {
        "400": KnownHotline(frozenset({True}), frozenset({"main-menu", "product-menu"}), "next 2026-11-26 09:00")
    }
    assert there.queues == {"support": KnownQueue({"1001": frozenset({"english"})})}
    assert there.menus["main-menu"] == {"0", "1", "2"}
    for file in ("routes.yaml", "white-paper.yaml"):
        document = yaml.safe_load((folder / file).read_text(encoding="utf-8"))
        plain = document.get("rules") or [{"name": name, **one} for name, one in document["routes"].items()]
        rules = [Rule.model_validate(one) for one in plain]
        said = check_rules(rules, there)
        assert {(one.kind, one.rule) for one in said if one.kind != "missing"} == set()


@pytest.mark.parametrize(
    ("calendar", "node", "states"),
    [
        ("work", "", {True, False}),
        ("always", "", {True}),
        ("never", "", {False}),
        ("always", ", calendar: night", {True, False}),
        ("work", ", calendar: always", {True}),
    ],
)
def test_the_states_of_the_hours_in_which_rules_are_asked(calendar: str, node: str, states: set[bool]) -> None:
    asks = short("main", hours=f"type: hours, open: ask, closed: ask{node}", ask="type: route")
    assert known(asks, calendar=calendar).hotlines["400"].open == states


@pytest.mark.parametrize(
    ("nodes", "facts"),
    [
        ({"a": "type: hangup"}, KnownFlow(elsewhere=True)),
        ({"a": "type: route"}, KnownFlow(to_rules=True, elsewhere=False)),
        ({"a": "type: done"}, KnownFlow(to_rules=True, elsewhere=False)),
        ({"a": "type: queue, queue: support, then: b", "b": "type: route"}, KnownFlow(elsewhere=True)),
        ({"a": "type: transfer, to: '123', failed: b", "b": "type: route"}, KnownFlow(to_rules=True, elsewhere=True)),
        (
            {
                "a": "type: language, language: en, next: b",
                "b": "type: set, values: {kind: x}, next: c",
                "c": "type: route",
            },
            KnownFlow(frozenset({"language", "values.kind"}), to_rules=True, elsewhere=False),
        ),
        (
            {"a": "type: collect, prompt: p, into: pin, secret: true, next: b, failed: b", "b": "type: route"},
            KnownFlow(to_rules=True, elsewhere=False),
        ),
        (
            {"a": "type: subflow, flow: inner, next: b", "b": "type: hangup"},
            KnownFlow(frozenset({"menu.m"}), False, True),
        ),
        ({"a": "type: subflow, flow: asking, next: b", "b": "type: hangup"}, KnownFlow(to_rules=True, elsewhere=False)),
        ({"a": "type: subflow, flow: main, next: b", "b": "type: route"}, KnownFlow(elsewhere=False)),
    ],
)
def test_what_a_flow_changes_and_where_it_ends(nodes: dict[str, str], facts: KnownFlow) -> None:
    inner = short("inner", m="type: menu, prompt: p, keys: {'1': x}, failed: x", x="type: return")
    there = known(short("main", **nodes), inner, short("asking", a="type: route"))
    assert there.flows["main"] == facts
    assert there.variables == ({"kind"} if "values" in str(nodes) else set())


def test_flows_that_rules_lead_to_count_for_every_hotline() -> None:
    shop = short("shop", m="type: menu, prompt: p, keys: {'1': x}, failed: x", x="type: route")
    rule = Rule.model_validate({"name": "x", "flow": "shop", "when": {"level": ["vip"]}})
    assert known(short("main", a="type: route"), shop).hotlines["400"].menus == frozenset()
    assert known(short("main", a="type: route"), shop, rules=(rule,)).hotlines["400"].menus == {"m"}


def test_many_subflows_inside_each_other_are_looked_at_once() -> None:
    """Twenty, each entered twice by the one before: a million ways."""
    flows = [
        short(
            f"f{n}",
            a=f"type: subflow, flow: f{n + 1}, next: b",
            b=f"type: subflow, flow: f{n + 1}, next: c",
            c="type: return",
        )
        for n in range(20)
    ]
    there = known(
        short("main", a="type: subflow, flow: f0, next: b", b="type: route"), *flows, short("f20", a="type: return")
    )
    assert there.flows["main"] == KnownFlow(to_rules=True, elsewhere=False)
