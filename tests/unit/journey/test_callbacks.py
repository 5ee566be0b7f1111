"""Callbacks: a key, the place kept, whose phone rings first, tries, opening hours; and redial."""

import asyncio
from dataclasses import replace

import pytest
from flows import use_rules
from journeys import EXPIRED, HAPPY, alarms, ending, fact, facts, kinds, pause_all_but

from contactcenter import events as e
from contactcenter.acd.inputs import LogIn, LogOut, Pause, Resume
from contactcenter.config import Settings
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.network import Outbound
from contactcenter.simulator.agents import Answers, Misses
from contactcenter.simulator.caller import CallerScript, HangUp, Press
from contactcenter.simulator.center import SimulatedCenter
from contactcenter.simulator.phone import FakePhone

CALLS_BACK = CallerScript(press=Press("1", "music", 5))
RATES = CallerScript({"survey-ask": ("4",)})
AGENT = AgentNumber("1006")


async def asks_for_callback(sim: SimulatedCenter, order: str, **settings: object) -> FakePhone:
    """A caller who pressed the key; nobody is free."""
    sim.configure(renewals={"callback": order, **settings})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, CALLS_BACK)
    assert phone.heard[-1] == "callback-confirmed"
    assert ending(sim, phone) == ("callback", "")
    assert sim.store.calls[phone.call].outcome == "callback"
    assert list(sim.center.callbacks.open) == [phone.call]
    return phone


@pytest.mark.parametrize("order", ["agent_first", "caller_first"])
async def test_a_callback_keeps_the_place_and_the_call_counts_as_answered_in_the_end(
    sim: SimulatedCenter, order: str
) -> None:
    phone = await asks_for_callback(sim, order)
    later = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=later))
        await later.until_heard("music")
        assert sim.center.distributor.engine.position(later.call) == 2, "the one who is called back is before them"
        sim.switchboard.script(EXPIRED, [Answers(after=3)], RATES)
        sim.center.distributor.tell(Resume(AGENT))
    requested, queued = (
        fact(sim, phone, e.CallbackRequested),
        [f for f in facts(sim, phone) if isinstance(f, e.CallQueued)],
    )
    assert [f.since for f in queued] == [None, queued[0].at]
    assert requested.since == queued[0].at
    tried = fact(sim, phone, e.CallbackTried)
    assert (tried.attempt, tried.outcome, tried.agent) == (1, "answered", AGENT)
    assert fact(sim, phone, e.CallbackEnded).outcome == "answered"
    record = sim.store.calls[phone.call]
    assert (record.outcome, record.agent, record.rating) == ("answered", AGENT, 4)
    assert fact(sim, phone, e.CallAnswered).at < fact(sim, later, e.CallAnswered).at
    assert "CallAbandoned" not in kinds(sim, phone)
    assert sim.center.callbacks.open == {}
    heard = sim.switchboard.answered[0].heard
    assert heard[0] == ("talking 1006" if order == "agent_first" else "callback-here")


async def test_the_agent_waits_for_the_customer_or_the_other_way_round(sim: SimulatedCenter) -> None:
    for order, first in (("agent_first", "1006"), ("caller_first", "customer")):
        phone = await asks_for_callback(sim, order)
        sim.switchboard.script(EXPIRED, [Answers(after=6)], RATES)
        before, began = len(sim.phones.rung), sim.center.clock.now()
        sim.center.distributor.tell(Resume(AGENT))
        await asyncio.sleep(1)
        assert (len(sim.phones.rung) > before) is (first == "1006")
        await asyncio.sleep(120)
        answered = fact(sim, phone, e.CallAnswered)
        assert 6 <= (answered.at - began).total_seconds() < 9.2
        assert ending(sim, phone)[0] == "answered"


@pytest.mark.parametrize("order", ["agent_first", "caller_first"])
async def test_a_customer_who_does_not_answer_is_tried_again_and_then_given_up(
    sim: SimulatedCenter, order: str
) -> None:
    phone = await asks_for_callback(sim, order, callback_tries=2, callback_retry_seconds=60.0)
    sim.switchboard.script(EXPIRED, [Misses(), Misses()])
    sim.center.distributor.tell(Resume(AGENT))
    await asyncio.sleep(300)
    assert [(f.attempt, f.outcome) for f in facts(sim, phone) if isinstance(f, e.CallbackTried)] == [
        (1, "no_answer"),
        (2, "no_answer"),
    ]
    first, second = [f.at for f in facts(sim, phone) if isinstance(f, e.CallbackTried)]
    assert (second - first).total_seconds() >= 60
    assert fact(sim, phone, e.CallbackEnded).outcome == "no_answer"
    assert sim.store.calls[phone.call].outcome == "failed"
    assert "CallAnswered" not in kinds(sim, phone)
    assert "OfferMissed" not in kinds(sim, phone), "the agent is not to blame"
    agent = sim.center.distributor.engine.agents[AGENT]
    assert (agent.available, agent.misses_in_a_row) == (True, 0)


