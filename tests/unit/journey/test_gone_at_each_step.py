"""The caller hangs up, at every step there is: the facts say what happened and nobody stays reserved."""

import asyncio

import pytest
from journeys import EXPIRED, STANDARD, STRANGER, VIP, alarms, ending, fact, kinds, pause_all_but

from contactcenter import events as e
from contactcenter.agents.states import Activity
from contactcenter.calls.ending import STEPS
from contactcenter.ids import AgentNumber
from contactcenter.simulator.agents import Answers, Misses, Waits
from contactcenter.simulator.caller import CallerScript, HangUp
from contactcenter.simulator.center import SimulatedCenter, simulated_center

KEYS = {"menu-main": ("1",), "menu-product": ("1",), "survey-ask": ("5",)}

ABANDONED = [
    # caller, keys, scene, nth, step
    (VIP, KEYS, "prompt welcome", 1, "customers"),
    (STRANGER, {}, "prompt enter-service-code", 1, "customers"),
    (STRANGER, {}, "keying enter-service-code", 1, "customers"),
    (STRANGER, {"enter-service-code": ("12",)}, "keying enter-service-code", 1, "customers"),
    (STRANGER, {"enter-service-code": ("1#",)}, "prompt service-code-wrong", 1, "customers"),
    (STRANGER, {}, "prompt no-key", 1, "customers"),
    (STRANGER, {}, "prompt enter-service-code", 3, "customers"),
    (STRANGER, {}, "prompt service-code-failed", 1, "customers"),
    (EXPIRED, {}, "prompt service-expired", 1, "customers"),
    (STANDARD, {}, "prompt menu-main", 1, "ivr"),
    (STANDARD, {}, "keying menu-main", 1, "ivr"),
    (STANDARD, {"menu-main": ("9",)}, "prompt wrong-key", 1, "ivr"),
    (STANDARD, {}, "prompt no-key", 2, "ivr"),
    (STANDARD, {"menu-main": ("1",)}, "prompt menu-product", 1, "ivr"),
    (STANDARD, {}, "prompt menu-failed", 1, "ivr"),
    (VIP, KEYS, "music", 1, "acd"),
    (VIP, KEYS, "ringing 1004", 1, "acd"),
]


@pytest.mark.parametrize("case", ABANDONED, ids=lambda case: f"{case[2]} {case[3]}")
@pytest.mark.parametrize("after", [0.0, 0.6])
async def test_gone_before_an_answer(
    sim: SimulatedCenter, case: tuple[str, dict[str, tuple[str, ...]], str, int, str], after: float
) -> None:
    caller, keys, scene, nth, step = case
    if scene == "music":
        pause_all_but(sim)
    phone = await sim.call(caller, CallerScript(keys, HangUp(scene, after, nth)))
    assert phone.ended_by == "caller"
    assert kinds(sim, phone)[-2:] == ["CallAbandoned", "CallEnded"]
    assert fact(sim, phone, e.CallAbandoned).step == step
    assert ending(sim, phone) == ("abandoned", f"the caller hung up in {STEPS[step]}")
    assert alarms(sim) == []
    assert "TicketOpened" not in kinds(sim, phone)


async def test_gone_in_each_announcement_while_waiting(sim: SimulatedCenter) -> None:
    pause_all_but(sim)
    scenes = ["queue-connecting", "queue-position-before", "digits/2", "queue-position-after"]
    first = sim.line(CallerScript(hang_up=HangUp("prompt queue-next", 1.0, 4)))
    others = [sim.line(CallerScript(hang_up=HangUp(f"prompt {scene}", 0.5))) for scene in scenes]

    async def later(number: int) -> None:
        await asyncio.sleep(0.001 * number)
        await sim.call(EXPIRED, phone=others[number])

    await asyncio.gather(sim.call(EXPIRED, phone=first), *(later(n) for n in range(len(others))))
    assert [phone.heard[-1] for phone in (first, *others)] == ["queue-next", *scenes]
    assert {ending(sim, phone) for phone in (first, *others)} == {("abandoned", "the caller hung up in the queue")}


async def test_gone_while_closed_is_spoken() -> None:
    async with simulated_center() as sim:
        phone = await sim.call(VIP, CallerScript(hang_up=HangUp("prompt unknown-hotline", 1)), hotline="1")
        assert ending(sim, phone) == ("abandoned", "the caller hung up in the greeting")


