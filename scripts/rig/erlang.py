"""What queueing theory says of a queue: Erlang B, C and A, and two classes of priority. Times in seconds, loads in erlangs.

Sources:
N. Gans, G. Koole, A. Mandelbaum, "Telephone call centers: tutorial, review, and research prospects", M&SOM 5 (2003), 79-141;
A. Mandelbaum, S. Zeltyn, "Service engineering in action: the Palm/Erlang-A queue, with applications to call centers" (2007);
A. Cobham, "Priority assignment in waiting line problems", Operations Research 2 (1954), 70-76.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


def erlang_b(load: float, agents: int) -> float:
    """The part of calls that find all agents busy and are lost (M/M/s/s), by the recursion in the number of agents.

    Every step is a sum of positive terms, so nothing cancels or overflows.
    """
    blocked = 1.0
    for agent in range(1, agents + 1):
        blocked = load * blocked / (agent + load * blocked)
    return blocked


@dataclass(frozen=True, slots=True)
class ErlangC:
    """M/M/s: Poisson arrivals, exponential talk, endless patience. Raises ValueError unless load < agents."""

    load: float
    agents: int
    talk_seconds: float

    def __post_init__(self) -> None:
        if not 0 < self.load < self.agents:
            raise ValueError(
                f"a load of {self.load:g} on {self.agents} agents: it must be above 0 and below the agents"
            )

    @property
    def waiting(self) -> float:
        """The part of calls that have to wait: C(s, a) = B / (1 - rho (1 - B))."""
        blocked = erlang_b(self.load, self.agents)
        return blocked / (1 - self.load / self.agents * (1 - blocked))

    @property
    def mean_wait(self) -> float:
        """Average speed of answer, of all calls: C / (s mu - lambda)."""
        return self.waiting * self.talk_seconds / (self.agents - self.load)

    def service_level(self, seconds: float) -> float:
        """The part of calls answered within that time: 1 - C exp(-(s mu - lambda) t)."""
        return 1 - self.waiting * math.exp(-(self.agents - self.load) * seconds / self.talk_seconds)


@dataclass(frozen=True, slots=True)
class ErlangA:
    """M/M/s+M (Palm): as Erlang C, but each caller hangs up after an exponential patience. Any load is stable."""

    load: float
    agents: int
    talk_seconds: float
    patience_seconds: float

    @property
    def waiting(self) -> float:
        """P{W > 0} = A B / (1 + (A - 1) B), with A = A(s mu / theta, lambda / theta) of Mandelbaum and Zeltyn."""
        blocked, f = erlang_b(self.load, self.agents), self._f(self.agents * self._per_patience)
        return blocked / (f + (1 - f) * blocked)

    @property
    def abandoned(self) -> float:
        """The part of calls that hang up: P{Ab} = P{W > 0} (1 / (rho A) + 1 - 1 / rho)."""
        return self.waiting * (1 - self.agents / self.load * (1 - self._f(self.agents * self._per_patience)))

    @property
    def mean_wait(self) -> float:
        """Of all calls, also those that hang up: E W = P{Ab} / theta."""
        return self.abandoned * self.patience_seconds

    @property
    def _per_patience(self) -> float:
        """How many talks last as long as one patience: mu / theta."""
        return self.patience_seconds / self.talk_seconds

    def _f(self, x: float) -> float:
        """1 / A(x, y), where A(x, y) = 1 + sum over j of y^j / ((x+1) ... (x+j)) and y = lambda / theta.

        The sum overflows for patient callers, and the incomplete gamma function, which it equals, does too. Its reciprocal
        obeys f(x) = (x+1) f(x+1) / ((x+1) f(x+1) + y): backward from 1 at any x above y, each step is positive and shrinks the
        error of the start by about y / (x+1); over 12 sqrt(y) steps from y on that makes less than e^-72.
        """
        y = self.load * self._per_patience
        steps = math.ceil(max(0.0, y - x) + 12 * math.sqrt(y)) + 100
        f = 1.0
        for step in range(steps, 0, -1):
            f = (x + step) * f / ((x + step) * f + y)
        return f


def wait_at(place: int, answer_rate: float, patience_seconds: float) -> float:
    """Expected seconds until the call at this place (1: the next) is answered if it does not hang up, all agents busy.

    answer_rate: s mu, answers a second. Each call ahead may hang up: sum over i < place of 1 / (s mu + i theta), see
    W. Whitt, "Predicting queueing delays", Management Science 45 (1999), 870-888. Endless patience: place / (s mu).
    """
    return sum(1 / (answer_rate + ahead / patience_seconds) for ahead in range(place))


def strict_priority(load: float, agents: int, talk_seconds: float, first_share: float) -> tuple[float, float]:
    """Mean waits of the first and the second class where the first is always served before the second (M/M/s, Cobham).

    W1 = C / (s mu (1 - rho1)), W2 = W1 / (1 - rho). first_share: the part of calls that are of the first class.
    """
    waiting = ErlangC(load, agents, talk_seconds).waiting
    first = waiting * talk_seconds / (agents - load * first_share)
    return first, first * agents / (agents - load)
