"""Who fails to sign in too often: a count for each address, and when enough is enough. Pure; shut_out.py carries it out.

Only wrong answers to a challenge count. Their sender has seen the challenge, so its address is no forged one, and nobody can
have somebody else shut out.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network

from contactcenter.network import Sip

KNOWN = timedelta(days=1)
"""How long an address counts as that of phones after one has signed in."""
MOST_ADDRESSES = 10_000
"""Of them are remembered, those that were heard of last; each list for itself."""
MOST_SHUT_OUT = 1_000
"""Asterisk holds every request against each of them."""
NAMED = 5
"""Accounts that an alarm names."""


@dataclass(slots=True)
class _Failures:
    at: deque[datetime] = field(default_factory=deque)
    accounts: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """name, detail: of the alarm; shut_out: whether nothing is taken from the address any more."""

    name: str
    detail: str
    shut_out: bool


class LoginGuard:
    """exempt: networks that are never shut out."""

    def __init__(self, sip: Sip, exempt: Callable[[], Iterable[IPv4Network]]) -> None:
        self._sip, self._exempt = sip, exempt
        self._window, self._length = (
            timedelta(seconds=sip.failed_logins_seconds),
            timedelta(seconds=sip.shut_out_seconds),
        )
        self._failures: dict[str, _Failures] = {}
        self._signed_in: dict[str, datetime] = {}
        self._until: dict[str, datetime] = {}
        self._warned: dict[str, datetime] = {}

    def succeeded(self, address: str, now: datetime) -> None:
        """A phone or a trunk has signed in from there."""
        self._signed_in.pop(address, None)
        self._signed_in[address] = now
        _drop_first(self._signed_in, MOST_ADDRESSES)

    def failed(self, address: str, account: str, now: datetime) -> Verdict | None:
        """One more wrong password; a verdict when it is one too many. account: "" for one that does not exist."""
        if not self._sip.failed_logins or now < max(self._until.get(address, now), self._warned.get(address, now)):
            return None
        failures = self._failures.pop(address, None) or _Failures()
        self._failures[address] = failures
        _drop_first(self._failures, MOST_ADDRESSES)
        while failures.at and failures.at[0] <= now - self._window:
            failures.at.popleft()
        failures.at.append(now)
        failures.accounts[account or "unknown users"] = None
        if len(failures.at) < self._sip.failed_logins:
            return None
        del self._failures[address]
        return self._judge(address, failures, now)

    def shut_out(self, now: datetime) -> tuple[str, ...]:
        """The addresses that nothing is taken from now."""
        self._until = {address: until for address, until in self._until.items() if until > now}
        return tuple(self._until)

    def next_end(self) -> datetime | None:
        """When the next of them may try again."""
        return min(self._until.values(), default=None)

    def _judge(self, address: str, failures: _Failures, now: datetime) -> Verdict:
        accounts = [*failures.accounts]
        names = ", ".join(accounts[:NAMED]) + (" and others" if len(accounts) > NAMED else "")
        what = f"{address} had {len(failures.at)} wrong passwords in {self._sip.failed_logins_seconds} s, for {names}"
        if why := self._why_not(address, now):
            self._warned[address] = now + self._length
            _drop_first(self._warned, MOST_ADDRESSES)
            return Verdict("sip_logins_failed", f"{what}; it is not shut out, {why}", shut_out=False)
        self._until[address] = now + self._length
        _drop_first(self._until, MOST_SHUT_OUT)
        return Verdict("sip_shut_out", f"{what}; it is shut out for {self._sip.shut_out_seconds} s", shut_out=True)

    def _why_not(self, address: str, now: datetime) -> str:
        if any(IPv4Address(address) in network for network in self._exempt()):
            return "as [sip] permit or a trunk names it"
        if (signed_in := self._signed_in.get(address)) is not None and signed_in > now - KNOWN:
            return "as other phones sign in from there. Correct the password in the phone, or see who guesses"
        return ""


def _drop_first(known: dict[str, datetime] | dict[str, _Failures], most: int) -> None:
    while len(known) > most:
        del known[next(iter(known))]
