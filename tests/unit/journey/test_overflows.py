"""What becomes of calls that a queue can't serve: full, closed, nobody logged in, the wait too long."""

import asyncio
from pathlib import Path

import pytest
from journeys import EXPIRED, HAPPY, VIP, alarms, ending, fact, facts, kinds, pause_all_but

from contactcenter import events as e
from contactcenter.acd.inputs import LogOut, Resume
from contactcenter.errors import BadInput, NotFound
from contactcenter.ids import AgentNumber, QueueName
from contactcenter.recording.recorder import Recorder
from contactcenter.simulator.agents import Answers, Misses
from contactcenter.simulator.caller import CallerScript, HangUp
from contactcenter.simulator.center import SimulatedCenter


async def test_a_wait_that_is_too_long_goes_on_in_another_queue_with_the_place_it_has(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"max_wait_seconds": 60.0, "overflow_timeout": "queue:support"})
    pause_all_but(sim, "1001")
    sim.configure(support={"max_wait_seconds": 600.0})
    phone = await sim.call(EXPIRED, HAPPY)
    first, second = [f for f in facts(sim, phone) if isinstance(f, e.CallQueued)]
    overflowed = fact(sim, phone, e.CallOverflowed)
    assert (overflowed.queue, overflowed.to, overflowed.why) == ("renewals", "queue:support", "max_wait")
    assert (second.queue, second.since) == ("support", first.at)
    assert "queue-overflow" in phone.heard
    assert fact(sim, phone, e.CallAnswered).agent == "1001"
    assert ending(sim, phone) == ("answered", "")


async def test_queues_that_overflow_in_a_circle_end(sim: SimulatedCenter) -> None:
    sim.configure(
        renewals={"max_wait_seconds": 20.0, "overflow_timeout": "queue:support"},
        support={"max_wait_seconds": 20.0, "overflow_timeout": "queue:renewals"},
    )
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, HAPPY)
    assert [f.queue for f in facts(sim, phone) if isinstance(f, e.CallQueued)] == ["renewals", "support"]
    assert phone.heard[-1] == "queue-timeout"
    assert ending(sim, phone)[0] == "failed"


@pytest.mark.parametrize(
    ("settings", "prompt", "outcome", "why"),
    [
        ({"accepting": False}, "queue-closed", "refused", "the queue is closed"),
        ({"max_length": 1}, "queue-full", "refused", "the queue is full"),
    ],
)
async def test_a_queue_that_takes_nobody_in_says_so(
    sim: SimulatedCenter, settings: dict, prompt: str, outcome: str, why: str
) -> None:
    pause_all_but(sim)
    waiting = sim.line()
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=waiting))
        await waiting.until_heard("music")
        sim.configure(renewals=settings)
        phone = await sim.call(EXPIRED, HAPPY)
        waiting.hangs_up()
    assert phone.heard[-1] == prompt
    assert ending(sim, phone) == (outcome, why)
    assert "CallQueued" not in kinds(sim, phone)
    assert ending(sim, waiting)[0] == "abandoned"


async def test_a_closed_queue_serves_those_who_wait(sim: SimulatedCenter) -> None:
    pause_all_but(sim)
    waiting = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=waiting))
        await waiting.until_heard("music")
        sim.configure(renewals={"accepting": False})
        sim.center.distributor.tell(Resume(AgentNumber("1006")))
    assert ending(sim, waiting)[0] == "answered"


async def test_the_last_agent_who_logs_out_sends_those_who_wait_away(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"overflow_no_agents": "hang_up"})
    pause_all_but(sim)
    phone = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=phone))
        await phone.until_heard("music")
        sim.center.distributor.tell(LogOut(AgentNumber("1006")))
        assert not phone.ended_by
        sim.center.distributor.tell(LogOut(AgentNumber("1003")))
    assert phone.heard[-1] == "queue-no-agents"
    assert ending(sim, phone) == ("failed", "no agent is logged in")


async def test_nobody_answers_so_the_duty_manager_does(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"max_wait_seconds": 30.0, "overflow_timeout": "number:13911110000"})
    pause_all_but(sim)
    sim.phones.script("13911110000", Answers(after=4, talk=20))
    phone = await sim.call(EXPIRED, HAPPY)
    assert "talking 13911110000" in phone.heard
    assert fact(sim, phone, e.CallAnswered).agent == "13911110000"
    assert fact(sim, phone, e.TicketOpened).assignee == ""
    assert fact(sim, phone, e.TalkEnded).talk_seconds == 20.0
    assert fact(sim, phone, e.RecordingSaved).seconds == 20.0
    assert ending(sim, phone)[0] == "answered"


async def test_a_queue_removed_while_a_call_waits_sends_it_on(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"overflow_timeout": "number:13911110000", "record": False})
    pause_all_but(sim)
    phone = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=phone))
        await phone.until_heard("music")
        del sim.center.configuration.queues[QueueName("renewals")]
        sim.configure()
    assert fact(sim, phone, e.CallOverflowed).why == "queue_removed"
    assert fact(sim, phone, e.CallAnswered).agent == "13911110000"
    assert "RecordingSaved" not in kinds(sim, phone)
    assert alarms(sim) == []


async def test_the_duty_manager_does_not_answer_either(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"max_wait_seconds": 30.0, "overflow_timeout": "number:13911110000"})
    pause_all_but(sim)
    sim.phones.script("13911110000", Misses("busy"))
    phone = await sim.call(EXPIRED, HAPPY)
    assert phone.heard[-1] == "queue-timeout"
    assert ending(sim, phone) == ("failed", "13911110000 did not answer: busy")


