"""Routing rules: the first that matches wins, and every rule tried says why."""

from typing import Any

import pytest
from pydantic import ValidationError

from contactcenter.events import RuleTried
from contactcenter.routing.rules import Case, Rule, When, decide

VIP = Case("4001234567", "vip", "active", identified=True, menu={"main-menu": "1", "product-menu": "*"})


def rule(name: str, queue: str = "support", **when: Any) -> Rule:
    return Rule.model_validate({"name": name, "queue": queue, "when": when})


def test_the_first_rule_that_matches_wins_and_later_ones_are_not_tried() -> None:
    rules = (rule("no", level=["standard"]), rule("yes", "vip"), rule("also", "renewals"))
    decision = decide(rules, VIP)
    assert decision.rule is rules[1]
    assert decision.tried == (
        RuleTried(rule="no", matched=False, why="level is vip, not standard"),
        RuleTried(rule="yes", matched=True, why="all conditions hold"),
    )


def test_when_none_matches_every_rule_says_why() -> None:
    decision = decide((rule("a", level=["standard"]), rule("b", identified=False)), VIP)
    assert decision.rule is None
    assert [(tried.rule, tried.matched) for tried in decision.tried] == [("a", False), ("b", False)]


def test_no_rules_no_decision() -> None:
    decision = decide((), VIP)
    assert (decision.rule, decision.tried) == (None, ())


@pytest.mark.parametrize(
    ("when", "why_not"),
    [
        ({}, ""),
        ({"hotline": ["4001234567"]}, ""),
        ({"hotline": ["4007654321", "4001234567"]}, ""),
        ({"hotline": ["4007654321"]}, "hotline is 4001234567, not 4007654321"),
        ({"hotline": []}, "hotline is 4001234567, not "),
        ({"level": ["vip", "super_vip"]}, ""),
        ({"level": ["standard", "super_vip"]}, "level is vip, not standard or super_vip"),
        ({"service": ["active"]}, ""),
        ({"service": ["expired", "none"]}, "service is active, not expired or none"),
        ({"identified": True}, ""),
        ({"identified": False}, "the caller is identified"),
        ({"menu": {"main-menu": ["1", "2"]}}, ""),
        ({"menu": {"main-menu": ["1"], "product-menu": ["*"]}}, ""),
        ({"menu": {"main-menu": ["2"]}}, "key at main-menu is 1, not 2"),
        ({"menu": {"main-menu": ["1"], "product-menu": ["1", "2"]}}, "key at product-menu is *, not 1 or 2"),
        ({"menu": {"other-menu": ["1"]}}, "key at other-menu is none, not 1"),
        ({"level": ["vip"], "service": ["expired"], "identified": False}, "service is active, not expired"),
    ],
)
def test_each_condition(when: dict[str, Any], why_not: str) -> None:
    assert When.model_validate(when).why_not(VIP) == why_not


def test_an_unknown_caller_is_not_identified() -> None:
    assert When(identified=True).why_not(Case("4001234567")) == "the caller is not identified"
    assert When(identified=False).why_not(Case("4001234567")) == ""


@pytest.mark.parametrize("priority", [-1, 11])
def test_priorities_are_0_to_10(priority: int) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({"name": "a", "queue": "support", "priority": priority})
    assert [Rule.model_validate({"name": "a", "queue": "q", "priority": p}).priority for p in (0, 10)] == [0, 10]
