"""One contract for every strategy, and what is particular to each."""

import itertools
import random
from collections import Counter
from datetime import timedelta

import pytest
from desk import Desk, offers, queue
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.acd.inputs import OpenTickets, Pause
from contactcenter.acd.line import WaitingCall
from contactcenter.acd.settings import DistributionSettings
from contactcenter.acd.strategies import ALL_AT_ONCE, STRATEGIES, least_load, round_robin
from contactcenter.acd.strategies.candidate import Candidate
from contactcenter.agents.states import LiveAgent
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.clock import MONDAY_MORNING

AGENTS = ("1001", "1002", "1003", "1004")

candidates = st.builds(
    Candidate,
    turn=st.integers(0, 10_000),
    talk_seconds=st.floats(0, 3600),
    wrap_up_seconds=st.floats(0, 3600),
    talks=st.integers(0, 100),
    open_tickets=st.integers(0, 50),
    idle_since=st.integers(0, 86400).map(lambda seconds: MONDAY_MORNING + timedelta(seconds=seconds)),
    queues=st.integers(1, 9),
    site=st.just(DistributionSettings()),
)


def candidate(**known: object) -> Candidate:
    usual = {
        "turn": 0,
        "talk_seconds": 0.0,
        "wrap_up_seconds": 0.0,
        "talks": 0,
        "open_tickets": 0,
        "idle_since": MONDAY_MORNING,
        "queues": 1,
        "site": DistributionSettings(),
    }
    return Candidate(**{**usual, **known})


@pytest.fixture(params=sorted(STRATEGIES))
def strategy(request: pytest.FixtureRequest) -> str:
    return request.param


def one_at_a_time(strategy: str) -> dict[str, object]:
    """Settings with which a strategy asks one agent after the other."""
    return {"strategy": strategy, "broadcast_width": 1 if strategy in ALL_AT_ONCE else 0}


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
    desk = Desk(queue("support", *AGENTS, **one_at_a_time(strategy), misses_before_pause=0))
    ((_, agent),) = offers(desk.enters("a"))
    asked = [agent]
    while len(asked) < 2 * len(AGENTS):
        ((_, agent),) = offers(desk.misses("a", agent))
        asked.append(agent)
    assert set(asked[: len(AGENTS)]) == set(asked[len(AGENTS) :]) == set(AGENTS)


def test_nobody_who_is_not_free_is_asked(strategy: str) -> None:
    desk = Desk(queue("support", *AGENTS, **one_at_a_time(strategy)))
    agents = [agent for call in "abcd" for _, agent in offers(desk.enters(call))]
    assert sorted(agents) == sorted(AGENTS)
    assert offers(desk.enters("e")) == []


def test_a_better_level_comes_before_the_strategy(strategy: str) -> None:
    desk = Desk(queue("support", ("1001", 2), ("1002", 1), **one_at_a_time(strategy), wrap_up_seconds=0.0))
    desk.tell(OpenTickets(AgentNumber("1002"), 9))
    for call in "abc":
        assert offers(desk.enters(call)) == [(call, "1002")]
        desk.serves(call, "1002", 100)


def test_equals_are_ordered_by_number_and_the_order_of_members_does_not_matter(strategy: str) -> None:
    for members in itertools.permutations(AGENTS):
        desk = Desk(queue("support", *members, **one_at_a_time(strategy)))
        assert offers(desk.enters("a")) == [("a", "1001")]


def test_equal_work_is_shared_equally(strategy: str) -> None:
    desk = Desk(queue("support", *AGENTS, **one_at_a_time(strategy), wrap_up_seconds=0.0))
    served: Counter[str] = Counter()
    for number in range(40):
        ((call, agent),) = offers(desk.enters(str(number)))
        served[agent] += 1
        desk.serves(call, agent, 60)
    assert set(served.values()) == {10}


TAKES_TURNS = sorted(set(STRATEGIES) - {"least_load"})
"""Least load promises equal work, not equally many calls."""


@pytest.mark.parametrize("name", TAKES_TURNS)
@given(lengths=st.lists(st.integers(1, 600), min_size=24, max_size=24))
def test_no_equal_starves_however_long_the_talks_are(name: str, lengths: list[int]) -> None:
    desk = Desk(queue("support", *AGENTS, **one_at_a_time(name), wrap_up_seconds=0.0))
    asked = []
    for number, seconds in enumerate(lengths):
        ((call, agent),) = offers(desk.enters(str(number)))
        asked.append(agent)
        desk.serves(call, agent, seconds)
    windows = [set(asked[first : first + 2 * len(AGENTS)]) for first in range(0, len(asked), 2 * len(AGENTS))]
    assert windows == [set(AGENTS)] * len(windows)


