"""The check of the rules: held against every case there is, and what it says in words."""

import itertools
import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contactcenter.routing.check import check_rules
from contactcenter.routing.finding import Finding
from contactcenter.routing.known import Known, KnownFlow, KnownHotline, KnownQueue
from contactcenter.routing.rules import Case, Rule, decide

STAFF = {"1001": frozenset({"english"}), "1002": frozenset[str]()}
KNOWN = Known(
    hotlines={"400": KnownHotline(opens="next 2026-11-25 09:00"), "1010": KnownHotline()},
    queues={name: KnownQueue(STAFF) for name in ("support", "vip", "renewals")},
    agents={"1001", "1002", "1003"},
    menus={"main": frozenset("12")},
)


def rule(name: str, queue: str | None = "support", flow: str | None = None, more: Any = (), **when: Any) -> Rule:
    queue = None if flow else queue
    return Rule.model_validate({"name": name, "queue": queue, "flow": flow, "when": when, **dict(more)})


LAST = rule("last")


def found(*rules: Rule, known: Known = KNOWN, last: bool = True) -> list[Finding]:
    return check_rules([*rules, LAST] if last else rules, known)


def texts(*rules: Rule, known: Known = KNOWN, last: bool = True) -> dict[str, str]:
    return {f"{one.kind} {one.rule}".strip(): one.text for one in found(*rules, known=known, last=last)}


# ---- rules that can never match


def test_rules_in_order_have_nothing_to_say() -> None:
    assert found(rule("a", level=["vip"]), rule("b", level=["vip", "standard"], identified=True)) == []


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ({}, {"level": ["vip"]}),
        ({"level": ["vip", "standard"]}, {"level": ["vip"], "open": True}),
        ({"caller": ["+86138*"]}, {"caller": ["+8613800000001", "+861381*"]}),
        ({"caller": ["*"]}, {"caller": ["+1*"]}),
        ({"abandons": 2}, {"abandons": 5}),
        ({"product": ["a", "b"]}, {"product": ["b"]}),
        ({"menu": {"main": ["1", "2"]}}, {"menu": {"main": ["2"]}, "identified": False}),
        ({"values": {"kind": ["a", "b"]}}, {"values": {"kind": ["a"]}}),
        ({"identified": True}, {"level": ["vip"]}),
        ({"package": ["gold"]}, {"package": ["gold"], "region": ["north"]}),
    ],
)
def test_a_rule_below_one_that_takes_all_its_callers(first: dict[str, Any], later: dict[str, Any]) -> None:
    """Nobody who is not known is a VIP, so whoever is known takes all of those, too."""
    said = texts(rule("first", **first), rule("later", **later))
    assert said["shadowed later"] == "can never match: first before it takes all its callers. Move it up, or remove it"


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ({"level": ["vip"]}, {"level": ["vip", "standard"]}),
        ({"caller": ["+86138*"]}, {"caller": ["+8613*"]}),
        ({"caller": ["+86138"]}, {"caller": ["+86138*"]}),
        ({"abandons": 5}, {"abandons": 2}),
        ({"product": ["a"]}, {"product": ["a", "b"]}),
        ({"product": ["a"]}, {}),
        ({"menu": {"main": ["1", "2"]}}, {}),
        ({"identified": False}, {"level": ["standard"]}),
    ],
)
def test_a_rule_below_one_that_leaves_some_callers(first: dict[str, Any], later: dict[str, Any]) -> None:
    assert "shadowed later" not in texts(rule("first", **first), rule("later", **later), rule("all"), last=False)


def test_several_rules_together_hide_one_and_are_named() -> None:
    said = texts(
        rule("not this", caller=["+1*"]),
        rule("known", identified=True, level=["vip", "super_vip"]),
        rule("ordinary", level=["standard"]),
        rule("later", open_ticket=True),
    )
    assert said["shadowed later"].startswith("can never match: known and ordinary before it takes")


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ({"level": []}, "there is no level in an empty list"),
        ({"menu": {"main": ["7"]}}, "there is no menu main that is 7"),
        ({"menu": {"gone": ["1"]}}, "there is no menu gone that is 1"),
        ({"hotline": ["999"]}, "there is no hotline that is 999"),
        ({"identified": False, "level": ["vip"]}, "no caller can be like this"),
        ({"identified": False, "product": ["a"]}, "no caller can be like this"),
        ({"identified": False, "region": ["north"]}, "no caller can be like this"),
        ({"identified": False, "service": ["active"], "product": ["a"]}, "no caller can be like this"),
    ],
)
def test_conditions_that_nobody_meets(when: dict[str, Any], why: str) -> None:
    said = texts(rule("x", **when))
    assert said["impossible x"] == f"can never match: {why}. Change its conditions, or remove it"


