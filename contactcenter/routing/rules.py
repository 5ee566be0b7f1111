"""The rules, held against a case from top to bottom: the first that matches wins, and every one tried says why or why not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contactcenter.events import Level, RuleTried, ServiceState
from contactcenter.ids import AgentNumber, QueueName

Language = Literal["zh", "en"]
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""What a case may have, on one line."""
First = Literal["ticket_owner", "last_agent"] | Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
"""Who is asked before the queue's strategy: the owner of the caller's open ticket, who spoke with them last, or an agent."""


@dataclass(frozen=True, slots=True)
class Case:
    """What routing may look at. open: the opening hours, as last checked; menu: node -> the key pressed there;
    ticket_owner: the agent of the caller's open ticket, "" for nobody's; last_agent: who spoke with them last, "" for nobody;
    abandons: how often they hung up waiting in the last day without being answered since; values: what the flow set.
    """

    hotline: str
    level: Level = "standard"
    service: ServiceState = "none"
    identified: bool = False
    menu: dict[str, str] = field(default_factory=dict)
    caller: str = ""
    open: bool = True
    package: str = ""
    products: tuple[str, ...] = ()
    region: str = ""
    group: str = ""
    language: str = "zh"
    open_ticket: bool = False
    ticket_owner: str = ""
    last_agent: str = ""
    abandons: int = 0
    values: dict[str, str] = field(default_factory=dict)


class When(BaseModel):
    """Conditions of a rule; all that are given must hold. A list holds if it has the case's value.

    caller: whole numbers in E.164, or beginnings that end with *; product: one of the caller's products; abandons: at least
    so many; last_agent: whether there is one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    hotline: list[Word] | None = None
    caller: list[Word] | None = None
    open: bool | None = None
    identified: bool | None = None
    level: list[Level] | None = None
    service: list[ServiceState] | None = None
    package: list[Word] | None = None
    product: list[Word] | None = None
    region: list[Word] | None = None
    group: list[Word] | None = None
    language: list[Language] | None = None
    open_ticket: bool | None = None
    last_agent: bool | None = None
    abandons: Annotated[int, Field(ge=1, le=100)] | None = None
    menu: dict[Word, list[Word]] | None = None
    values: dict[Word, list[Word]] | None = None

    def why_not(self, case: Case) -> str:
        """The first condition that does not hold, or "" when all do."""
        return next(chain(self._listed(case), self._flags(case), self._caller(case), self._chosen(case)), "")

    def _listed(self, case: Case) -> Iterator[str]:
        for name in ("hotline", "level", "service", "package", "region", "group", "language"):
            wanted: list[str] | None = getattr(self, name)
            have = getattr(case, name)
            if wanted is not None and have not in wanted:
                yield f"{name} is {have or 'none'}, not {' or '.join(wanted)}"

    def _flags(self, case: Case) -> Iterator[str]:
        for name, yes, no in FLAGS:
            flag: bool | None = getattr(self, name)
            if flag is not None and bool(getattr(case, name)) is not flag:
                yield no if flag else yes

    def _caller(self, case: Case) -> Iterator[str]:
        if self.caller is not None and not _is_one_of(case.caller, self.caller):
            yield f"caller is {case.caller or 'withheld'}, not {' or '.join(self.caller)}"
        if self.product is not None and not set(self.product) & set(case.products):
            yield f"products are {', '.join(case.products) or 'none'}, not {' or '.join(self.product)}"
        if self.abandons is not None and case.abandons < self.abandons:
            yield f"abandons are {case.abandons}, not {self.abandons} or more"

    def _chosen(self, case: Case) -> Iterator[str]:
        for node, keys in (self.menu or {}).items():
            pressed = case.menu.get(node)
            if pressed not in keys:
                yield f"key at {node} is {pressed or 'none'}, not {' or '.join(keys)}"
        for name, values in (self.values or {}).items():
            value = case.values.get(name, "")
            if value not in values:
                yield f"{name} is {value or 'not set'}, not {' or '.join(values)}"


FLAGS = (
    ("open", "it is open", "it is closed"),
    ("identified", "the caller is identified", "the caller is not identified"),
    ("open_ticket", "there is an open ticket", "there is no open ticket"),
    ("last_agent", "the caller spoke with an agent before", "the caller has not spoken with an agent before"),
)


class Rule(BaseModel):
    """One rule: callers like this go to that queue, or on through that flow.

    priority: 0 to 10, the higher is served first; prompt: played before; first: who is asked before the queue's strategy, in
    this order; sticky_hours: instead of the queue's own; skills: only agents who have all of them are asked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    when: When = When()
    queue: QueueName | None = None
    flow: str | None = None
    priority: int = Field(default=0, ge=0, le=10)
    prompt: str | None = None
    first: tuple[First, ...] = ()
    sticky_hours: float | None = Field(default=None, ge=0, le=100_000)
    skills: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if (self.queue is None) is (self.flow is None):
            raise ValueError("a rule leads to a queue or to a flow, and to one of them only")
        return self


@dataclass(frozen=True, slots=True)
class Decision:
    """rule: the one that matched, None when none did. tried: every rule held against the case, in order."""

    rule: Rule | None
    tried: tuple[RuleTried, ...]


def decide(rules: Iterable[Rule], case: Case) -> Decision:
    tried: list[RuleTried] = []
    for rule in rules:
        why_not = rule.when.why_not(case)
        tried.append(RuleTried(rule=rule.name, matched=not why_not, why=why_not or "all conditions hold"))
        if not why_not:
            return Decision(rule, tuple(tried))
    return Decision(None, tuple(tried))


def agents_first(rule: Rule, case: Case) -> tuple[AgentNumber, ...]:
    """Whom the rule asks before the queue's strategy, nobody twice."""
    words = {"ticket_owner": case.ticket_owner, "last_agent": case.last_agent}
    return tuple(dict.fromkeys(AgentNumber(who) for word in rule.first if (who := words.get(word, word))))


def _is_one_of(caller: str, wanted: list[str]) -> bool:
    return any(caller.startswith(one[:-1]) if one.endswith("*") else caller == one for one in wanted)