@pytest.mark.parametrize("hangs_up", [False, True])
async def test_a_message_is_left_and_becomes_a_ticket(sim: SimulatedCenter, tmp_path: Path, hangs_up: bool) -> None:
    sim.center.recorder = Recorder(tmp_path)
    sim.configure(renewals={"max_wait_seconds": 30.0, "overflow_timeout": "voice_message"})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, CallerScript(hang_up=HangUp("recording", 4) if hangs_up else None, message=8))
    left = fact(sim, phone, e.VoiceMessageLeft)
    assert left.seconds == (4.0 if hangs_up else 8.0)
    assert (tmp_path / left.path).exists()
    assert fact(sim, phone, e.TicketOpened).assignee == ""
    assert ending(sim, phone) == ("voice_message", "")
    assert ("voice-message-thanks" in phone.heard) is not hangs_up
    assert "CallAbandoned" not in kinds(sim, phone)


async def test_a_silent_message_is_none(sim: SimulatedCenter, tmp_path: Path) -> None:
    sim.center.recorder = Recorder(tmp_path)
    sim.configure(renewals={"max_wait_seconds": 30.0, "overflow_timeout": "voice_message"})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, CallerScript(message=0.2))
    assert phone.heard[-1] == "voice-message-empty"
    assert "VoiceMessageLeft" not in kinds(sim, phone)
    assert list(tmp_path.rglob("*message.wav")) == []


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"overflow_timeout": "queue:sales"}, "there is no other queue sales"),
        ({"overflow_timeout": "queue:renewals"}, "there is no other queue renewals"),
        ({"overflow_full": "fly"}, "nothing that can be done with a call"),
        ({"overflow_timeout": ""}, "nothing that can be done with a call"),
        ({"overflow_closed": "number:1;reboot"}, "is no phone number"),
        ({"callback": "sometimes"}, "callback can't be sometimes"),
    ],
)
async def test_an_overflow_that_can_not_be_is_refused(sim: SimulatedCenter, settings: dict, line: str) -> None:
    before = sim.center.queue("renewals")
    with pytest.raises((BadInput, NotFound), match=line):
        sim.configure(renewals=settings)
    assert sim.center.queue("renewals") == before
    assert alarms(sim) == []


async def test_a_handed_over_caller_is_first_and_comes_back_to_the_queue(sim: SimulatedCenter) -> None:
    """1004 hands over to 1005, who does not answer: 1001 of the same queue does. Both who talked have their wrap-up."""
    sim.phones.script("1004", Answers(talk=None))
    sim.phones.script("1005", Misses())
    sim.configure(vip={"wrap_up_seconds": 60.0})
    phone = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(VIP, phone=phone))
        await phone.until_heard("talking 1004")
        await asyncio.sleep(12)
        sim.phones.transfer("1004", "1005")
        await asyncio.sleep(0.1)
        assert sim.center.distributor.engine.agents[AgentNumber("1004")].state == "wrap_up"
    assert (fact(sim, phone, e.CallTransferred).agent, fact(sim, phone, e.CallTransferred).to) == ("1004", "1005")
    assert [f.agent for f in facts(sim, phone) if isinstance(f, e.CallOffered)] == ["1004", "1005", "1001"]
    assert [f.why for f in facts(sim, phone) if isinstance(f, e.CallOffered)] == [
        "round_robin",
        "sticky",
        "round_robin",
    ]
    assert [(f.agent, f.by) for f in facts(sim, phone) if isinstance(f, e.TalkEnded)] == [
        ("1004", "agent"),
        ("1001", "agent"),
    ]
    wrapped = [f.agent for f in sim.facts if isinstance(f, e.WrapUpStarted)]
    assert wrapped == ["1004", "1001"]
    record = sim.store.calls[phone.call]
    assert (record.agent, record.talk_seconds, record.outcome, record.rating) == ("1001", 42.0, "answered", 5)
    assert kinds(sim, phone).count("CallEnded") == 1


async def test_a_caller_who_hangs_up_while_being_handed_over(sim: SimulatedCenter) -> None:
    sim.phones.script("1004", Answers(talk=None))
    sim.phones.script("1005", Answers(after=15))
    phone = sim.line(CallerScript(HAPPY.keys, hang_up=HangUp("ringing 1005", 3)))
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(VIP, phone=phone))
        await phone.until_heard("talking 1004")
        sim.phones.transfer("1004", "1005")
    assert ending(sim, phone) == ("answered", "the caller hung up")
    assert kinds(sim, phone).count("CallAnswered") == 1


async def test_a_number_that_may_not_be_called_is_one_that_does_not_answer(sim: SimulatedCenter) -> None:
    sim.configure(renewals={"max_wait_seconds": 20.0, "overflow_timeout": "number:+85223456789"})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, HAPPY)
    assert ending(sim, phone) == ("failed", "+85223456789 did not answer: failed")
    assert phone.heard[-1] == "queue-timeout"
    assert "+85223456789" not in sim.phones.rung
    (alarm,) = [f for f in sim.facts if isinstance(f, e.AlarmRaised)]
    assert (alarm.name, alarm.call) == ("outbound_refused", phone.call)
    assert alarm.detail == "+85223456789 is not in [outbound] allowed_prefixes of contactcenter.toml (CN)"
