"""Lines of Asterisk's queue log and the facts that they tell, as tables."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contactcenter import events as e
from contactcenter.asterisk.fallback_log import FallbackLog
from contactcenter.calls.ports import Meanwhile
from contactcenter.configuration.models import Agent, Configuration, Trunk
from contactcenter.ids import AgentNumber, CallId

ONE, TWO = CallId("1795540400.1"), CallId("1795540400.2")
CONFIGURATION = Configuration(
    agents={AgentNumber("1003"): Agent(AgentNumber("1003"), "杨静")}, trunks={"city": Trunk("city", strip="90")}
)
NONE: Mapping[CallId, datetime] = {}


def at(second: float) -> datetime:
    return datetime.fromtimestamp(1795540400 + second, UTC)


class Log:
    """A log in a folder of its own. Lines are SECOND CALL QUEUE AGENT EVENT DATA..., - for nothing."""

    def __init__(self, folder: Path) -> None:
        self.file, self.mark = folder / "fallback_queue_log", folder / "mark"
        self.reader = self.restarted()

    def restarted(self) -> FallbackLog:
        """What the next controller has."""
        return FallbackLog(self.file, self.mark, configuration=lambda: CONFIGURATION, region="CN")

    def say(self, table: str, end: str = "\n") -> None:
        for row in table.strip().splitlines():
            second, call, queue, agent, event, *data = row.split()
            member = f"PJSIP/{agent}" if agent != "-" else "NONE"
            words = [
                str(1795540400 + int(second)),
                f"1795540400.{call}",
                queue if queue != "-" else "NONE",
                member,
                event,
            ]
            with self.file.open("a") as file:
                file.write("|".join([*words, *(word if word != "-" else "" for word in data)]) + end)

    def told(self, after: Mapping[CallId, datetime] = NONE, call: CallId = ONE) -> Meanwhile:
        return self.reader.read(after)[call]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


ARRIVED = "0 1 - - NOCONTROLLER 4001234567 13800000001 - -"
WAITS = """
    10 1 queue-support - ENTERQUEUE - 13800000001 2
    15 1 queue-support - EXITWITHTIMEOUT 1 2 5
    15 1 queue-support - ENTERQUEUE - 13800000001 1
