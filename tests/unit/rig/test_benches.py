"""The benches of the engine alone, with numbers so small that they say nothing about speed: what they measure and print."""

import math
import re

import pytest

from contactcenter.acd.strategies import STRATEGIES
from rig import bench, bench_erlang
from rig.poisson import Poisson, Traffic, furthest_from_recursion, mean_with_error


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["bench", *arguments])
    assert bench.main() == 0
    return capsys.readouterr().out


def test_acd_measures_every_strategy_in_both_scenes_and_every_kind_of_input(monkeypatch, capsys):
    out = run(monkeypatch, capsys, "acd", "--agents", "30,60", "--inputs", "1500", "--waiting", "20")
    busy, quiet = out.split("agents free, no calls waiting")
    for scene in (busy, quiet):
        for strategy in STRATEGIES:
            assert re.search(rf"^{strategy} +\d+ / \d+ / \d+ +\d+ / \d+ / \d+ +\d+\.\d\d$", scene, re.MULTILINE), (
                strategy
            )
        for kind in (
            "CallEnters", "CallLeaves", "OfferRinging", "OfferAnswered", "OfferFailed", "TalkOver", "Tick", "PhoneIs",
            "Pause", "Resume", "OpenTickets",
        ):  # fmt: skip
            assert re.search(rf"^{kind} +\d+ +\d+ / \d+ / \d+$", scene, re.MULTILINE), kind
    assert re.search(
        r"goal \(p99 below 200 µs with 60 agents, .*\): (reached on every line|missed)", " ".join(out.split())
    )
    assert re.search(r"garbage collector on, .* cores, load .*, Python 3\.", " ".join(out.split()))


def test_erlang_has_a_line_for_every_point_and_counts_what_is_outside(monkeypatch, capsys):
    out = run(monkeypatch, capsys, "erlang", "--calls", "1000")
    for load, agents in bench_erlang.C_POINTS:
        assert re.search(rf"^ *{load:g} +{agents} .*±.*±", out, re.MULTILINE)
    for load, agents, patience in (*bench_erlang.A_POINTS, *bench_erlang.ESTIMATE_POINTS):
        assert re.search(rf"^ *{load:g} +{agents} +{patience:g} ", out, re.MULTILINE)
    of = 2 * (len(bench_erlang.C_POINTS) + len(bench_erlang.A_POINTS))
    inside, outside = re.search(rf"(\d+) of {of} figures within .* (\d+) outside", " ".join(out.split())).groups()
    assert int(inside) + int(outside) == of
    assert out.count(" !") == int(outside)
    assert float(re.search(r"further than (\d+\.\d+) s from the Kiefer", " ".join(out.split())).group(1)) < 1e-4
    assert re.search(r"\d+ calls a minute; .* cores, load .*, Python 3\.", " ".join(out.split()))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["acd", "--strategies", "loudest"], "there is no loudest. Use some of: least_load,"),
        (["acd", "--agents", "10,x"], "'x' is no whole number of at least 1."),
        (["erlang", "--calls", "10"], "'10' is no whole number of at least 1000."),
    ],
)
def test_wrong_options_are_told_in_a_line(monkeypatch, capsys, arguments, line):
    monkeypatch.setattr("sys.argv", ["bench", *arguments])
    with pytest.raises(SystemExit):
        bench.main()
    assert line in capsys.readouterr().err


def test_the_traffic_is_what_was_asked_for():
    callers = Poisson(Traffic(load=8, agents=10, talk_seconds=180, patience_seconds=120)).run(20000, lambda _: None)
    assert len(callers) == 18000
    assert all(caller.answered != caller.gone for caller in callers)
    rate = (len(callers) - 1) / (callers[-1].entered - callers[0].entered)
    assert rate * 180 == pytest.approx(8, rel=0.03)
    assert any(caller.gone for caller in callers)
    assert all(caller.wait == 0 for caller in callers if not caller.had_to_wait)


@pytest.mark.parametrize("patience", [math.inf, 120])
def test_the_engine_is_first_come_first_served_to_the_call(patience):
    world = Poisson(Traffic(load=9, agents=10, patience_seconds=patience))
    world.run(5000, lambda _: None)
    assert furthest_from_recursion(world.callers, 10) < 1e-4
    assert furthest_from_recursion(world.callers, 11) > 10


def test_batch_means_know_that_neighbours_are_alike():
    alone = [math.sin(12345.678 * index) for index in range(2000)]
    alike = [math.sin(12345.678 * (index // 100)) for index in range(2000)]
    assert mean_with_error(alike)[1] > 3 * mean_with_error(alone)[1]
