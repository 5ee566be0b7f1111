"""What the check of the rules is told of the site."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KnownHotline:
    """open: in which states of the hours its callers come to the rules; menus: nodes that they may pass; opens: when it is
    open next, for people, "" for never.
    """

    open: frozenset[bool] = frozenset({True, False})
    menus: frozenset[str] | None = None
    opens: str = ""


@dataclass(frozen=True, slots=True)
class KnownQueue:
    """members: agent -> their skills."""

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    accepting: bool = True


@dataclass(frozen=True, slots=True)
class KnownFlow:
    """changes: what may be otherwise after it, as dimensions of the rules (`menu.shop`, `values.kind`, `level`); to_rules: callers
    may come to the rules from it; elsewhere: or go another way.
    """

    changes: frozenset[str] = frozenset()
    to_rules: bool = False
    elsewhere: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """menus: node -> its keys; variables: those that a flow may set. None leaves what rules say of such things unchecked."""

    hotlines: Mapping[str, KnownHotline] = field(default_factory=dict)
    queues: Mapping[str, KnownQueue] = field(default_factory=dict)
    flows: Mapping[str, KnownFlow] = field(default_factory=dict)
    agents: Collection[str] = ()
    menus: Mapping[str, frozenset[str]] = field(default_factory=dict)
    variables: Collection[str] | None = None
    package: Collection[str] | None = None
    product: Collection[str] | None = None
    region: Collection[str] | None = None
    group: Collection[str] | None = None
    prompts: Collection[str] | None = None
