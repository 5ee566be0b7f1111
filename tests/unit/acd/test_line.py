"""The line against a list of calls that is searched from end to end."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contactcenter.acd.line import Line, WaitingCall, order_of
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.simulator.clock import MONDAY_MORNING

AGENTS = [AgentNumber("1001"), AgentNumber("1002")]
QUEUES = [QueueName("support"), QueueName("vip")]
numbers = st.integers(0, 5)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), numbers, st.sampled_from(QUEUES), st.integers(0, 3)),
        st.tuples(st.just("remove"), numbers),
        st.tuples(st.just("unlist"), numbers),
        st.tuples(
            st.just("enlist"), numbers, st.none() | st.integers(1, 4), st.lists(st.sampled_from(AGENTS), max_size=3)
        ),
    ),
    max_size=40,
)
members = st.dictionaries(st.sampled_from(QUEUES), st.integers(1, 4))


@dataclass
class Known:
    place: WaitingCall
    gate: int | None = None
    agents: tuple[AgentNumber, ...] = ()


@given(steps, members)
def test_positions_and_the_first_call_of_an_agent(some: list[Any], levels: dict[QueueName, int]) -> None:
    line, known = Line(), dict[int, Known]()
    for serial, (word, number, *rest) in enumerate(some, 1):
        if word == "add" and number not in known:
            queue, priority = rest
            order = order_of(120.0, MONDAY_MORNING, priority, serial)
            place = WaitingCall(
                CallId(str(number)), queue, priority, MONDAY_MORNING, MONDAY_MORNING, serial, order=order
            )
            known[number] = Known(place)
            line.add(place)
        elif word == "remove" and number in known:
            line.remove(known.pop(number).place)
        elif word == "unlist" and number in known:
            line.unlist(known[number].place)
            known[number] = Known(known[number].place)
        elif word == "enlist" and number in known and (rest[0] is not None or rest[1]):
            gate, agents = rest
            line.enlist(known[number].place, gate, agents)
            known[number] = Known(known[number].place, gate, tuple(agents))
        in_order = sorted(known.values(), key=lambda one: one.place.order)
        assert list(line) == [one.place for one in in_order]
        for queue in QUEUES:
            same = [one.place for one in in_order if one.place.queue == queue]
            assert line.length(queue) == len(same)
            assert [line.position(place) for place in same] == list(range(1, len(same) + 1))
        for agent in AGENTS:
            may = [one.place for one in in_order if may_take(one, agent, levels)]
            assert line.first_for(agent, levels) is (may[0] if may else None)
            assert set(line.of_agent(agent)) == {one.place for one in in_order if agent in one.agents}
        assert [line.is_listed(one.place) for one in in_order] == [
            one.gate is not None or bool(one.agents) for one in in_order
        ]


def may_take(one: Known, agent: AgentNumber, levels: dict[QueueName, int]) -> bool:
    level = levels.get(one.place.queue)
    return agent in one.agents or (level is not None and one.gate is not None and level <= one.gate)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 10)), min_size=2, max_size=2), st.integers(0, 200))
def test_a_point_of_priority_is_worth_so_many_seconds_and_no_more(calls: Any, ageing: int) -> None:
    (first_came, first_priority), (second_came, second_priority) = calls
    start = MONDAY_MORNING.timestamp()
    orders = [
        order_of(float(ageing), MONDAY_MORNING.fromtimestamp(start + came, MONDAY_MORNING.tzinfo), priority, serial)
        for serial, (came, priority) in enumerate(calls)
    ]
    later = second_came - first_came
    assert (orders[1] < orders[0]) is (later < ageing * (second_priority - first_priority))
