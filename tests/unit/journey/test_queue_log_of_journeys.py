"""The queue_log of whole journeys: each wait begins once and ends once, in the order that app_queue writes."""

import asyncio
from collections.abc import Iterator

import pytest
from journeys import EXPIRED, HAPPY, VIP, pause_all_but

from contactcenter.acd import holding
from contactcenter.acd.inputs import LogOut, Resume
from contactcenter.ids import AgentNumber
from contactcenter.reports.queue_log import QueueLog
from contactcenter.simulator.agents import Answers, Misses
from contactcenter.simulator.caller import CallerScript, HangUp, Press
from contactcenter.simulator.center import SimulatedCenter

ENDS = {"CONNECT", "ABANDON", "EXITWITHTIMEOUT", "EXITWITHKEY", "EXITEMPTY"}
AGENT = AgentNumber("1006")


class Written:
    def __init__(self, sim: SimulatedCenter) -> None:
        engine, callbacks = sim.center.distributor.engine, sim.center.callbacks
        self.lines: list[str] = []
        self.log = QueueLog(
            lambda agent: tuple(engine.agents[agent].levels),
            lambda call: callbacks.open[call].number if call in callbacks.open else "",
        )
        sim.center.bus.subscribe(lambda fact: self.lines.extend(self.log.lines(fact)))

    def of(self, call: str) -> list[str]:
        """Queue, agent, event and data of a call's lines, without those of its times that chance decides."""
        return [line.split("|", 2)[2] for line in self.lines if line.split("|")[1] == call]

    def events(self, call: str) -> list[str]:
        return [f"{agent.removeprefix('PJSIP/')} {event}" for _, agent, event, *_ in self._fields(call)]

    def _fields(self, call: str) -> list[list[str]]:
        return [line.split("|") for line in self.of(call)]


@pytest.fixture
def written(sim: SimulatedCenter) -> Iterator[Written]:
    """Afterwards: time never runs back, waits that began have ended, and nothing of any call is remembered."""
    it = Written(sim)
    yield it
    times = [int(line.split("|")[0]) for line in it.lines]
    assert times == sorted(times)
    for call in {line.split("|")[1] for line in it.lines} - {"NONE", "MANAGER"}:
        events = [event.split(" ")[1] for event in it.events(call)]
        began = events.count("ENTERQUEUE")
        assert began == sum(events.count(end) for end in ENDS) - events.count("AGENTDUMP"), events
    assert (it.log._calls, it.log._line_of) == ({}, {})


async def test_answered_after_a_miss(sim: SimulatedCenter, written: Written) -> None:
    sim.phones.script("1004", Misses())
    sim.phones.script("1005", Answers(after=2, talk=30))
    phone = await sim.call(VIP, HAPPY)
    enter, missed, connect, complete = written.of(phone.call)
    assert enter == f"vip|NONE|ENTERQUEUE||{VIP}|1"
    assert missed.startswith("vip|PJSIP/1004|RINGNOANSWER|")
    assert int(missed.rpartition("|")[2]) >= 1000
    hold = connect.split("|")[3]
    assert connect == f"vip|PJSIP/1005|CONNECT|{hold}||2"
    assert complete == f"vip|PJSIP/1005|COMPLETEAGENT|{hold}|30|1"


async def test_a_broadcast_names_the_winner_alone(sim: SimulatedCenter, written: Written) -> None:
    sim.configure(vip={"strategy": "broadcast"})
    for number, after in (("1004", 3), ("1005", 2), ("1001", 4)):
        sim.phones.script(number, Answers(after=after))
    phone = await sim.call(VIP, HAPPY)
    assert written.events(phone.call) == ["NONE ENTERQUEUE", "1005 CONNECT", "1005 COMPLETEAGENT"]


async def test_abandoned_while_a_phone_rings(sim: SimulatedCenter, written: Written) -> None:
    pause_all_but(sim, "1006")
    sim.phones.script("1006", Answers(after=15))
    phone = await sim.call(EXPIRED, CallerScript(hang_up=HangUp("ringing 1006", 4)))
    _, canceled, abandoned = written.of(phone.call)
    assert canceled.startswith("renewals|PJSIP/1006|RINGCANCELED|4")
    assert abandoned.startswith("renewals|NONE|ABANDON|1|1|")


