"""What Prometheus reads: whole calls in memory, and what of them can be counted."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from watching import Around, metrics_of, scrape

from contactcenter import events as e
from contactcenter.acd.inputs import Pause
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.monitoring.counters import Counters
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.center import SimulatedCenter
from contactcenter.simulator.clock import VirtualTimeLoop

VIP = "+8613800000001"
RATED = CallerScript({"menu-main": ("0",), "survey-ask": ("5",)})
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


async def test_an_answered_call(sim: SimulatedCenter, tmp_path: Path) -> None:
    metrics = metrics_of(sim, Around(), tmp_path)
    await sim.call(VIP, RATED)
    seen = scrape(metrics)
    assert seen("calls_arrived_total") == 1
    assert seen("calls_total", outcome="answered") == 1
    assert seen("queue_entries_total", queue="vip") == 1
    assert seen("offers_total", queue="vip", outcome="answered") == 1
    assert seen("call_wait_seconds_count", queue="vip", end="answered") == 1
    (talked,) = [fact.talk_seconds for fact in sim.facts if isinstance(fact, e.TalkEnded)]
    assert seen("talk_seconds_sum") == talked
    assert seen("survey_ratings_total", rating="5") == 1
    assert seen("live_calls") == 0
    assert seen("agents", state="wrap_up") == 1


async def test_a_caller_who_waits_and_gives_up(sim: SimulatedCenter, tmp_path: Path) -> None:
    metrics = metrics_of(sim, Around(), tmp_path)
    for number in sim.center.configuration.agents:
        sim.center.distributor.tell(Pause(AgentNumber(number), "lunch"))
    script = CallerScript({"menu-main": ("0",)})
    phone = sim.line(script)
    calling = asyncio.create_task(sim.call(VIP, phone=phone))
    while not sim.center.distributor.engine.waiting:
        await asyncio.sleep(0.1)
    await asyncio.sleep(30)
    seen = scrape(metrics)
    assert (seen("waiting_calls", queue="vip"), seen("waiting_calls", queue="support")) == (1, 0)
    assert 30 <= seen("longest_wait_seconds", queue="vip") < 31
    assert (seen("live_calls"), seen("agents", state="paused")) == (1, 6)
    phone.hangs_up()
    await calling
    seen = scrape(metrics)
    assert (seen("calls_total", outcome="abandoned"), seen("waiting_calls", queue="vip")) == (1, 0)
    assert seen("call_wait_seconds_bucket", queue="vip", end="left", le="30.0") == 0
    assert seen("call_wait_seconds_bucket", queue="vip", end="left", le="45.0") == 1


async def test_no_label_is_what_a_caller_sent(sim: SimulatedCenter, tmp_path: Path) -> None:
    metrics = metrics_of(sim, Around(), tmp_path)
    await sim.call(VIP, RATED)
    await sim.call("+8613911112222", RATED, hotline="4008765432")
    text = metrics.expose("")[0].decode()
    assert [word for word in ("13800000001", "13911112222", "4008765432", "王建国") if word in text] == []


async def test_what_is_read_around_the_calls(sim: SimulatedCenter, tmp_path: Path) -> None:
    around = Around(waiting=7, roundtrip=0.25)
    metrics = metrics_of(sim, around, tmp_path)
    around.on_commit(0.02)
    seen = scrape(metrics)
    assert (seen("facts_waiting"), seen("ami_connected"), seen("ami_roundtrip_seconds")) == (7, 1, 0.25)
    assert (seen("fact_commit_seconds_count"), seen("ready")) == (1, 1)
    around.connected = False
    seen = scrape(metrics)
    assert (seen("ami_connected"), seen("part_up", part="asterisk"), seen("ready")) == (0, 0, 0)
    assert seen("process_resident_memory_bytes") > 1_000_000


async def test_openmetrics_where_it_is_asked_for(sim: SimulatedCenter, tmp_path: Path) -> None:
    metrics = metrics_of(sim, Around(), tmp_path)
    await sim.call(VIP, RATED)
    body, content_type = metrics.expose("application/openmetrics-text;version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    families = {family.name: family for family in openmetrics(body.decode())}
    assert families["contactcenter_calls"].type == "counter"


def held_up(loop: VirtualTimeLoop) -> None:
    """As if a callback had worked for so long."""
    loop._jumping.microseconds += 900_000


async def test_a_loop_that_is_held_up_is_seen(sim: SimulatedCenter, tmp_path: Path) -> None:
    metrics = metrics_of(sim, Around(), tmp_path)
    loop = asyncio.get_running_loop()
    measuring = asyncio.create_task(metrics.run())
    await asyncio.sleep(0.5)
    loop.call_later(0.3, held_up, loop)
    await asyncio.sleep(3)
    measuring.cancel()
    seen = scrape(metrics)
    assert seen("event_loop_lag_seconds_count") >= 2
    assert seen("event_loop_lag_seconds_bucket", le="0.25") == seen("event_loop_lag_seconds_count") - 1


def test_a_fact_costs_a_few_microseconds() -> None:
    """A whole call may cost 3 ms of CPU; its twenty facts here a thirtieth of that at most."""
    counters, call = Counters(CollectorRegistry()), CallId("1.1")
    vip, agent = QueueName("vip"), AgentNumber("1001")
    facts: list[e.Fact] = [
        e.CallArrived(at=START, call=call, hotline="4001234567", caller=VIP),
        *[e.NodeEntered(at=START, call=call, flow="main", node=str(node)) for node in range(10)],
        e.CallQueued(at=START, call=call, queue=vip, priority=5, position=1),
        e.CallOffered(at=START, call=call, queue=vip, agent=agent, attempt=1, why="round_robin"),
        e.CallAnswered(at=START, call=call, queue=vip, agent=agent),
        e.TalkEnded(at=START, call=call, agent=agent, by="caller", talk_seconds=60),
        e.SurveyAnswered(at=START, call=call, rating=5, agent=agent),
        e.CallEnded(at=START, call=call, outcome="answered"),
    ]
    best = min(_seconds(counters, facts) for _ in range(20))
    assert best < 100e-6, f"{best * 1e6:.0f} us for a call"


def _seconds(counters: Counters, facts: list[e.Fact]) -> float:
    began = time.process_time_ns()
    for _ in range(50):
        for fact in facts:
            counters.take(fact)
    return (time.process_time_ns() - began) / 50 / 1e9


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a\nb", "a\\b", "销售 = 1"])
def test_a_queue_may_be_named_anything(name: str) -> None:
    registry = CollectorRegistry()
    Counters(registry).take(e.CallQueued(at=START, call=CallId("1"), queue=QueueName(name), priority=1, position=1))
    (sample,) = [
        sample
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "contactcenter_queue_entries_total"
    ]
    assert sample.labels["queue"] == name