async def test_gone_in_the_last_words_of_a_wait_that_was_too_long(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"max_wait_seconds": 10.0})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, CallerScript(hang_up=HangUp("prompt queue-timeout", 1)))
    assert ending(sim, phone) == ("abandoned", "the caller hung up in the queue")


async def test_gone_while_ringing_stops_the_phone_and_frees_the_agent(sim: SimulatedCenter) -> None:
    sim.phones.script("1004", Waits())
    phone = await sim.call(VIP, CallerScript(KEYS, HangUp("ringing 1004", 5)))
    withdrawn = fact(sim, phone, e.OfferWithdrawn)
    assert (withdrawn.agent, withdrawn.why) == ("1004", "caller_gone")
    await asyncio.sleep(0.1)
    agent = sim.center.distributor.engine.agents[AgentNumber("1004")]
    assert (agent.available, agent.misses_in_a_row) == (True, 0)


async def test_gone_between_two_offers(sim: SimulatedCenter) -> None:
    sim.phones.script("1004", Misses("rejected"))
    phone = await sim.call(VIP, CallerScript(KEYS, HangUp("ringing 1005", 0.5)))
    assert [f.reason for f in sim.facts if isinstance(f, e.OfferMissed)] == ["rejected"]
    assert [f.why for f in sim.facts if isinstance(f, e.OfferWithdrawn)] == ["caller_gone"]
    assert ending(sim, phone)[0] == "abandoned"


async def test_gone_while_talking_is_an_answered_call(sim: SimulatedCenter) -> None:
    phone = await sim.call(VIP, CallerScript(KEYS, HangUp("talking", 12)))
    talk = fact(sim, phone, e.TalkEnded)
    assert (talk.by, talk.talk_seconds) == ("caller", 12.0)
    assert ending(sim, phone) == ("answered", "the caller hung up")
    assert fact(sim, phone, e.RecordingSaved).seconds == 12.0
    assert fact(sim, phone, e.TicketOpened).assignee == "1004"
    assert sim.center.distributor.engine.agents[AgentNumber("1004")].activity is Activity.WRAP_UP


@pytest.mark.parametrize("scene", ["prompt survey-ask", "keying survey-ask", "prompt survey-thanks", "prompt no-key"])
async def test_gone_in_the_survey(sim: SimulatedCenter, scene: str) -> None:
    rates = {"survey-ask": ("5",)} if scene == "prompt survey-thanks" else {}
    phone = await sim.call(VIP, CallerScript({"menu-main": ("0",), **rates}, HangUp(scene, 0.5)))
    assert ending(sim, phone) == ("answered", "the caller hung up")
    rated = [k for k in kinds(sim, phone) if k.startswith("Survey")]
    assert rated == (["SurveyAnswered"] if rates else ["SurveySkipped"])
    assert fact(sim, phone, e.TalkEnded).by == "agent"


@pytest.mark.parametrize("first", ["answer", "hang up"])
async def test_answer_and_hang_up_in_the_same_instant(sim: SimulatedCenter, first: str) -> None:
    """Whichever comes first, the agent is free afterwards and the call has one ending."""
    sim.phones.script("1004", Waits())
    phone = sim.line(CallerScript({"menu-main": ("0",)}))
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(VIP, phone=phone))
        await phone.until_heard("ringing 1004")
        if first == "answer":
            sim.phones.answer("1004")
            phone.hangs_up()
        else:
            phone.hangs_up()
            sim.phones.answer("1004")
    outcome = ending(sim, phone)[0]
    assert outcome in {"answered", "abandoned"}
    assert kinds(sim, phone).count("CallAnswered") == (outcome == "answered")
    assert kinds(sim, phone).count("TalkEnded") == (outcome == "answered")
    assert kinds(sim, phone).count("CallEnded") == 1


@pytest.mark.parametrize("tenths", range(0, 400, 13))
async def test_gone_at_any_moment(sim: SimulatedCenter, tenths: int) -> None:
    """The whole way in steps of 1.3 s, whatever happens to be going on then."""
    phone = sim.line(CallerScript(KEYS))
    sim.phones.script("1004", Answers(after=4, talk=20))
    asyncio.get_running_loop().call_later(tenths / 10, phone.hangs_up)
    await sim.call(VIP, phone=phone)
    assert kinds(sim, phone).count("CallEnded") == 1
    assert ending(sim, phone)[0] == ("answered" if "CallAnswered" in kinds(sim, phone) else "abandoned")
