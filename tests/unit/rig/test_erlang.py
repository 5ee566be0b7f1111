"""The formulas beside values that others printed, and beside the balance of each state summed up term by term."""

import math

import pytest

from rig.erlang import ErlangA, ErlangC, erlang_b, strict_priority, wait_at


@pytest.mark.parametrize(
    ("agents", "load"),
    [(1, 0.0101), (2, 0.153), (5, 1.36), (10, 4.46), (20, 12.03), (50, 37.9), (100, 84.1)],
)
def test_erlang_b_is_the_published_table_at_one_percent(agents, load):
    # Erlang B traffic table, column of 1 %, loads as printed
    assert erlang_b(load, agents) == pytest.approx(0.01, rel=0.02)


def test_erlang_c_is_the_worked_example():
    # mitan.co.uk, "The Erlang-C formula": 360 calls in half an hour of 4 minutes, 55 agents, 15 seconds
    queue = ErlangC(48.0, 55, 240.0)
    assert queue.waiting == pytest.approx(0.239, abs=0.0005)
    assert queue.service_level(15) == pytest.approx(0.846, abs=0.0005)
    assert queue.mean_wait == pytest.approx(8.2, abs=0.05)


def test_patience_changes_everything_as_printed():
    # Garnett, Mandelbaum, Reiman, "Designing a call center with impatient customers", M&SOM 4 (2002): 50 agents,
    # 48 calls a minute of one minute, mean patience two minutes
    assert ErlangC(48, 50, 60).mean_wait == pytest.approx(20.8, abs=0.05)
    impatient = ErlangA(48, 50, 60, 120)
    assert impatient.abandoned == pytest.approx(0.031, abs=0.0005)
    assert impatient.mean_wait == pytest.approx(3.7, abs=0.05)


@pytest.mark.parametrize(
    ("load", "agents", "patience"), [(3, 5, 60), (20, 20, 180), (60, 50, 90), (0.5, 1, 1), (200, 150, 30)]
)
def test_erlang_a_is_the_sum_over_all_states(load, agents, patience):
    talk = 180.0
    weights, weight = [1.0], 1.0
    for state in range(1, 2000):
        leaving = min(state, agents) / talk + max(0, state - agents) / patience
        weight *= load / talk / leaving
        weights.append(weight)
    total = math.fsum(weights)
    waiting = math.fsum(weights[agents:]) / total
    queue = math.fsum((state - agents) * w for state, w in enumerate(weights) if state > agents) / total
    theory = ErlangA(load, agents, talk, patience)
    assert theory.waiting == pytest.approx(waiting, rel=1e-9)
    assert theory.abandoned == pytest.approx(queue / patience / (load / talk), rel=1e-9)


def test_erlang_a_of_very_patient_callers_is_erlang_c():
    assert ErlangA(45, 50, 180, 1e8).mean_wait == pytest.approx(ErlangC(45, 50, 180).mean_wait, rel=1e-4)


def test_erlang_a_does_not_overflow_when_overloaded():
    # nobody keeps more callers than one in two from leaving when there are twice as many as can be served
    assert ErlangA(2000, 1000, 180, 36000).abandoned == pytest.approx(0.5, rel=1e-6)


def test_strict_priority_keeps_the_mean_of_all():
    first, second = strict_priority(9, 10, 180, 0.2)
    assert 0.2 * first + 0.8 * second == pytest.approx(ErlangC(9, 10, 180).mean_wait)
    assert first < second / 9


def test_the_wait_at_a_place_counts_those_ahead_who_hang_up():
    assert wait_at(4, 0.5, math.inf) == 8
    assert wait_at(2, 0.5, 2.0) == 2 + 1


def test_overloaded_erlang_c_is_refused():
    with pytest.raises(ValueError, match="load of 10 on 10 agents"):
        ErlangC(10, 10, 180)
