"""Waiting: music, the place in the line, offers one after the other, the end of patience (ours)."""

import asyncio
from datetime import timedelta

import pytest
from journeys import EXPIRED, HAPPY, STANDARD, VIP, alarms, ending, fact, facts, kinds, pause_all_but

from contactcenter import events as e
from contactcenter.acd.inputs import LogOut, PhoneIs, Resume
from contactcenter.ids import AgentNumber
from contactcenter.simulator.agents import SETUP_SECONDS, Answers, Misses
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.center import SimulatedCenter


@pytest.mark.parametrize("reason", ["no_answer", "busy", "rejected", "unreachable"])
async def test_an_agent_who_does_not_answer_is_followed_by_the_next(sim: SimulatedCenter, reason: str) -> None:
    sim.phones.script("1004", Misses(reason))
    phone = await sim.call(VIP, HAPPY)
    offers = [(f.agent, f.attempt) for f in facts(sim, phone) if isinstance(f, e.CallOffered)]
    assert offers == [("1004", 1), ("1005", 2)]
    missed = fact(sim, phone, e.OfferMissed)
    assert (missed.agent, missed.reason) == ("1004", reason)
    assert fact(sim, phone, e.CallAnswered).agent == "1005"
    assert kinds(sim, phone).count("CallQueued") == 1


async def test_music_plays_on_between_two_offers(sim: SimulatedCenter) -> None:
    sim.phones.script("1004", Misses("no_answer"))
    phone = await sim.call(VIP, HAPPY)
    assert phone.heard[2:7] == ["queue-connecting", "ringing 1004", "music", "ringing 1005", "talking 1005"]


async def test_all_three_busy_agents_and_the_third_answers(sim: SimulatedCenter) -> None:
    sim.phones.script("1004", Misses("busy"))
    sim.phones.script("1005", Misses("rejected"))
    phone = await sim.call(VIP, HAPPY)
    assert fact(sim, phone, e.CallAnswered).agent == "1001"


async def test_an_answer_cuts_the_first_words(sim: SimulatedCenter) -> None:
    sim.phones.script("1004", Answers(after=0.5))
    phone = await sim.call(VIP, HAPPY)
    assert phone.heard[2:5] == ["queue-connecting (cut)", "ringing 1004", "talking 1004"]


async def test_the_place_in_the_line_is_said_now_and_then(sim: SimulatedCenter) -> None:
    pause_all_but(sim)
    first, second = sim.line(HAPPY), sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=first))
        group.create_task(sim.call(EXPIRED, phone=second))
        await asyncio.sleep(50)
        assert first.heard[2:] == ["queue-connecting", "music", "queue-next", "music"]
        assert second.heard[2:] == [
            "queue-connecting",
            "music",
            "queue-position-before",
            "digits/2",
            "queue-position-after",
            "music",
        ]
        sim.center.distributor.tell(Resume(AgentNumber("1006")))
    assert fact(sim, first, e.CallAnswered).at < fact(sim, second, e.CallAnswered).at


async def test_a_free_agent_never_waits_for_an_announcement(sim: SimulatedCenter) -> None:
    pause_all_but(sim)
    phone = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=phone))
        await phone.until_heard("queue-next")
        await asyncio.sleep(0.7)
        found_at = sim.center.clock.now()
        sim.center.distributor.tell(Resume(AgentNumber("1006")))
    rang = next(heard for heard in phone.log if heard.what == "ringing 1006")
    assert "queue-next" in phone.heard
    assert phone.log[phone.heard.index("queue-next")].at < rang.at
    assert rang.at - found_at == timedelta(seconds=SETUP_SECONDS)