def test_a_hotline_whose_callers_never_come_to_the_rules_when_it_is_closed() -> None:
    known = Known(
        hotlines={"400": KnownHotline(frozenset({True}), frozenset({"main"}))}, queues=KNOWN.queues, menus=KNOWN.menus
    )
    assert "impossible x" in texts(rule("x", open=False), known=known)
    assert "shadowed later" in texts(rule("x", open=True), rule("later"), known=known)
    other = Known(hotlines={"400": KnownHotline(menus=frozenset())}, queues=KNOWN.queues, menus=KNOWN.menus)
    assert "impossible x" in texts(rule("x", menu={"main": ["1"]}), known=other)


# ---- names


def test_names_that_do_not_exist() -> None:
    known = Known(
        hotlines=KNOWN.hotlines, queues=KNOWN.queues, agents=KNOWN.agents, menus=KNOWN.menus, variables={"kind"},
        package={"gold"}, product={"a"}, region=set(), group=set(), prompts={"hello"},
    )  # fmt: skip
    some = rule(
        "x", hotline=["400", "999"], package=["gold", "lead"], product=["a", "z"], region=["north"],
        menu={"main": ["1", "9"], "gone": ["1"]}, values={"sort": ["a"]}, more={"prompt": "bye", "first": ["1009", "1003"]},
    )  # fmt: skip
    said = [one.text for one in found(some, known=known) if one.kind in {"unknown", "missing"}]
    assert said == [
        "there is no hotline 999. See: contactcenter hotline list",
        "there is no package lead. No customer has it; there are gold",
        "there is no product z. No customer has it; there are a",
        "there is no region north. No customer has it; there are none",
        "there is no key 9 at main. It has 1, 2",
        "there is no menu node gone. The flows have main",
        "there is no variable sort. The flows set kind",
        "there is no prompt bye. Change the rule, or add it first",
        "there is no agent 1009. Change the rule, or add it first",
    ]


def test_a_queue_and_a_flow_that_are_gone_are_errors() -> None:
    gone = found(rule("q", queue="sales", level=["vip"]), rule("f", flow="shop", level=["standard"]))
    assert [(one.severity, one.kind, one.rule) for one in gone] == [
        ("error", "missing", "q"),
        ("error", "missing", "f"),
    ]


# ---- nobody there


@pytest.mark.parametrize(
    ("queue", "more", "says"),
    [
        (KnownQueue(), {}, "queue new has no members"),
        (KnownQueue(STAFF, accepting=False), {}, "queue new is closed (accepting=no)"),
        (KnownQueue(STAFF), {"skills": ["sql", "english"]}, "no member of queue new has english and sql"),
    ],
)
def test_a_queue_that_nobody_serves_while_the_hotline_is_open(
    queue: KnownQueue, more: dict[str, Any], says: str
) -> None:
    known = Known(
        hotlines=KNOWN.hotlines, queues={**KNOWN.queues, "new": queue}, menus=KNOWN.menus, agents=KNOWN.agents
    )
    (one,) = found(rule("x", queue="new", level=["vip"], more=more), known=known)
    assert one.kind == "unserved"
    assert one.text == f"{says}, and callers come to it on hotline 400 in its opening hours (next 2026-11-25 09:00)"
    assert one.example is not None
    assert decide([rule("x", level=["vip"])], one.example).rule is not None
    assert (
        found(rule("all"), rule("x", queue="new", level=["vip"], more=more), known=known, last=False)[0].kind
        == "shadowed"
    )


def test_who_is_asked_first_need_not_be_a_member() -> None:
    assert texts(rule("x", level=["vip"], more={"first": ["1003", "1001", "ticket_owner"]})) == {}


