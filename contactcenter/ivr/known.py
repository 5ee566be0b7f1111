"""What a flow may name, and what there is on a site."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from contactcenter.ivr.flow import Flow


@dataclass(frozen=True, slots=True)
class Known:
    """prompts: language -> those that have a sound, None leaves them unchecked; texts: language -> prompt -> what it says, where that is known.

    queues, calendars, agents, flows: None leaves what a flow says of them unchecked. starts: flow -> the languages that callers
    may have at its start; languages: the same for all other flows, None for all in `prompts`.
    """

    prompts: Mapping[str, Collection[str]] | None = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    queues: Collection[str] | None = None
    calendars: Collection[str] | None = None
    agents: Collection[str] | None = None
    flows: Mapping[str, Flow] | None = None
    languages: Collection[str] | None = None
    starts: Mapping[str, Collection[str]] = field(default_factory=dict)

    def of(self, kind: str) -> Collection[str] | None:
        """The names there are of a kind of things."""
        names: Collection[str] | None = getattr(self, f"{kind}s")
        return names

    def languages_of(self, flow: str) -> frozenset[str]:
        """The languages that callers may have at the start of a flow."""
        others = (self.prompts or {}) if self.languages is None else self.languages
        return frozenset(self.starts.get(flow) or others)