@pytest.mark.parametrize("nanoseconds", [-0.5, 0.0, 0.5])
@pytest.mark.parametrize("turns", range(4))
async def test_an_agent_found_in_the_instant_of_an_announcement_is_not_lost(
    sim: SimulatedCenter, nanoseconds: float, turns: int
) -> None:
    """The timer of the announcement and the offer come together, in every order of the event loop's turns."""
    pause_all_but(sim)
    phone, loop = sim.line(HAPPY), asyncio.get_running_loop()
    found_at = []

    def found(turns_left: int) -> None:
        if turns_left:
            loop.call_soon(found, turns_left - 1)
            return
        found_at.append(sim.center.clock.now())
        sim.center.distributor.tell(Resume(AgentNumber("1006")))

    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=phone))
        await phone.until_heard("music")
        music = phone.log[-1].at
        loop.call_later(30 + nanoseconds * 1e-9, found, turns)
    rang = next(heard for heard in phone.log if heard.what == "ringing 1006")
    assert found_at == [music + timedelta(seconds=30)]
    assert rang.at - found_at[0] == timedelta(seconds=SETUP_SECONDS)
    assert alarms(sim) == []


async def test_the_maximum_wait_ends_the_waiting(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"max_wait_seconds": 100.0})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, HAPPY)
    queued, ended = fact(sim, phone, e.CallQueued), fact(sim, phone, e.CallEnded)
    assert phone.heard[-2:] == ["music", "queue-timeout"]
    assert phone.heard.count("queue-next") == 3
    assert (ended.at - queued.at).total_seconds() == 100 + 2
    assert ending(sim, phone) == ("failed", "nobody answered within the maximum wait")


async def test_without_announcements_only_music_is_heard(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"max_wait_seconds": 300.0, "announce_seconds": 0.0})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, HAPPY)
    assert phone.heard[2:] == ["queue-connecting", "music", "queue-timeout"]


async def test_the_agent_the_caller_spoke_with_last_is_asked_first(sim: SimulatedCenter) -> None:
    first = await sim.call(VIP, HAPPY)
    await asyncio.sleep(60)
    second = await sim.call(VIP, HAPPY)
    assert fact(sim, first, e.CallAnswered).agent == fact(sim, second, e.CallAnswered).agent == "1004"
    offers = [fact(sim, phone, e.CallOffered).why for phone in (first, second)]
    assert offers == ["round_robin", "sticky"]
    assert kinds(sim, second).count("CallAttached") == 1


async def test_a_sticky_agent_who_does_not_answer_is_asked_only_once_before_the_others(sim: SimulatedCenter) -> None:
    await sim.call(VIP, HAPPY)
    await asyncio.sleep(60)
    sim.phones.script("1004", Misses("no_answer"))
    phone = await sim.call(VIP, HAPPY)
    assert [f.agent for f in facts(sim, phone) if isinstance(f, e.CallOffered)] == ["1004", "1005"]


async def test_a_talk_older_than_the_window_is_forgotten(sim: SimulatedCenter) -> None:
    await sim.call(VIP, HAPPY)
    await asyncio.sleep(73 * 3600)
    phone = await sim.call(VIP, HAPPY)
    assert fact(sim, phone, e.CallOffered).why == "round_robin"


async def test_calls_of_one_company_share_the_open_ticket(sim: SimulatedCenter) -> None:
    first, second = await asyncio.gather(sim.call(STANDARD, HAPPY), sim.call(STANDARD, HAPPY))
    (ticket,) = sim.store.tickets
    assert sorted(ticket.calls) == [first.call, second.call]
    sim.store.tickets[0].status = "closed"
    third = await sim.call(STANDARD, HAPPY)
    assert fact(sim, third, e.TicketOpened).ticket == 2


async def test_two_calls_of_the_same_instant_and_one_free_agent(sim: SimulatedCenter) -> None:
    pause_all_but(sim, "1006")
    phones = await asyncio.gather(sim.call(EXPIRED, HAPPY), sim.call(EXPIRED, HAPPY))
    answered = [fact(sim, phone, e.CallAnswered) for phone in phones]
    talks = [fact(sim, phone, e.TalkEnded) for phone in phones]
    wrapped = [fact(sim, phone, e.WrapUpStarted).until for phone in phones]
    assert [a.agent for a in answered] == ["1006", "1006"]
    assert talks[0].at < wrapped[0] <= answered[1].at
    assert sim.phones.rung == ["1006", "1006"]