# ---- circles


def flows(**some: KnownFlow) -> Known:
    return Known(hotlines=KNOWN.hotlines, queues=KNOWN.queues, menus=KNOWN.menus, flows=some)


QUIET = KnownFlow(to_rules=True, elsewhere=False)


def test_a_flow_that_changes_nothing_leads_back_to_its_rule() -> None:
    (one,) = found(rule("x", flow="shop", level=["vip"]), known=flows(shop=QUIET))
    assert (one.severity, one.kind, one.rule) == ("error", "circle", "x")
    assert one.text == "leads in a circle: after flow shop its callers come to x again. Let the flow end elsewhere"


def test_two_rules_that_lead_to_each_other() -> None:
    asks = KnownFlow(frozenset({"values.kind"}), to_rules=True, elsewhere=False)
    two = (rule("x", flow="one", values={"kind": ["a"]}), rule("y", flow="two"))
    assert set(texts(*two, known=flows(one=asks, two=asks), last=False)) == {"circle x", "circle y"}
    assert texts(two[0], rule("out", values={"kind": ["b"]}), two[1], known=flows(one=asks, two=asks), last=False) == {}


def test_a_flow_with_another_way_out_is_a_warning_and_one_that_asks_is_none() -> None:
    out = KnownFlow(to_rules=True, elsewhere=True)
    (one,) = found(rule("x", flow="shop", level=["vip"]), known=flows(shop=out))
    assert (one.severity, one.kind) == ("warning", "circle")
    menu = KnownFlow(frozenset({"menu.main"}), to_rules=True, elsewhere=False)
    chosen = rule("chosen", menu={"main": ["1", "2"]})
    assert found(chosen, rule("x", flow="shop", level=["vip"]), known=flows(shop=menu)) == []
    assert found(rule("x", flow="shop", level=["vip"]), known=flows(shop=KnownFlow())) == []


def test_those_whom_earlier_rules_take_do_not_come_back_either() -> None:
    """Everybody else goes round and round, although the rule itself asks for nothing."""
    first = (rule("vip", level=["vip", "super_vip"]), rule("known", identified=True))
    (one,) = found(*first, rule("rest", flow="shop"), known=flows(shop=QUIET), last=False)
    assert (one.severity, one.kind, one.rule) == ("error", "circle", "rest")
    asks = KnownFlow(frozenset({"identified", "level"}), to_rules=True, elsewhere=False)
    assert found(*first, rule("rest", flow="shop"), known=flows(shop=asks), last=False) == []


# ---- gaps


def test_callers_that_no_rule_is_for_are_shown_by_one() -> None:
    rules = (rule("a", identified=True), rule("b", menu={"main": ["1"]}), rule("c", open=False), rule("d", abandons=3))
    (one,) = found(*rules, last=False)
    assert one.kind == "uncovered"
    assert "a caller who is not known" in one.text
    assert one.text.startswith("no rule is for callers such as: within the opening hours, ")
    assert one.text.endswith(". Add a last rule without conditions")
    assert one.example is not None
    assert decide(rules, one.example).rule is None


def test_no_rules_at_all() -> None:
    (one,) = check_rules([], KNOWN)
    assert one.text.startswith("no rule is for callers such as: ")


# ---- held against every case

lists = st.fixed_dictionaries(
    {},
    optional={
        "hotline": st.lists(st.sampled_from(["400", "1010"]), max_size=2),
        "level": st.lists(st.sampled_from(["standard", "vip", "super_vip"]), max_size=2),
        "identified": st.booleans(),
        "open": st.booleans(),
        "package": st.lists(st.sampled_from(["", "gold"]), min_size=1, max_size=2),
        "product": st.lists(st.sampled_from("ab"), max_size=2),
        "caller": st.lists(st.sampled_from(["+1*", "+12*", "+1", "+123", "*", ""]), max_size=2),
        "abandons": st.sampled_from([1, 3]),
        "menu": st.fixed_dictionaries({"main": st.lists(st.sampled_from("12"), max_size=2)}),
        "values": st.fixed_dictionaries({"k": st.lists(st.sampled_from(["", "x"]), max_size=2)}),
    },
)
KNOWN_CALLERS = itertools.product(
    ["standard", "vip", "super_vip"], ["", "gold", "tin"], [(), ("a",), ("b",), ("a", "b")]
)
WHO = [(False, "standard", "", ()), *((True, *some) for some in KNOWN_CALLERS)]
ELSE: dict[str, list[Any]] = {
    "hotline": ["400", "1010"],
    "menu": [{}, {"main": "1"}, {"main": "2"}],
    "caller": ["", "+1", "+13", "+12", "+123", "+124", "+3"],
    "open": [True, False],
    "abandons": [0, 1, 3],
    "values": [{}, {"k": "x"}, {"k": "y"}],
}