def day(strategy: str, members: tuple[tuple[str, int], ...], seed: int) -> Desk:
    """Some calls, talks, misses and tickets, at random but for the seed the same."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    desk = Desk(queue("support", *members, **one_at_a_time(strategy), misses_before_pause=0), queue("other", "1001"))
    for number in range(25):
        desk.clock.advance(chance.choice([0, 1, 60, 900]))
        desk.tick()
        made = offers(desk.enters(str(number), chance.choice(["support", "support", "other"])))
        desk.tell(OpenTickets(AgentNumber(chance.choice(AGENTS)), chance.randint(0, 3)))
        for call, agent in made:
            if chance.random() < 0.3:
                desk.misses(call, agent)
            for place in list(desk.engine.waiting):
                for rung in list(place.offers):
                    desk.serves(place.call, rung, chance.randint(1, 300))
    desk.tick(20)
    for place in desk.engine.waiting:
        desk.leaves(place.call)
        for agent in AGENTS:
            desk.quiet(place.call, agent)
    return desk


def asked_for(desk: Desk) -> list[tuple[str, str]]:
    """Whom the engine would ask for a call that came now."""
    probe = WaitingCall(CallId("probe"), QueueName("support"), 0, desk.now, desk.now, 10**6, (0.0, 10**6))
    return list(desk.engine.order_of_agents(probe))


LEVELS = st.permutations([1, 1, 2, 2]).map(lambda levels: tuple(zip(AGENTS, levels, strict=True)))


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@given(members=LEVELS, order=st.permutations(range(4)), seed=st.integers(0, 10**6))
def test_the_engine_asks_free_members_by_level_then_by_rank_then_by_number(
    name: str, members: tuple[tuple[str, int], ...], order: list[int], seed: int
) -> None:
    desk = day(name, members, seed)
    desk.tell(Pause(AgentNumber(AGENTS[seed % 4])))
    free = [agent for agent in map(desk.agent, AGENTS) if agent.available]

    def place(agent: LiveAgent) -> tuple[object, ...]:
        shown = Candidate(
            turn=agent.turns.get("support", 0),
            talk_seconds=agent.talk_seconds,
            wrap_up_seconds=agent.wrap_up_seconds,
            talks=agent.talks,
            open_tickets=agent.open_tickets,
            idle_since=agent.idle_since,
            queues=2 if agent.number == "1001" else 1,
            site=DistributionSettings(),
        )
        return dict(members)[agent.number], *STRATEGIES[name](shown), agent.number

    asked = asked_for(desk)
    assert asked == [(agent.number, name) for agent in sorted(free, key=place)]
    shuffled = day(name, tuple(members[index] for index in order), seed)
    shuffled.tell(Pause(AgentNumber(AGENTS[seed % 4])))
    assert asked_for(shuffled) == asked, "the order of members in the settings matters"
    assert offers(desk.enters("probe")) == [("probe", number) for number, _ in asked[:1]]


def test_the_offer_says_which_strategy_chose(strategy: str) -> None:
    desk = Desk(queue("support", *AGENTS, **one_at_a_time(strategy)))
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
    first = candidate(turn=4, talk_seconds=3600.0, open_tickets=50)
    second = candidate(turn=5)
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
    worked = [(a.talk_seconds, a.wrap_up_seconds) for a in (desk.agent("1001"), desk.agent("1002"))]
    assert worked == [(10, 320), (20, 300)]


def test_least_load_counts_an_open_ticket_as_five_minutes() -> None:
    one_ticket, five_minutes = candidate(open_tickets=1), candidate(talk_seconds=200.0, wrap_up_seconds=100.0)
    less = candidate(turn=9, talk_seconds=299.0)
    assert least_load.rank(one_ticket) == least_load.rank(five_minutes) == (300.0, 0)
    assert least_load.rank(less) < least_load.rank(one_ticket)


def test_the_weights_of_least_load_are_the_sites() -> None:
    site = DistributionSettings(talk_weight=2.0, wrap_up_weight=0.5, ticket_seconds=60.0)
    assert least_load.rank(candidate(talk_seconds=10.0, wrap_up_seconds=8.0, open_tickets=3, site=site)) == (204.0, 0)


def test_the_window_of_least_load_is_the_sites() -> None:
    site = DistributionSettings(load_window_seconds=600.0)
    desk = Desk(queue("support", "1001", "1002", strategy="least_load", wrap_up_seconds=0.0), site=site)
    desk.enters("a")
    desk.serves("a", "1001", 60)
    desk.clock.advance(600)
    desk.enters("b")
    assert desk.agent("1001").talk_seconds == 0


# ---- the others


def test_longest_idle_asks_whose_last_talk_is_the_longest_ago() -> None:
    desk = Desk(queue("support", "1001", "1002", "1003", strategy="longest_idle", wrap_up_seconds=0.0))
    for call, agent in (("a", "1001"), ("b", "1002"), ("c", "1003")):
        assert offers(desk.enters(call)) == [(call, agent)]
    for call, agent in (("b", "1002"), ("c", "1003"), ("a", "1001")):
        desk.clock.advance(5)
        desk.serves(call, agent)
    assert [offers(desk.enters(call))[0][1] for call in "def"] == ["1002", "1003", "1001"]


def test_fewest_calls_counts_talks_not_their_length() -> None:
    desk = Desk(queue("support", "1001", "1002", strategy="fewest_calls", wrap_up_seconds=0.0))
    desk.enters("a")
    desk.serves("a", "1001", 1)
    assert offers(desk.enters("b")) == [("b", "1002")]
    desk.serves("b", "1002", 900)
    assert offers(desk.enters("c")) == [("c", "1001")]
    desk.clock.advance(3601)
    desk.serves("c", "1001", 1)
    assert desk.agent("1002").talks == 0
    assert offers(desk.enters("d")) == [("d", "1002")]


def test_by_skill_keeps_those_who_can_do_more_for_others() -> None:
    both = queue("support", "1001", "1002", ("1003", 2), strategy="by_skill")
    desk = Desk(both, queue("english", "1001"))
    assert [offers(desk.enters(call))[0][1] for call in "abc"] == ["1002", "1001", "1003"]
