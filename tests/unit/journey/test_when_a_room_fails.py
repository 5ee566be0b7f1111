"""Our own failures: the caller is not dropped for them, and somebody is told."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from flows import remove_queue, use_flows, use_rules
from journeys import HAPPY, VIP, alarms, ending, fact, facts, kinds

from contactcenter import events as e
from contactcenter.agents.states import Activity
from contactcenter.calls.ending import STEPS
from contactcenter.ids import AgentNumber, TicketNumber
from contactcenter.ivr.flow import Flow
from contactcenter.simulator.agents import Answers
from contactcenter.simulator.caller import CallerScript, HangUp
from contactcenter.simulator.center import SimulatedCenter, simulated_center
from contactcenter.tickets.problem import Problem


async def test_a_store_that_fails_in_tickets_does_not_end_the_talk(sim: SimulatedCenter) -> None:
    sim.store.failing.add("open_or_join")
    phone = await sim.call(VIP, HAPPY)
    assert alarms(sim) == ["ticket_failed"]
    assert ending(sim, phone) == ("answered", "")
    assert fact(sim, phone, e.TalkEnded).talk_seconds == 30.0
    assert fact(sim, phone, e.SurveyAnswered).rating == 5


async def test_a_store_that_is_slow_with_tickets_keeps_no_agent_after_the_talk(
    sim: SimulatedCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, at_once = asyncio.Event(), sim.center.tickets.open_or_join

    async def only_then(problem: Problem) -> tuple[TicketNumber, bool]:
        await over.wait()
        return await at_once(problem)

    def see(fact: e.Fact) -> None:
        if isinstance(fact, e.TalkEnded):
            over.set()

    monkeypatch.setattr(sim.center.tickets, "open_or_join", only_then)
    sim.center.bus.subscribe(see)
    phone = await sim.call(VIP, HAPPY)
    assert fact(sim, phone, e.TalkEnded).talk_seconds == 30.0
    assert kinds(sim, phone).index("TalkEnded") < kinds(sim, phone).index("TicketOpened")
    assert fact(sim, phone, e.SurveyAnswered).rating == 5


@pytest.mark.parametrize("away", [{"last_agents"}, {"by_number"}, {"by_number", "last_agents", "past", "open_or_join"}])
async def test_a_store_that_is_away_leaves_the_call_as_one_of_an_unknown_caller(
    sim: SimulatedCenter, away: set[str]
) -> None:
    sim.store.failing |= away
    phone = await sim.call(VIP, HAPPY)
    assert ending(sim, phone) == ("answered", "")
    assert fact(sim, phone, e.SurveyAnswered).rating == 5
    assert fact(sim, phone, e.CallerIdentified).by == ("unknown" if "by_number" in away else "number")
    lookups = len(away - {"open_or_join"} - {"past"})
    assert alarms(sim) == ["lookup_failed"] * lookups + ["ticket_failed"] * ("open_or_join" in away)
    told = next(f for f in facts(sim, phone) if isinstance(f, e.AlarmRaised))
    assert told.detail.startswith("the call goes on without what the store knows: the store failed in ")


async def test_a_code_that_can_not_be_looked_up_is_not_called_wrong(sim: SimulatedCenter) -> None:
    sim.store.failing.add("by_service_code")
    phone = await sim.call("", CallerScript({**HAPPY.keys, "enter-service-code": ("100001#",)}))
    asked = [heard for heard in phone.heard if "service-code" in heard]
    assert asked == ["enter-service-code (cut)"]
    assert not [f for f in facts(sim, phone) if isinstance(f, e.ServiceCodeTried)]
    assert ending(sim, phone) == ("answered", "")
    assert alarms(sim) == ["lookup_failed"]


@pytest.mark.parametrize(("broken", "step"), [("_numbers", "customers"), ("calls", "acd")])
async def test_a_room_that_fails_gives_the_caller_to_the_fallback(sim: SimulatedCenter, broken: str, step: str) -> None:
    """A mistake of ours, not a database that is away."""
    subscribe, intact = sim.center.bus.subscribe, getattr(sim.store, broken)

    def breaks(fact: e.Fact) -> None:
        if isinstance(fact, e.CallArrived):
            setattr(sim.store, broken, None)
        elif isinstance(fact, e.AlarmRaised):
            setattr(sim.store, broken, intact)

    subscribe(breaks)
    phone = await sim.call(VIP, HAPPY)
    assert phone.heard[-1] == "fallback"
    assert phone.ended_by == "fallback"
    assert alarms(sim) == ["journey_failed"]
    assert ending(sim, phone) == ("failed", f"our mistake in {STEPS[step]}")


async def test_a_flow_with_a_hole_gives_the_caller_to_the_fallback(sim: SimulatedCenter) -> None:
    sim.center.flows = {"main": Flow("main", "nowhere", {})}
    phone = await sim.call(VIP, HAPPY)
    assert phone.ended_by == "fallback"
    assert ending(sim, phone) == ("failed", "our mistake in the menu")


async def test_a_caller_who_hangs_up_while_we_fail_is_still_our_failure(sim: SimulatedCenter) -> None:
    sim.store._companies = None  # type: ignore[assignment]  # a bug of ours, no StoreError
    keys = {"enter-service-code": ("1#",)}
    phone = sim.line(CallerScript(keys))

    def gone(fact: e.Fact) -> None:
        if isinstance(fact, e.AlarmRaised):
            phone.hangs_up()

    sim.center.bus.subscribe(gone)
    await sim.call("", phone=phone)
    assert phone.ended_by == "caller"
    assert ending(sim, phone) == ("failed", "our mistake in the identification")


async def test_a_recording_that_is_missing_raises_an_alarm_after_the_call(tmp_path: Path) -> None:
    async with simulated_center(recordings=tmp_path) as sim:

        def lose(fact: e.Fact) -> None:
            if isinstance(fact, e.CallEnded):
                for part in (tmp_path / "parts").iterdir():
                    part.unlink()

        sim.center.bus.subscribe(lose)
        phone = await sim.call(VIP, HAPPY)
        assert kinds(sim, phone)[-3:] == ["CallEnded", "RecordingFailed", "AlarmRaised"]
        assert alarms(sim) == ["recording_failed"]
        assert ending(sim, phone) == ("answered", "")


async def test_a_subscriber_that_fails_does_not_touch_the_call(
    sim: SimulatedCenter, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(fact: e.Fact) -> None:
        raise RuntimeError(fact.kind)

    sim.center.bus.subscribe(broken)
    phone = await sim.call(VIP, HAPPY)
    assert ending(sim, phone) == ("answered", "")
    assert "a subscriber failed on CallArrived" in caplog.text


async def test_a_mistake_while_they_talk_leaves_one_ending_and_a_free_agent(sim: SimulatedCenter) -> None:
    """The conversation itself is Asterisk's and goes on; the journey must still come to its end."""
    sim.store.tickets = None  # type: ignore[assignment]  # a bug of ours in tickets, no StoreError
    phone = sim.line(CallerScript({"menu-main": ("0",)}, HangUp("talking", 25)))
    await sim.call(VIP, phone=phone)
    assert kinds(sim, phone).count("CallEnded") == kinds(sim, phone).count("TalkEnded") == 1
    assert ending(sim, phone) == ("answered", "our mistake in the conversation")
    agent = sim.center.distributor.engine.agents[AgentNumber("1004")]
    await asyncio.sleep(60)
    assert agent.activity is Activity.IDLE