def all_cases(whens: list[dict[str, Any]]) -> list[Case]:
    """Every case that differs in something that the conditions look at."""
    used = {name: some for name, some in ELSE.items() if any(name in when for when in whens)} | {
        "hotline": ELSE["hotline"]
    }
    return [
        Case(**dict(zip(used, some, strict=True)), identified=known, level=level, package=package, products=products)
        for known, level, package, products in WHO
        for some in itertools.product(*used.values())
    ]


@settings(deadline=None, max_examples=15)
@given(st.lists(lists, min_size=1, max_size=4))
def test_what_is_found_is_what_trying_every_case_shows(whens: list[dict[str, Any]]) -> None:
    rules = [rule(str(place), **when) for place, when in enumerate(whens)]
    matched = set()
    rest = all_cases(whens)
    for one in rules:
        left = [case for case in rest if one.when.why_not(case)]
        if len(left) < len(rest):
            matched.add(one.name)
        rest = left
    said = check_rules(rules, KNOWN)
    never = {one.rule for one in said if one.kind in {"shadowed", "impossible"}}
    assert never == {one.name for one in rules} - matched
    gap = next((one for one in said if one.kind == "uncovered"), None)
    assert (gap is not None) is bool(rest)
    if gap is not None:
        assert gap.example is not None
        assert decide(rules, gap.example).rule is None
    assert not any(one.kind == "gave_up" for one in said)


def test_two_hundred_rules_take_less_than_a_second() -> None:
    chance = random.Random(7)  # noqa: S311 (no secret)

    def some(*of: str) -> list[str]:
        return chance.sample(of, chance.randint(1, len(of) - 1))

    rules = []
    for number in range(200):
        when: dict[str, Any] = {}
        for name, make in (
            ("hotline", lambda: some("400", "1010")),
            ("level", lambda: some("standard", "vip", "super_vip")),
            ("service", lambda: some("active", "expiring", "expired", "none")),
            ("package", lambda: some(*(f"p{n}" for n in range(8)))),
            ("product", lambda: some(*(f"x{n}" for n in range(6)))),
            ("region", lambda: some(*(f"r{n}" for n in range(30)))),
            ("caller", lambda: [f"+86{chance.randint(10, 99)}*"]),
            ("open_ticket", lambda: chance.random() < 0.5),
            ("abandons", lambda: chance.randint(1, 9)),
            ("menu", lambda: {"main": some("1", "2")}),
        ):
            if chance.random() < 0.35:
                when[name] = make()
        rules.append(rule(f"r{number}", **when))
    began = time.perf_counter()
    said = check_rules([*rules, LAST], KNOWN)
    assert time.perf_counter() - began < 1.0 * 3, "with room for a slow machine"
    assert sum(one.kind == "gave_up" for one in said) < 20


def test_it_says_where_it_gives_up() -> None:
    """Whether rules of many conditions cover everything is as hard as any question of logic."""
    chance = random.Random(1)  # noqa: S311 (no secret)
    names = [f"v{number}" for number in range(40)]
    rules = [
        rule(f"r{number}", values={name: chance.choice([["x"], ["y"], ["", "x"]]) for name in chance.sample(names, 3)})
        for number in range(300)
    ]
    gave_up = [one for one in check_rules(rules, KNOWN, most_steps=40_000) if one.kind == "gave_up"]
    assert gave_up[0].text == "it was not found out whether this rule can match: too many cases"
    assert gave_up[-1].text == "it was not found out whether some callers match no rule: too many cases"