"""
ANSWERED = "18 1 queue-support 1003 CONNECT 3 1795540418.9 2"

queued = e.CallQueued(at=at(10), call=ONE, queue="support", priority=0, position=2, since=at(0))  # type: ignore[arg-type]


def answered(queue: str = "support", second: float = 18, agent: str = "1003", rang: float = 2.0) -> e.CallAnswered:
    name = "杨静" if agent == "1003" else ""
    return e.CallAnswered(
        at=at(second),
        call=ONE,
        queue=queue,
        agent=AgentNumber(agent),
        agent_name=name,
        ring_seconds=rang,  # type: ignore[arg-type]
    )


def ended(by: e.Party, second: float = 78, seconds: float = 60.0, to: str = "") -> e.TalkEnded:
    return e.TalkEnded(
        at=at(second), call=ONE, agent=AgentNumber("1003"), by=by, talk_seconds=seconds, transferred_to=to
    )


@pytest.mark.parametrize(
    ("table", "facts", "waited"),
    [
        pytest.param("", [], None, id="nothing but the arrival"),
        pytest.param(WAITS, [], queued, id="in the queue, one round after the other: one wait"),
        pytest.param(
            WAITS + "19 1 queue-support - ABANDON 1 1 4", [], queued, id="given up: it is for the end of the call"
        ),
        pytest.param(WAITS + ANSWERED, [queued, answered()], None, id="in a conversation"),
        pytest.param(
            WAITS + ANSWERED + "\n78 1 queue-support 1003 COMPLETECALLER 3 60 1",
            [queued, answered(), ended("caller")],
            None,
            id="the caller hung up",
        ),
        pytest.param(
            WAITS + ANSWERED + "\n78 1 queue-support 1003 COMPLETEAGENT 3 60 1",
            [queued, answered(), ended("agent")],
            None,
            id="the agent hung up",
        ),
        pytest.param(
            WAITS + ANSWERED + "\n78 1 queue-support 1003 BLINDTRANSFER 1004 transfer 3 60 1",
            [
                queued,
                answered(),
                ended("agent", to="1004"),
                e.CallTransferred(at=at(78), call=ONE, agent=AgentNumber("1003"), to="1004"),
            ],
            None,
            id="handed over",
        ),
        pytest.param(
            "20 1 on-call - ENTERQUEUE - 13800000001 1\n24 1 on-call 1009 CONNECT 4 1795540424.9 3",
            [answered("", 24, "1009", 3.0)],
            None,
            id="on-call phones alone: no queue of ours",
        ),
        pytest.param(
            WAITS + "40 1 on-call - ENTERQUEUE - 13800000001 1\n44 1 on-call 1009 CONNECT 4 1795540424.9 3",
            [queued, answered("support", 44, "1009", 3.0)],
            None,
            id="on-call phones after the queue",
        ),
        pytest.param(
            "10 1 bench - ENTERQUEUE - 13800000001 1\n11 2 queue-support 1003 CONNECT 3 1795540418.9 2",
            [],
            None,
            id="a queue of the admin's own, another call",
        ),
    ],
)
def test_what_lines_tell(log: Log, table: str, facts: list[e.CallFact], waited: e.CallQueued | None) -> None:
    log.say(ARRIVED)
    log.say(table)
    told = log.told()
    arrived = e.CallArrived(at=at(0), call=ONE, hotline="4001234567", caller="+8613800000001", raw_caller="13800000001")
    assert list(told.facts) == [arrived, *facts]
    assert told.waited == waited
    assert told.since == at(0)


def test_the_arrival_is_as_the_trunk_sends_it(log: Log) -> None:
    log.say("3 1 - - NOCONTROLLER %2B864001234567 9013800000001 A%7CB%2C%0AC city")
    log.say("3 2 - - NOCONTROLLER 4001234567 - - -")
    (arrived,) = log.told().facts
    assert arrived == e.CallArrived(
        at=at(0),
        call=ONE,
        hotline="+864001234567",
        caller="+8613800000001",
        raw_caller="9013800000001",
        caller_name="A|B,C",
        trunk="city",
    )
    (withheld,) = log.told(call=TWO).facts
    assert (withheld.data()["caller"], withheld.data()["raw_caller"], withheld.data()["caller_name"]) == ("", "", "")


def test_what_is_known_already_does_not_count(log: Log) -> None:
    """The last fact of the call is of half a second later than the line, which has whole seconds."""
    log.say(ARRIVED)
    log.say(WAITS)
    log.say(ANSWERED)
    told = log.told({ONE: at(18.5)})
    assert (told.facts, told.waited, told.since) == ((answered(""),), None, at(18))
    assert ONE not in log.reader.read({ONE: at(19)})


def test_what_is_done_with_is_not_read_again(log: Log) -> None:
    log.say(ARRIVED)
    log.say("1 2 - - NOCONTROLLER 4001234567 13800000002 - -")
    assert log.reader.read(NONE).keys() == {ONE, TWO}
    log.reader.done_but({TWO})
    log.say(WAITS)
    assert log.reader.read(NONE).keys() == {ONE, TWO}
    assert log.restarted().read(NONE).keys() == {ONE, TWO}
    log.reader.done_but(())
    assert log.restarted().read(NONE) == {}
    log.say("90 2 queue-support - ENTERQUEUE - 13800000002 1")
    assert log.restarted().read(NONE).keys() == {TWO}


def test_half_a_line_is_waited_for(log: Log) -> None:
    log.say(ARRIVED)
    log.say(ANSWERED, end="")
    assert len(log.told().facts) == 1
    with log.file.open("a") as file:
        file.write("|\n")
    assert len(log.told().facts) == 2


def test_a_file_that_was_moved_away_is_begun_anew(log: Log, tmp_path: Path) -> None:
    log.say(ARRIVED)
    log.reader.read(NONE)
    log.reader.done_but(())
    log.file.rename(tmp_path / "fallback_queue_log.0")
    assert log.reader.read(NONE) == {}
    log.say("2 2 - - NOCONTROLLER 4001234567 13800000002 - -")
    assert log.reader.read(NONE).keys() == {TWO}
    os.truncate(log.file, 0)
    log.say("2 1 - - NOCONTROLLER 4001234567 1 - -")
    assert log.restarted().read(NONE).keys() == {ONE}


@pytest.mark.parametrize(
    "line",
    ["", "|||||", "1795540400|NONE|NONE|NONE|QUEUESTART|", "1795540400|callback-1.1-ab|NONE|NONE|NOCONTROLLER|||",
     "x|1795540400.1|queue-a|NONE|ENTERQUEUE|", "1795540400|1795540400.1|queue-a", "\udcff\x00|"],
)  # fmt: skip
def test_what_is_no_line_of_a_call_is_passed_over(log: Log, line: str) -> None:
    log.file.write_bytes(line.encode("utf-8", "surrogateescape") + b"\n")
    assert log.reader.read(NONE) == {}


def test_no_file_is_nothing(log: Log) -> None:
    assert log.reader.read(NONE) == {}
