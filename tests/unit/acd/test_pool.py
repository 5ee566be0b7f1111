"""The order that is kept as agents change, against ranking everybody anew."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contactcenter.acd.pool import Pool
from contactcenter.acd.settings import MOST_LEVEL, DistributionSettings, QueueSettings
from contactcenter.acd.strategies import STRATEGIES
from contactcenter.agents.states import Activity, LiveAgent
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.simulator.clock import MONDAY_MORNING

QUEUES = [QueueName("support"), QueueName("vip")]
WINDOW = 60.0
numbers = st.integers(0, 4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("work"), numbers, st.sampled_from([0.0, 7.5, 30.0]), st.sampled_from([0.0, 10.0])),
        st.tuples(st.just("turn"), numbers, st.sampled_from(QUEUES)),
        st.tuples(st.just("tickets"), numbers, st.integers(0, 3)),
        st.tuples(st.just("busy"), numbers, st.booleans()),
        st.tuples(st.just("idle"), numbers),
        st.tuples(st.just("member"), numbers, st.dictionaries(st.sampled_from(QUEUES), st.integers(1, 3))),
        st.tuples(st.just("time"), st.sampled_from([0, 1, 30, 61])),
    ),
    max_size=40,
)


@given(steps, st.sampled_from(sorted(STRATEGIES)), st.sampled_from(sorted(STRATEGIES)))
def test_the_order_kept_is_that_of_ranking_everybody_anew(some: list[Any], one: str, other: str) -> None:
    pool, now = Pool(), MONDAY_MORNING
    queues = {name: QueueSettings(name, strategy=strategy) for name, strategy in zip(QUEUES, (one, other), strict=True)}
    agents = [LiveAgent(AgentNumber(str(1001 + n)), logged_in=True, phone="free") for n in range(5)]
    work: list[tuple[Any, LiveAgent, float, float]] = []
    pool.configure(queues, DistributionSettings(load_window_seconds=WINDOW))
    for serial, (word, which, *rest) in enumerate(some):
        if word == "time":
            now += timedelta(seconds=which)
            pool.forget_old_work(now)
        else:
            agent = agents[which]
            happens(pool, agent, word, [*rest, serial], now)
            pool.refresh(agent)
            work += [(now, agent, *rest)] if word == "work" else []
        recent = [done for done in work if (now - done[0]).total_seconds() < WINDOW]
        for agent in agents:
            mine = [(talk, wrap_up) for _, who, talk, wrap_up in recent if who is agent]
            assert agent.talks == sum(1 for talk, _ in mine if talk)
            assert abs(agent.talk_seconds - sum(talk for talk, _ in mine)) < 1e-6
            assert abs(agent.wrap_up_seconds - sum(wrap_up for _, wrap_up in mine)) < 1e-6
        for queue in QUEUES:
            free = [agent for agent in agents if agent.available and queue in agent.levels]
            for gate in (1, MOST_LEVEL):
                anew = sorted((a for a in free if a.levels[queue] <= gate), key=lambda a: pool.key(a, queue))
                assert list(pool.free(queue, gate)) == [agent.number for agent in anew]
            assert pool.has_free(queue) is bool(free)


def happens(pool: Pool, agent: LiveAgent, word: str, rest: list[Any], now: datetime) -> None:
    match word:
        case "work":
            pool.worked(agent, now, rest[0], rest[1])
        case "turn":
            agent.turns[rest[0]] = rest[1]
        case "tickets":
            agent.open_tickets = rest[0]
        case "busy":
            agent.activity = Activity.TALKING if rest[0] else Activity.IDLE
        case "idle":
            agent.idle_since = now
        case _:
            agent.levels = rest[0]