async def test_nobody_is_called_outside_opening_hours(sim: SimulatedCenter) -> None:
    hotline = sim.center.configuration.hotlines["4001234567"]
    phone = await asks_for_callback(sim, "agent_first")
    sim.center.configuration.hotlines["4001234567"] = replace(hotline, calendar="workdays")
    await asyncio.sleep(60)
    assert sim.center.may_call_now("4001234567")
    sim.configure(renewals={"callback_retry_seconds": 10 * 3600.0})
    sim.switchboard.script(EXPIRED, [Misses(), Answers()], RATES)
    sim.center.distributor.tell(Resume(AGENT))
    await asyncio.sleep(11 * 3600)
    assert not sim.center.may_call_now("4001234567")
    assert sim.switchboard.called == [EXPIRED]
    await asyncio.sleep(14 * 3600)
    assert sim.switchboard.called == [EXPIRED, EXPIRED]
    assert fact(sim, phone, e.CallbackEnded).outcome == "answered"


async def test_an_agent_who_does_not_answer_a_callback_is_followed_by_the_next(sim: SimulatedCenter) -> None:
    phone = await asks_for_callback(sim, "agent_first")
    sim.phones.script("1006", Misses())
    sim.switchboard.script(EXPIRED, [Answers()], RATES)
    sim.center.distributor.tell(Resume(AGENT))
    sim.center.distributor.tell(Resume(AgentNumber("1003")))
    await asyncio.sleep(200)
    assert fact(sim, phone, e.OfferMissed).agent == "1006"
    assert fact(sim, phone, e.CallAnswered).agent == "1003"


@pytest.mark.parametrize("customer_answers_after", [8.0, 25.0])
async def test_an_agent_who_hangs_up_before_the_customer_answers(
    sim: SimulatedCenter, customer_answers_after: float
) -> None:
    """The next agent waits for the customer."""
    phone = await asks_for_callback(sim, "agent_first")
    sim.switchboard.script(EXPIRED, [Answers(after=customer_answers_after)], RATES)
    sim.center.distributor.tell(Resume(AGENT))
    await asyncio.sleep(4)
    sim.center.distributor.tell(Resume(AgentNumber("1003")))
    sim.phones.hang_up("1006")
    await asyncio.sleep(200)
    assert fact(sim, phone, e.CallReturned).agent == "1006"
    assert fact(sim, phone, e.CallbackTried).agent == "1003"
    assert fact(sim, phone, e.CallbackEnded).outcome == "answered"
    assert sim.store.calls[phone.call].agent == "1003"
    assert alarms(sim) == []


async def test_an_agent_who_hangs_up_and_nobody_else_is_there_when_the_customer_answers(sim: SimulatedCenter) -> None:
    """The customer hears music until somebody is."""
    phone = await asks_for_callback(sim, "agent_first")
    sim.switchboard.script(EXPIRED, [Answers(after=20)], RATES)
    sim.center.distributor.tell(Resume(AGENT))
    await asyncio.sleep(4)
    sim.center.distributor.tell(Pause(AGENT, "lunch"))
    sim.phones.hang_up("1006")
    await asyncio.sleep(60)
    assert sim.switchboard.answered[0].heard[:2] == ["callback-here", "music"]
    sim.center.distributor.tell(Resume(AgentNumber("1003")))
    await asyncio.sleep(200)
    assert sim.store.calls[phone.call].agent == "1003"
    assert fact(sim, phone, e.CallbackEnded).outcome == "answered"


async def test_a_promise_waits_on_while_nobody_is_logged_in(sim: SimulatedCenter) -> None:
    phone = await asks_for_callback(sim, "agent_first", overflow_no_agents="hang_up")
    for agent in ("1003", "1006"):
        sim.center.distributor.tell(LogOut(AgentNumber(agent)))
    await asyncio.sleep(3600)
    assert list(sim.center.callbacks.open) == [phone.call]
    assert "CallbackTried" not in kinds(sim, phone)
    sim.center.distributor.tell(LogIn(AGENT))
    await asyncio.sleep(200)
    assert fact(sim, phone, e.CallbackEnded).outcome == "answered"


async def test_a_promise_whose_queue_is_gone_is_given_up_with_an_alarm(sim: SimulatedCenter) -> None:
    phone = await asks_for_callback(sim, "agent_first")
    del sim.center.configuration.queues[QueueName("renewals")]
    sim.configure()
    await asyncio.sleep(1000)
    assert fact(sim, phone, e.CallbackEnded).outcome == "expired"
    assert alarms(sim) == ["callback_given_up"]
    assert sim.store.calls[phone.call].outcome == "failed"
    assert sim.center.callbacks.open == {}


async def test_a_customer_who_hangs_up_again_is_not_called_any_more(sim: SimulatedCenter) -> None:
    phone = await asks_for_callback(sim, "caller_first")
    sim.phones.script("1006", Misses())
    sim.switchboard.script(EXPIRED, [Answers(after=1)], CallerScript(hang_up=HangUp("music", 2)))
    sim.center.distributor.tell(Resume(AGENT))
    await asyncio.sleep(400)
    assert fact(sim, phone, e.CallbackEnded).outcome == "abandoned"
    assert sim.switchboard.called == [EXPIRED]
    assert ending(sim, phone)[0] == "abandoned"