AFTER = "  start: {type: queue, queue: vip, then: again}\n  again: {type: AGAIN}\n"


async def test_a_mistake_after_the_conversation_gives_the_caller_to_the_fallback(sim: SimulatedCenter) -> None:
    """The caller wanted to go on: a farewell would drop them. What they said before is told once."""
    flows = use_flows(sim, main=AFTER.replace("AGAIN", "hangup"))
    del flows["main"].nodes["again"]
    phone = await sim.call(VIP, CallerScript())
    assert phone.heard[-1] == "fallback"
    assert kinds(sim, phone).count("TalkEnded") == 1
    assert ending(sim, phone)[0] == "answered"


async def test_who_is_handed_over_when_the_queue_is_gone_meanwhile_waits_for_that_agent(sim: SimulatedCenter) -> None:
    use_flows(sim, main=AFTER.replace("AGAIN", "hangup"))
    sim.phones.script("1004", Answers(after=2, talk=60))
    phone = sim.line(CallerScript())
    calling = asyncio.create_task(sim.call(VIP, phone=phone))
    await phone.until_heard("talking 1004")
    remove_queue(sim, "vip")
    sim.phones.transfer("1004", "1006")
    await calling
    assert alarms(sim) == []
    assert [f.agent for f in facts(sim, phone) if isinstance(f, e.CallAnswered)] == ["1004", "1006"]


@pytest.mark.parametrize("node", ["{type: queue, queue: vip}", "{type: callback, queue: vip}", "{type: route}"])
async def test_a_queue_that_is_gone_when_the_call_comes_to_it_leads_to_the_fallback(
    sim: SimulatedCenter, node: str
) -> None:
    """A call under way keeps its flow and its rules, which may name a queue that was removed since."""
    use_flows(sim, main=f"  start: {{type: play, prompt: welcome, next: there}}\n  there: {node}\n")
    use_rules(sim, {"name": "all", "queue": "vip"})

    def gone(fact: e.Fact) -> None:
        if isinstance(fact, e.NodeEntered) and fact.node == "start":
            remove_queue(sim, "vip")

    sim.center.bus.subscribe(gone)
    phone = await sim.call(VIP, CallerScript())
    assert phone.heard[-1] == "fallback"
    assert alarms(sim) == ["queue_removed"]
    assert ending(sim, phone) == ("failed", "the queue vip was removed")


async def test_a_change_while_the_caller_is_looked_up_leaves_the_call_at_what_it_began_with(
    sim: SimulatedCenter,
) -> None:
    use_flows(
        sim, main="  start: {type: hours, open: there, closed: there}\n  there: {type: hangup, prompt: goodbye}\n"
    )
    by_number = sim.store.by_number

    class Book:
        async def by_number(self, number: str) -> object:
            sim.center.flows = {}
            sim.center.configuration = replace(sim.center.configuration, calendars={}, hotlines={})
            return await by_number(number)

    sim.center.customers = Book()  # type: ignore[assignment]
    phone = await sim.call(VIP, CallerScript())
    assert phone.heard == ["goodbye"]
