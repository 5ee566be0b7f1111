"""What the engine can't be told: one clear line each, and nothing is changed."""

import math

import pytest
from desk import Desk, only, queue
from plain import plain

from contactcenter.acd.inputs import CallEnters, Configure, ExtendWrapUp, Input, LogIn, Overflow, Pause
from contactcenter.acd.settings import DistributionSettings, QueueSettings
from contactcenter.acd.strategies import STRATEGIES
from contactcenter.errors import BadInput
from contactcenter.ids import AgentNumber, CallId, QueueName

WRONG = [
    (queue("support", "1001", strategy="linear"), "no strategy linear. Use one of: " + ", ".join(sorted(STRATEGIES))),
    (queue("support", "1001", "1001"), "agent 1001 is a member twice. Keep one."),
    (queue("support", "1999"), "no agent 1999. Add the agent first."),
    (queue("support", ("1001", 0)), "level 0 of agent 1001 is outside 1 to 9."),
    (queue("support", ("1001", 10)), "level 10 of agent 1001 is outside 1 to 9."),
    (queue("support", "1001", ring_seconds=0.5), "ring_seconds must be at least 1."),
    (queue("support", "1001", ring_seconds=-20.0), "ring_seconds is negative. Use 0 or more."),
    (queue("support", "1001", wrap_up_seconds=-1.0), "wrap_up_seconds is negative. Use 0 or more."),
    (queue("support", "1001", max_wait_seconds=-1.0), "max_wait_seconds is negative. Use 0 or more."),
    (queue("support", "1001", announce_seconds=-1.0), "announce_seconds is negative. Use 0 or more."),
    (queue("support", "1001", sticky_hours=-1.0), "sticky_hours is negative. Use 0 or more."),
    (queue("support", "1001", misses_before_pause=-1), "misses_before_pause is negative. Use 0 or more."),
    (queue("support", "1001", wrap_up_seconds=math.nan), "wrap_up_seconds is nan. Use a number, 0 or more."),
    (queue("support", "1001", max_wait_seconds=math.inf), "max_wait_seconds is inf. Use a number, 0 or more."),
    (queue("support", "1001", max_wait_seconds=1e12), "max_wait_seconds is 1e+12. Use 100,000,000 or less."),
    (queue("support", "1001", sticky_hours=1e6), "sticky_hours is 1e+06. Use 100,000 or less."),
    (queue("support", "1001", broadcast_width=-1), "broadcast_width is negative. Use 0 or more."),
    (queue("support", "1001", broadcast_step_seconds=-1.0), "broadcast_step_seconds is negative. Use 0 or more."),
    (queue("support", "1001", relax_seconds=-1.0), "relax_seconds is negative. Use 0 or more."),
    (queue("support", "1001", sticky_wait_seconds=-1.0), "sticky_wait_seconds is negative. Use 0 or more."),
    (queue("support", "1001", redial_seconds=-1.0), "redial_seconds is negative. Use 0 or more."),
    (queue("support", "1001", max_length=-1), "max_length is negative. Use 0 or more."),
    (queue("support", "1001", callback="maybe"), "callback can't be maybe. Use one of: off, agent_first, caller_first"),
    (
        queue("support", "1001", overflow_full="shout"),
        "overflow_full: 'shout' is nothing that can be done with a call.",
    ),
    (
        queue("support", "1001", overflow_timeout=""),
        "overflow_timeout: 'nothing' is nothing that can be done with a call.",
    ),
    (queue("support", "1001", overflow_closed="hang_up:x"), "overflow_closed: 'hang_up:x' is nothing that can be done"),
    (
        queue("support", "1001", overflow_full="queue:"),
        "overflow_full: 'queue:' is nothing that can be done with a call.",
    ),
    (queue("support", "1001", overflow_full="queue:support"), "overflow_full: there is no other queue support."),
    (queue("support", "1001", overflow_no_agents="queue:vip"), "overflow_no_agents: there is no other queue vip."),
    (queue("support", "1001", overflow_timeout="number:12x"), "overflow_timeout: '12x' is no phone number."),
]


@pytest.mark.parametrize(("wrong", "line"), WRONG)
def test_settings_that_cannot_be_are_refused_in_one_line_and_nothing_is_changed(
    wrong: QueueSettings, line: str
) -> None:
    desk = Desk(queue("support", "1001"), queue("vip", "1002"))
    desk.enters("a")
    before = plain(desk.engine)
    with pytest.raises(BadInput) as refused:
        desk.tell(Configure((queue("new"), wrong), ((AgentNumber("1001"), "other name"),)))
    assert str(refused.value).startswith("queue support: ")
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)
    assert plain(desk.engine) == before


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (Configure((queue("a"), queue("a")), ()), "there are two queues a. Keep one."),
        (Configure((), ((AgentNumber("1"), "x"), (AgentNumber("1"), "y"))), "there are two agents 1. Keep one."),
        (
            Configure((), (), DistributionSettings(load_window_seconds=0.0)),
            "distribution: load_window_seconds must be more than 0.",
        ),
        (
            Configure((), (), DistributionSettings(ageing_seconds=-1.0)),
            "distribution: ageing_seconds is negative. Use 0 or more.",
        ),
        (
            CallEnters(CallId("b"), QueueName("support"), 11),
            "priority 11 of call b is outside 0 to 10.",
        ),
        (
            CallEnters(CallId("b"), QueueName("support"), -1),
            "priority -1 of call b is outside 0 to 10.",
        ),
        (CallEnters(CallId("b"), QueueName("sales")), "there is no queue sales. See: contactcenter queue list"),
        (LogIn(AgentNumber("1999")), "there is no agent 1999. See: contactcenter agent list"),
        (ExtendWrapUp(AgentNumber("1001")), "agent 1001 is not in wrap-up."),
    ],
)
def test_what_cannot_be_told_is_refused_in_one_line_and_nothing_is_changed(wrong: Input, line: str) -> None:
    desk = Desk(queue("support", "1001"), queue("vip", "1002"))
    desk.enters("a")
    before = plain(desk.engine)
    with pytest.raises(BadInput) as refused:
        desk.tell(wrong)
    assert str(refused.value) == line
    assert plain(desk.engine) == before


@pytest.mark.parametrize(
    "action", ["queue:vip", "number:+8610086", "number:1001", "voice_message", "callback", "hang_up"]
)
def test_everything_that_can_be_done_with_a_call_can_be_set(action: str) -> None:
    desk = Desk(queue("support", "1001", max_length=1, overflow_full=action), queue("vip"))
    desk.tell(Pause(AgentNumber("1001")))
    desk.enters("a")
    assert only(desk.enters("b"), Overflow).to == action
