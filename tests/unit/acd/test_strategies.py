"""One contract for every strategy, and what is particular to each."""

import itertools
from collections import Counter

import pytest
from desk import Desk, offers, queue
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.acd.inputs import OpenTickets
from contactcenter.acd.strategies import STRATEGIES, least_load, round_robin
from contactcenter.acd.strategies.candidate import Candidate
from contactcenter.ids import AgentNumber

AGENTS = ("1001", "1002", "1003", "1004")

candidates = st.builds(
    Candidate,
    agent=st.sampled_from([AgentNumber(a) for a in AGENTS]),
    level=st.integers(1, 9),
    turn=st.integers(0, 10_000),
    busy_seconds=st.floats(0, 3600),
    open_tickets=st.integers(0, 50),
)


@pytest.fixture(params=sorted(STRATEGIES))
def strategy(request: pytest.FixtureRequest) -> str:
    return request.param


# ---- the contract


@given(st.lists(candidates, min_size=2, max_size=6), st.sampled_from(sorted(STRATEGIES)))
def test_ranks_are_tuples_that_put_all_candidates_in_one_order(some: list[Candidate], name: str) -> None:
    rank = STRATEGIES[name]
    ranks = [rank(candidate) for candidate in some]
    assert all(isinstance(r, tuple) and len(r) == len(ranks[0]) for r in ranks)
    assert ranks == [rank(candidate) for candidate in some]
    by_rank = sorted(some, key=rank)
    assert all(rank(a) <= rank(b) for a, b in itertools.pairwise(by_rank))


def test_every_free_member_is_asked_once_before_anybody_twice(strategy: str) -> None:
    desk = Desk(queue("support", *AGENTS, strategy=strategy, misses_before_pause=0))
    ((_, agent),) = offers(desk.enters("a"))
    asked = [agent]
    while len(asked) < 2 * len(AGENTS):
        ((_, agent),) = offers(desk.misses("a", agent))
        asked.append(agent)
    assert set(asked[: len(AGENTS)]) == set(asked[len(AGENTS) :]) == set(AGENTS)


def test_nobody_who_is_not_free_is_asked(strategy: str) -> None:
    desk = Desk(queue("support", *AGENTS, strategy=strategy))
    agents = [agent for call in "abcd" for _, agent in offers(desk.enters(call))]
    assert sorted(agents) == sorted(AGENTS)
    assert offers(desk.enters("e")) == []


def test_a_better_level_comes_before_the_strategy(strategy: str) -> None:
    desk = Desk(queue("support", ("1001", 2), ("1002", 1), strategy=strategy, wrap_up_seconds=0.0))
    desk.tell(OpenTickets(AgentNumber("1002"), 9))
    for call in "abc":
        assert offers(desk.enters(call)) == [(call, "1002")]
        desk.serves(call, "1002", 100)


def test_equals_are_ordered_by_number_and_the_order_of_members_does_not_matter(strategy: str) -> None:
    for members in itertools.permutations(AGENTS):
        desk = Desk(queue("support", *members, strategy=strategy))
        assert offers(desk.enters("a")) == [("a", "1001")]


def test_equal_work_is_shared_equally(strategy: str) -> None:
    desk = Desk(queue("support", *AGENTS, strategy=strategy, wrap_up_seconds=0.0))
    served: Counter[str] = Counter()
    for number in range(40):
        ((call, agent),) = offers(desk.enters(str(number)))
        served[agent] += 1
        desk.serves(call, agent, 60)
    assert set(served.values()) == {10}


def test_the_offer_says_which_strategy_chose(strategy: str) -> None:
    desk = Desk(queue("support", *AGENTS, strategy=strategy))
    (_, offered, _) = desk.enters("a")
    assert offered.why == strategy


# ---- round robin


def test_round_robin_turns_in_each_queue_by_itself() -> None:
    desk = Desk(queue("one", "1001", "1002", wrap_up_seconds=0.0), queue("two", "1001", "1002", wrap_up_seconds=0.0))
    order = []
    for number, name in enumerate(("one", "one", "two", "one", "two")):
        ((call, agent),) = offers(desk.enters(str(number), name))
        order.append(agent)
        desk.serves(call, agent)
    assert order == ["1001", "1002", "1001", "1001", "1002"]


def test_round_robin_counts_a_missed_offer_as_a_turn() -> None:
    desk = Desk(queue("support", "1001", "1002", "1003"))
    desk.enters("a")
    desk.misses("a", "1001")
    desk.answers("a", "1002")
    assert offers(desk.enters("b")) == [("b", "1003")]
    assert offers(desk.enters("c")) == [("c", "1001")]


def test_round_robin_looks_at_turns_only() -> None:
    first = Candidate(AgentNumber("1001"), 1, 4, 3600.0, 50)
    second = Candidate(AgentNumber("1002"), 1, 5, 0.0, 0)
    assert round_robin.rank(first) < round_robin.rank(second)


# ---- least load


def test_least_load_asks_who_has_worked_least_in_the_last_hour() -> None:
    desk = Desk(queue("support", "1001", "1002", strategy="least_load", wrap_up_seconds=0.0))
    for call, agent, seconds in (("a", "1001", 600), ("b", "1002", 60), ("c", "1002", 60)):
        assert offers(desk.enters(call)) == [(call, agent)]
        desk.serves(call, agent, seconds)
    assert offers(desk.enters("d")) == [("d", "1002")]


def test_least_load_forgets_work_after_an_hour() -> None:
    desk = Desk(queue("support", "1001", "1002", strategy="least_load", wrap_up_seconds=0.0))
    desk.enters("a")
    desk.serves("a", "1001", 600)
    desk.clock.advance(1800)
    desk.enters("b")
    desk.serves("b", "1002", 30)
    desk.clock.advance(1801)
    assert offers(desk.enters("c")) == [("c", "1001")]


def test_least_load_counts_wrap_up_as_work() -> None:
    desk = Desk(queue("support", "1001", "1002", strategy="least_load", wrap_up_seconds=300.0))
    desk.enters("a")
    desk.enters("b")
    desk.serves("a", "1001", 10)
    desk.serves("b", "1002", 20)
    desk.tell(OpenTickets(AgentNumber("1001"), 0))
    desk.tick(300)
    assert [round(sum(s for _, s in desk.agent(n).work)) for n in ("1001", "1002")] == [330, 320]


def test_least_load_counts_an_open_ticket_as_five_minutes() -> None:
    one_ticket = Candidate(AgentNumber("1001"), 1, 0, 0.0, 1)
    five_minutes = Candidate(AgentNumber("1002"), 1, 0, 300.0, 0)
    less = Candidate(AgentNumber("1003"), 1, 9, 299.0, 0)
    assert least_load.rank(one_ticket) == least_load.rank(five_minutes) == (300.0, 0)
    assert least_load.rank(less) < least_load.rank(one_ticket)