async def test_without_the_setting_or_a_number_the_key_does_nothing(sim: SimulatedCenter) -> None:
    pause_all_but(sim)
    for caller, order in ((EXPIRED, "off"), ("", "agent_first")):
        for queue in ("renewals", "support"):
            sim.configure(**{queue: {"callback": order, "max_wait_seconds": 100.0}})
        phone = await sim.call(caller, CALLS_BACK)
        assert "queue-callback-offer" not in phone.heard
        assert "CallbackRequested" not in kinds(sim, phone)
        assert ending(sim, phone)[0] == "failed"


async def test_the_offer_of_a_callback_is_said(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"callback": "agent_first", "max_wait_seconds": 60.0})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, CallerScript())
    assert "queue-callback-offer" in phone.heard


async def test_a_callback_as_overflow(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"max_wait_seconds": 30.0, "overflow_timeout": "callback", "callback": "caller_first"})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, CallerScript())
    assert ending(sim, phone)[0] == "callback"
    sim.center.distributor.tell(Resume(AGENT))
    await asyncio.sleep(200)
    assert sim.store.calls[phone.call].outcome == "answered"


async def test_who_calls_again_soon_has_the_old_place(sim: SimulatedCenter) -> None:
    pause_all_but(sim)
    lost = await sim.call(EXPIRED, CallerScript(hang_up=HangUp("music", 20)))
    other, again = sim.line(HAPPY), sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call("+8613800000014", phone=other))
        await other.until_heard("music")
        await asyncio.sleep(30)
        group.create_task(sim.call(EXPIRED, phone=again))
        await again.until_heard("music")
        assert "welcome-back" in again.heard
        assert "queue-connecting" not in again.heard
        sim.center.distributor.tell(Resume(AgentNumber("1001")))
        sim.center.distributor.tell(Resume(AGENT))
    assert fact(sim, again, e.CallQueued).since == fact(sim, lost, e.CallQueued).at
    assert ending(sim, lost)[0] == "abandoned"


async def test_who_calls_again_too_late_begins_anew(sim: SimulatedCenter) -> None:
    pause_all_but(sim)
    await sim.call(EXPIRED, CallerScript(hang_up=HangUp("music", 20)))
    await asyncio.sleep(121)
    again = await sim.call(EXPIRED, CallerScript(hang_up=HangUp("music", 1)))
    assert fact(sim, again, e.CallQueued).since is None
    assert "queue-connecting" in again.heard


async def test_a_callback_needs_the_skills_that_the_call_needed(sim: SimulatedCenter) -> None:
    agents = sim.center.configuration.agents
    can = {AGENT: replace(agents[AGENT], skills=("english",))}
    sim.center.configuration = replace(sim.center.configuration, agents={**agents, **can})
    sim.configure(renewals={"callback": "agent_first"})
    pause_all_but(sim)
    rule = {"name": "all", "queue": "renewals", "priority": 4, "skills": ["english"]}
    use_rules(sim, rule)
    phone = await sim.call(EXPIRED, CALLS_BACK)
    (promise,) = sim.center.callbacks.open.values()
    assert (promise.skills, promise.priority) == ({"english"}, 4)
    assert fact(sim, phone, e.CallbackRequested).skills == ("english",)
    sim.switchboard.script(EXPIRED, [Answers(after=3)], RATES)
    for agent in agents:
        sim.center.distributor.tell(Resume(agent))
    while sim.center.callbacks.open:
        await asyncio.sleep(10)
    assert fact(sim, phone, e.CallAnswered).agent == AGENT


PREMIUM = "+8616812345"


async def test_who_shows_a_number_that_may_not_be_called_is_offered_no_callback(sim: SimulatedCenter) -> None:
    sim.configure(support={"callback": "caller_first"}, vip={"callback": "caller_first"})
    pause_all_but(sim)
    phone = await sim.call(PREMIUM, CALLS_BACK)
    assert "queue-callback-offer" not in phone.heard
    assert sim.center.callbacks.open == {}
    assert sim.switchboard.called == []


async def test_a_promise_that_may_not_be_kept_is_given_up_at_once(sim: SimulatedCenter) -> None:
    """The rule has changed since."""
    phone = await asks_for_callback(sim, "caller_first")
    assert sim.phones.outbound is not None
    sim.phones.outbound._settings = Settings(outbound=Outbound(allowed_prefixes=["+852"]))
    sim.center.distributor.tell(Resume(AGENT))
    while sim.center.callbacks.open:
        await asyncio.sleep(1)
    (alarm,) = [f for f in sim.facts if isinstance(f, e.AlarmRaised)]
    assert (alarm.name, alarm.call) == ("outbound_refused", phone.call)
    assert alarm.detail.startswith(f"callback: {EXPIRED} is not in [outbound] allowed_prefixes")
    assert sim.switchboard.called == []
    assert fact(sim, phone, e.CallbackEnded).outcome == "not_allowed"
    assert sim.store.calls[phone.call].outcome == "failed"
    assert sim.center.distributor.engine.agents[AGENT].phone == "free"
