"""The rules, held against a case from top to bottom: the first that matches wins, and every one tried says why or why not."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from contactcenter.events import Level, RuleTried, ServiceState
from contactcenter.ids import QueueName


@dataclass(frozen=True, slots=True)
class Case:
    """What routing may look at. menu: node -> the key pressed there."""

    hotline: str
    level: Level = "standard"
    service: ServiceState = "none"
    identified: bool = False
    menu: dict[str, str] = field(default_factory=dict)


class When(BaseModel):
    """Conditions of a rule; all that are given must hold. A list holds if it has the case's value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hotline: list[str] | None = None
    level: list[Level] | None = None
    service: list[ServiceState] | None = None
    identified: bool | None = None
    menu: dict[str, list[str]] | None = None

    def why_not(self, case: Case) -> str:
        """The first condition that does not hold, or "" when all do."""
        for name in ("hotline", "level", "service"):
            wanted: list[str] | None = getattr(self, name)
            have = getattr(case, name)
            if wanted is not None and have not in wanted:
                return f"{name} is {have}, not {' or '.join(wanted)}"
        if self.identified is not None and case.identified is not self.identified:
            return "the caller is identified" if case.identified else "the caller is not identified"
        for node, keys in (self.menu or {}).items():
            pressed = case.menu.get(node)
            if pressed not in keys:
                return f"key at {node} is {pressed or 'none'}, not {' or '.join(keys)}"
        return ""


class Rule(BaseModel):
    """One rule. priority: 0 to 10, the higher is served first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    when: When = When()
    queue: QueueName
    priority: int = Field(default=0, ge=0, le=10)


@dataclass(frozen=True, slots=True)
class Decision:
    """rule: the one that matched, None when none did. tried: every rule held against the case, in order."""

    rule: Rule | None
    tried: tuple[RuleTried, ...]


def decide(rules: tuple[Rule, ...], case: Case) -> Decision:
    tried: list[RuleTried] = []
    for rule in rules:
        why_not = rule.when.why_not(case)
        tried.append(RuleTried(rule=rule.name, matched=not why_not, why=why_not or "all conditions hold"))
        if not why_not:
            return Decision(rule, tuple(tried))
    return Decision(None, tuple(tried))
