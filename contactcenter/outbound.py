"""Whether the site may call a number outside: the one rule for callbacks, overflow, transfer nodes and trial calls.

It keeps toll fraud small (calls that somebody makes us place, and pay for): where calls may go, when, and how many.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Container
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from contactcenter.clock import Clock
from contactcenter.config import Settings
from contactcenter.customers.numbers import country_of, normalise, premium
from contactcenter.errors import OutboundRefused
from contactcenter.ids import AgentNumber

HOUR = timedelta(hours=1)
DIALABLE = re.compile(r"\+?[0-9]{2,20}")


def forbidden(number: str, settings: Settings) -> str:
    """Why a number outside may never be called, "" if it may. number: E.164, or as an admin wrote it."""
    if not DIALABLE.fullmatch(number):
        return f"{number!r} is no number that can be called. Use digits, with + for another country"
    prefixes = settings.outbound.allowed_prefixes
    whole = normalise(number, settings.region)
    if whole and premium(whole):
        return f"{number} is a premium rate number"
    if any(written.startswith(prefix) for written in (number, whole) for prefix in prefixes):
        return ""
    allowed = f"[outbound] allowed_prefixes of contactcenter.toml ({', '.join(prefixes) or settings.region})"
    if not whole:
        return f"{number} is a short number, or in no country's numbering plan, and not in {allowed}"
    return "" if not prefixes and country_of(whole) == settings.region else f"{number} is not in {allowed}"


def open_for_calls(settings: Settings, now: datetime) -> bool:
    """Whether calls may go out at that time of day."""
    begin, _, end = settings.outbound.hours.partition("-")
    time = f"{now.astimezone(ZoneInfo(settings.timezone)):%H:%M}"
    return begin <= time < end if begin < end else time >= begin or time < end


class OutboundCalls:
    """Holds each call to the rule, and counts it."""

    def __init__(self, settings: Settings, clock: Clock, agents: Callable[[], Container[str]]) -> None:
        """agents: whose numbers are not outside."""
        self._settings, self._clock, self._agents = settings, clock, agents
        self._under_way = 0
        self._last_hour: deque[tuple[datetime, tuple[str, ...]]] = deque()
        self._counts: Counter[str] = Counter()

    def begin(self, number: str, *, agent: AgentNumber | None = None, called_back: bool = False) -> Callable[[], None]:
        """Counts a call that is about to be placed; what is returned has to be called, once, when it is over.

        agent: who is to talk; called_back: the number is what a caller showed. Raises OutboundRefused.
        """
        if number in self._agents():
            return _nothing
        if why := forbidden(number, self._settings):
            raise OutboundRefused(why, for_good=True)
        rules, now = self._settings.outbound, self._clock.now()
        if not open_for_calls(self._settings, now):
            raise OutboundRefused(f"{number} is not called outside [outbound] hours ({rules.hours})")
        if self._under_way >= rules.most_at_once:
            raise OutboundRefused(f"{number} is not called: [outbound] most_at_once is {rules.most_at_once}")
        self._forget(now - HOUR)
        limits = {"": ("most_per_hour", rules.most_per_hour)}
        if agent:
            limits[f" for agent {agent}"] = ("agent_most_per_hour", rules.agent_most_per_hour)
        if called_back:
            limits[f" to {number}"] = ("number_most_per_hour", rules.number_most_per_hour)
        for what, (name, most) in limits.items():
            if self._counts[what] >= most:
                raise OutboundRefused(f"{number} is not called{what}: [outbound] {name} is {most}")
        self._last_hour.append((now, tuple(limits)))
        self._counts.update(limits.keys())
        self._under_way += 1
        return self._over

    def _over(self) -> None:
        self._under_way -= 1

    def _forget(self, until: datetime) -> None:
        while self._last_hour and self._last_hour[0][0] <= until:
            for what in self._last_hour.popleft()[1]:
                self._counts[what] -= 1
                if not self._counts[what]:
                    del self._counts[what]


def _nothing() -> None:
    pass