async def test_overflow_to_another_queue(sim: SimulatedCenter, written: Written) -> None:
    sim.configure(renewals={"max_wait_seconds": 60.0, "overflow_timeout": "queue:support"})
    pause_all_but(sim, "1001")
    phone = await sim.call(EXPIRED, HAPPY)
    lines = written.of(phone.call)
    assert lines[:2] == [f"renewals|NONE|ENTERQUEUE||{EXPIRED}|1", "renewals|NONE|EXITWITHTIMEOUT|1|1|60"]
    assert [line.split("|")[0] for line in lines[2:]] == ["support"] * 3


async def test_everybody_logs_out(sim: SimulatedCenter, written: Written) -> None:
    sim.configure(renewals={"overflow_no_agents": "hang_up"})
    pause_all_but(sim)
    phone = sim.line(CallerScript())
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(EXPIRED, phone=phone))
        await phone.until_heard("music")
        for number in sim.center.configuration.agents:
            sim.center.distributor.tell(LogOut(number))
    assert written.events(phone.call) == ["NONE ENTERQUEUE", "NONE EXITEMPTY"]
    assert any(line.endswith("|renewals|PJSIP/1006|REMOVEMEMBER|") for line in written.lines)
    assert any(line.endswith("|NONE|NONE|PJSIP/1006|PAUSEALL|lunch") for line in written.lines)


async def test_a_transfer(sim: SimulatedCenter, written: Written) -> None:
    sim.phones.script("1004", Answers(talk=None))
    sim.phones.script("1005", Misses())
    sim.configure(vip={"wrap_up_seconds": 60.0})
    phone = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(VIP, phone=phone))
        await phone.until_heard("talking 1004")
        await asyncio.sleep(12)
        sim.phones.transfer("1004", "1005")
    assert written.events(phone.call) == [
        "NONE ENTERQUEUE",
        "1004 CONNECT",
        "1004 BLINDTRANSFER",
        "NONE ENTERQUEUE",
        "1005 RINGNOANSWER",
        "1001 CONNECT",
        "1001 COMPLETEAGENT",
    ]
    assert written.of(phone.call)[2].startswith("vip|PJSIP/1004|BLINDTRANSFER|1005|transfer|")


@pytest.mark.parametrize("order", ["agent_first", "caller_first"])
async def test_a_callback_that_is_kept_at_the_second_try(sim: SimulatedCenter, written: Written, order: str) -> None:
    settings = {"callback": order, "callback_tries": 2, "callback_retry_seconds": 60.0}
    sim.configure(renewals=settings)
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, CallerScript(press=Press(holding.CALLBACK_KEY, "music", 5)))
    assert written.of(phone.call)[1].startswith("renewals|NONE|EXITWITHKEY|1|1|1|")
    sim.switchboard.script(EXPIRED, [Misses(), Answers(after=3)], CallerScript({"survey-ask": ("4",)}))
    sim.center.distributor.tell(Resume(AGENT))
    await asyncio.sleep(400)
    assert written.events(phone.call) == [
        "NONE ENTERQUEUE",
        "NONE EXITWITHKEY",
        "NONE ENTERQUEUE",
        "1006 CONNECT",
        "1006 COMPLETEAGENT",
    ]
    assert written.of(phone.call)[2] == f"renewals|NONE|ENTERQUEUE||{EXPIRED}|1"


async def test_a_callback_that_nobody_answers(sim: SimulatedCenter, written: Written) -> None:
    sim.configure(renewals={"callback": "agent_first", "callback_tries": 1})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, CallerScript(press=Press(holding.CALLBACK_KEY, "music", 5)))
    sim.switchboard.script(EXPIRED, [Misses()])
    sim.center.distributor.tell(Resume(AGENT))
    await asyncio.sleep(300)
    assert written.events(phone.call) == ["NONE ENTERQUEUE", "NONE EXITWITHKEY"]


async def test_an_agent_who_hangs_up_before_the_customer_of_a_callback_is_there(
    sim: SimulatedCenter, written: Written
) -> None:
    sim.configure(renewals={"callback": "agent_first"})
    pause_all_but(sim)
    phone = await sim.call(EXPIRED, CallerScript(press=Press(holding.CALLBACK_KEY, "music", 5)))
    sim.switchboard.script(EXPIRED, [Answers(after=8)], CallerScript({"survey-ask": ("4",)}))
    sim.center.distributor.tell(Resume(AGENT))
    await asyncio.sleep(4)
    sim.center.distributor.tell(Resume(AgentNumber("1003")))
    sim.phones.hang_up("1006")
    await asyncio.sleep(200)
    assert written.events(phone.call)[2:] == ["NONE ENTERQUEUE", "1003 CONNECT", "1003 COMPLETEAGENT"]