async def test_a_phone_that_is_lost_while_ringing_is_given_up_at_once(sim: SimulatedCenter) -> None:
    sim.phones.script("1004", Answers(after=60))
    phone = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(VIP, phone=phone))
        await phone.until_heard("ringing 1004")
        sim.phones.lose("1004")
    withdrawn = fact(sim, phone, e.OfferWithdrawn)
    assert (withdrawn.agent, withdrawn.why) == ("1004", "agent_gone")
    assert fact(sim, phone, e.CallAnswered).agent == "1005"
    assert sim.center.distributor.engine.agents[AgentNumber("1004")].state == "unreachable"


async def test_a_phone_that_is_on_another_call_is_not_rung(sim: SimulatedCenter) -> None:
    sim.center.distributor.tell(PhoneIs(AgentNumber("1004"), "busy"))
    sim.center.distributor.tell(PhoneIs(AgentNumber("1005"), "unreachable"))
    await sim.call(VIP, HAPPY)
    assert sim.phones.rung == ["1001"]


async def test_an_agent_who_logs_out_while_talking_gets_no_next_call(sim: SimulatedCenter) -> None:
    pause_all_but(sim, "1006")
    sim.configure(renewals={"max_wait_seconds": 90.0})
    first, second = sim.line(HAPPY), sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=first))
        group.create_task(sim.call(EXPIRED, phone=second))
        await first.until_heard("talking 1006")
        sim.center.distributor.tell(LogOut(AgentNumber("1006")))
    assert ending(sim, first)[0] == "answered"
    assert ending(sim, second)[0] == "failed"


async def test_who_misses_three_in_a_row_is_paused(sim: SimulatedCenter) -> None:
    pause_all_but(sim, "1006")
    sim.configure(renewals={"max_wait_seconds": 200.0})
    sim.phones.script("1006", *[Misses("no_answer")] * 9)
    phone = await sim.call(EXPIRED, HAPPY)
    assert sim.phones.rung == ["1006"] * 3
    assert kinds(sim, phone).count("OfferMissed") == 3
    assert sim.center.distributor.engine.agents[AgentNumber("1006")].pause_reason == "missed_calls"
    assert ending(sim, phone)[0] == "failed"


async def test_the_maximum_wait_holds_while_offers_keep_failing(sim: SimulatedCenter) -> None:
    pause_all_but(sim, "1006")
    sim.configure(renewals={"misses_before_pause": 0, "max_wait_seconds": 60.0})
    sim.phones.script("1006", *[Misses("no_answer")] * 10)
    phone = await sim.call(EXPIRED, HAPPY)
    waited = fact(sim, phone, e.CallEnded).at - fact(sim, phone, e.CallQueued).at
    assert waited.total_seconds() <= 60 + 20 + 3  # a ring that began in time may end
    assert ending(sim, phone)[0] == "failed"


async def test_a_phone_that_fails_at_once_is_not_dialed_without_a_pause(sim: SimulatedCenter) -> None:
    pause_all_but(sim, "1006")
    sim.configure(renewals={"misses_before_pause": 0})
    sim.phones.script("1006", *[Misses("unreachable")] * 500)
    phone = sim.line(HAPPY)
    asyncio.get_running_loop().call_later(25, phone.hangs_up)
    await sim.call(EXPIRED, phone=phone)
    assert kinds(sim, phone).count("CallOffered") <= 25
    await asyncio.sleep(2)  # the pause after the last one


async def test_a_day_of_calls_leaves_nothing_behind(sim: SimulatedCenter) -> None:
    """300 callers through the whole way, some of them giving up, with one person in four not answering at first."""
    for agent in ("1001", "1002", "1003"):
        sim.phones.script(agent, *[Answers(talk=40), Misses(), Answers(talk=15), Answers(3, 90)] * 20)

    async def caller(number: int) -> None:
        await asyncio.sleep(number * 11)
        phone = sim.line(CallerScript({"menu-main": ("0",), "survey-ask": ("4",)}))
        if number % 7 == 0:
            asyncio.get_running_loop().call_later(20 + number % 50, phone.hangs_up)
        await sim.call((STANDARD, VIP, EXPIRED)[number % 3], phone=phone)

    await asyncio.gather(*(caller(number) for number in range(300)))
    outcomes = [record.outcome for record in sim.store.calls.values()]
    assert len(outcomes) == 300
    assert set(outcomes) <= {"answered", "abandoned", "failed"}
    assert outcomes.count("answered") > 200
    assert alarms(sim) == []
