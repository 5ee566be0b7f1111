"""queue, transfer, voice_message, callback, survey, subflow, route: where the call goes, and how it comes back."""

import asyncio
from pathlib import Path

import pytest
from flows import nodes_of, use_flows, use_rules
from journeys import HAPPY, STANDARD, VIP, alarms, ending, fact, facts, kinds, pause_all_but

from contactcenter import events as e
from contactcenter.acd.inputs import LogOut, Resume
from contactcenter.ids import AgentNumber
from contactcenter.simulator.agents import Answers, Misses
from contactcenter.simulator.caller import CallerScript, HangUp
from contactcenter.simulator.center import SimulatedCenter, simulated_center

QUEUE = """
  start: {{type: queue, queue: vip, priority: 4{more}}}
  rate: {{type: survey, next: thanks}}
  thanks: {{type: hangup, prompt: renewals-offer}}
"""


async def test_a_queue_without_a_word_ends_with_the_survey(sim: SimulatedCenter) -> None:
    use_flows(sim, main="  start: {type: queue, queue: vip, priority: 4}\n")
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.heard[-2:] == ["survey-ask (cut)", "survey-thanks"]
    queued = fact(sim, phone, e.CallQueued)
    assert (queued.queue, queued.priority) == ("vip", 4)
    assert "CallRouted" not in kinds(sim, phone)


async def test_the_flow_goes_on_after_the_conversation(sim: SimulatedCenter) -> None:
    use_flows(sim, main=QUEUE.format(more=", then: rate"))
    phone = await sim.call(STANDARD, HAPPY)
    talk = phone.heard.index("talking 1004")
    assert phone.heard[talk + 1 :] == ["survey-ask (cut)", "survey-thanks", "renewals-offer"]
    assert kinds(sim, phone).count("SurveyAnswered") == 1
    assert ending(sim, phone) == ("answered", "")


async def test_a_survey_before_any_conversation_is_passed_over(sim: SimulatedCenter) -> None:
    use_flows(sim, main="  start: {type: survey, next: bye}\n  bye: {type: hangup, prompt: goodbye}\n")
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.heard == ["goodbye"]


async def test_somebody_is_asked_first_by_a_rule_who_is_no_member(sim: SimulatedCenter) -> None:
    use_flows(sim, main="  start: {type: route}\n")
    use_rules(sim, {"name": "x", "queue": "vip", "first": ["1006"]})
    assert fact(sim, await sim.call(VIP, HAPPY), e.CallAnswered).agent == "1006"


@pytest.mark.parametrize("first", ['"1006"', "ticket_owner", "last_agent"])
async def test_somebody_is_asked_first_who_is_no_member(sim: SimulatedCenter, first: str) -> None:
    use_flows(sim, main="  start: {type: queue, queue: renewals}\n")
    pause_all_but(sim, "1006")
    before = await sim.call(VIP, HAPPY)
    assert fact(sim, before, e.CallAnswered).agent == "1006"
    for agent in sim.center.configuration.agents:
        sim.center.distributor.tell(Resume(agent))
    use_flows(sim, main=f"  start: {{type: queue, queue: vip, first: [{first}]}}\n")
    phone = await sim.call(VIP, HAPPY)
    assert fact(sim, phone, e.CallAnswered).agent == "1006"


async def test_who_is_asked_first_and_not_there_leaves_it_to_the_queue(sim: SimulatedCenter) -> None:
    sim.center.distributor.tell(LogOut(AgentNumber("1006")))
    use_flows(sim, main='  start: {type: queue, queue: vip, first: ["1006"]}\n')
    phone = await sim.call(VIP, HAPPY)
    assert fact(sim, phone, e.CallAnswered).agent in {"1004", "1005"}


TRANSFER = """
  start: {{type: transfer, to: "13900000000", seconds: 20{more}}}
"""


async def test_a_transfer_to_a_number_outside(sim: SimulatedCenter) -> None:
    use_flows(sim, main=TRANSFER.format(more=""))
    sim.phones.script("13900000000", Answers(after=3, talk=12))
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.heard[0] == "transfer-connecting"
    assert fact(sim, phone, e.TalkEnded).talk_seconds == 12.0
    assert fact(sim, phone, e.SurveyAnswered).agent == "13900000000"
    assert ending(sim, phone) == ("answered", "")


@pytest.mark.parametrize(("more", "heard"), [(", failed: bye", "goodbye"), ("", "queue-timeout")])
async def test_a_transfer_that_nobody_answers(sim: SimulatedCenter, more: str, heard: str) -> None:
    more_nodes = "  bye: {type: hangup, prompt: goodbye}\n" if more else ""
    use_flows(sim, main=TRANSFER.format(more=more) + more_nodes)
    sim.phones.script("13900000000", Misses("busy"))
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.heard[-1] == heard
    assert alarms(sim) == []


async def test_an_agent_who_was_called_by_a_transfer_can_hand_the_caller_over(sim: SimulatedCenter) -> None:
    """The call came through no queue: it waits in one of the other agent's."""
    use_flows(sim, main='  start: {type: transfer, to: "1002"}\n')
    sim.phones.script("1002", Answers(after=1, talk=60))
    phone = sim.line(HAPPY)
    async with asyncio.TaskGroup() as group:
        group.create_task(sim.call(STANDARD, phone=phone))
        await phone.until_heard("talking 1002")
        sim.phones.transfer("1002", "1006")
    assert [f.agent for f in facts(sim, phone) if isinstance(f, e.TalkEnded)] == ["1002", "1006"]
    assert fact(sim, phone, e.CallQueued).queue == "renewals"
    assert ending(sim, phone) == ("answered", "")


async def test_a_voice_message(tmp_path: Path) -> None:
    async with simulated_center(recordings=tmp_path) as sim:
        use_flows(sim, main="  start: {type: voice_message}\n")
        phone = await sim.call(STANDARD, HAPPY)
        assert phone.heard == ["voice-message-ask", "recording", "voice-message-thanks"]
        assert ending(sim, phone) == ("voice_message", "")
        assert "TicketOpened" in kinds(sim, phone)


async def test_a_callback_and_a_withheld_number(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main="""
  start: {type: callback, queue: vip, priority: 2, withheld: bye}
  bye: {type: hangup, prompt: callback-no-number}
""",
    )
    withheld = await sim.call("", HAPPY)
    assert withheld.heard == ["callback-no-number"]
    pause_all_but(sim)
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.heard == ["callback-confirmed"]
    requested = fact(sim, phone, e.CallbackRequested)
    assert (requested.queue, requested.priority, requested.number) == ("vip", 2, STANDARD)
    assert ending(sim, phone) == ("callback", "")
    sim.switchboard.script(STANDARD, [Answers(after=3)], HAPPY)
    sim.center.distributor.tell(Resume(AgentNumber("1004")))
    while sim.center.callbacks.open:
        await asyncio.sleep(10)
    assert fact(sim, phone, e.CallbackEnded).outcome == "answered"


async def test_a_subflow_comes_back_where_it_was_entered(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main="""
  start: {type: subflow, flow: greeting, next: again}
  again: {type: subflow, flow: greeting, next: bye}
  bye: {type: hangup, prompt: goodbye}
""",
        greeting="  start: {type: play, prompt: welcome, next: end}\n  end: {type: return}\n",
    )
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.heard == ["welcome", "welcome", "goodbye"]
    assert nodes_of(sim, phone) == [
        "main/start",
        "greeting/start",
        "greeting/end",
        "main/again",
        "greeting/start",
        "greeting/end",
        "main/bye",
    ]
    assert [f.flow for f in facts(sim, phone) if isinstance(f, e.FlowStarted)] == ["main", "greeting", "greeting"]


async def test_the_end_of_the_hotlines_flow_is_the_rules(sim: SimulatedCenter) -> None:
    use_flows(sim, main="  start: {type: done}\n")
    phone = await sim.call(VIP, HAPPY)
    assert fact(sim, phone, e.CallRouted).queue == "vip"


async def test_a_rule_plays_its_prompt_and_asks_somebody_first(sim: SimulatedCenter) -> None:
    use_rules(sim, {"name": "one", "queue": "vip", "prompt": "renewals-offer", "first": ["1006"], "priority": 7})
    phone = await sim.call(VIP, HAPPY)
    assert phone.heard[phone.heard.index("menu-main (cut)") + 1] == "renewals-offer"
    assert fact(sim, phone, e.CallAnswered).agent == "1006"
    assert fact(sim, phone, e.CallQueued).priority == 7


async def test_a_rule_leads_to_a_flow(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main="  start: {type: subflow, flow: inner, next: never}\n  never: {type: hangup, prompt: closed}\n",
        inner="  start: {type: route}\n",
        night="  start: {type: play, prompt: welcome, next: end}\n  end: {type: hangup, prompt: goodbye}\n",
    )
    use_rules(sim, {"name": "night", "flow": "night"})
    phone = await sim.call(VIP, HAPPY)
    assert phone.heard == ["welcome", "goodbye"]
    routed = fact(sim, phone, e.CallRouted)
    assert (routed.queue, routed.flow, routed.rule) == ("", "night", "night")


async def test_rules_and_flows_in_a_circle_end_in_the_fallback(sim: SimulatedCenter) -> None:
    use_flows(sim, main="  start: {type: route}\n")
    use_rules(sim, {"name": "round", "flow": "main"})
    phone = await sim.call(VIP, HAPPY)
    assert phone.ended_by == "fallback"
    assert ending(sim, phone) == ("failed", "the rule round leads in a circle")
    assert alarms(sim) == ["flow_circle"]


async def test_a_flow_that_runs_by_itself_ends_in_the_fallback(sim: SimulatedCenter) -> None:
    """The checker refuses it; whatever slips through must not spin."""
    flows = use_flows(sim, main="  start: {type: set, values: {a: b}, next: bye}\n  bye: {type: hangup}\n")
    node = flows["main"].nodes["start"]
    flows["main"].nodes["start"] = node.model_copy(update={"next": "start"})
    phone = await sim.call(VIP, HAPPY)
    assert phone.ended_by == "fallback"
    assert alarms(sim) == ["flow_circle"]
    assert kinds(sim, phone).count("NodeEntered") == 500


async def test_subflows_that_enter_each_other_end_in_the_fallback(sim: SimulatedCenter) -> None:
    flows = use_flows(
        sim,
        main="  start: {type: subflow, flow: other, next: bye}\n  bye: {type: hangup}\n",
        other="  start: {type: hangup}\n",
    )
    flows["other"].nodes["start"] = flows["main"].nodes["start"]
    flows["other"].nodes["bye"] = flows["main"].nodes["bye"]
    phone = await sim.call(VIP, HAPPY)
    assert phone.ended_by == "fallback"
    assert alarms(sim) == ["flow_circle"]


async def test_no_rule_at_all_may_have_a_way_of_its_own(sim: SimulatedCenter) -> None:
    use_flows(sim, main="  start: {type: route, otherwise: bye}\n  bye: {type: hangup, prompt: goodbye}\n")
    use_rules(sim)
    phone = await sim.call(VIP, HAPPY)
    assert phone.heard == ["goodbye"]
    routed = fact(sim, phone, e.CallRouted)
    assert (routed.rule, routed.queue, routed.flow, routed.tried) == ("", "", "", ())


async def test_a_call_under_way_keeps_its_flows(sim: SimulatedCenter) -> None:
    old = "  start: {type: play, prompt: welcome, next: other}\n  other: {type: hangup, prompt: goodbye}\n"
    use_flows(sim, main=old)
    sim.center.bus.subscribe(
        lambda happened: (
            use_flows(sim, main="  start: {type: hangup, prompt: closed}\n")
            if isinstance(happened, e.NodeEntered) and happened.node == "start"
            else None
        )
    )
    assert (await sim.call(VIP, HAPPY)).heard == ["welcome", "goodbye"]
    assert (await sim.call(VIP, CallerScript())).heard == ["closed"]


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_past_is_looked_up_only_where_a_rule_asks_for_it(sim: SimulatedCenter, wanted: bool) -> None:
    sim.store.failing.add("past")
    use_flows(sim, main="  start: {type: route}\n")
    use_rules(sim, {"name": "one", "queue": "vip", "when": {"open_ticket": False} if wanted else {}})
    phone = await sim.call(VIP, HAPPY)
    assert (alarms(sim) == ["lookup_failed"]) is wanted
    assert ending(sim, phone)[0] == "answered"


async def test_both_conversations_of_a_flow_that_goes_on_are_in_the_recording(tmp_path: Path) -> None:
    async with simulated_center(recordings=tmp_path) as sim:
        use_flows(sim, main="  start: {type: queue, queue: vip, then: more}\n  more: {type: queue, queue: renewals}\n")
        phone = await sim.call(VIP, HAPPY)
        talks = [f.talk_seconds for f in facts(sim, phone) if isinstance(f, e.TalkEnded)]
        assert len(talks) == 2
        assert fact(sim, phone, e.RecordingSaved).seconds == sum(talks)


async def test_a_transfer_that_nobody_answers_leaves_no_recording_on(sim: SimulatedCenter) -> None:
    """The queue that comes next records nothing."""
    sim.configure(renewals={"record": False})
    use_flows(sim, main=TRANSFER.format(more=", failed: more") + "  more: {type: queue, queue: renewals}\n")
    sim.phones.script("13900000000", Misses("busy"))
    phone = await sim.call(VIP, HAPPY)
    assert ending(sim, phone) == ("answered", "")
    assert "RecordingSaved" not in kinds(sim, phone)


@pytest.mark.parametrize(
    "after", ["{type: queue, queue: renewals}", "{type: callback, queue: renewals}", "{type: route}"]
)
async def test_nothing_follows_a_conversation_that_the_caller_ended(sim: SimulatedCenter, after: str) -> None:
    """They would be called back though they are done, or counted as one who gave up waiting."""
    use_flows(sim, main=f"  start: {{type: queue, queue: vip, then: more}}\n  more: {after}\n")
    phone = await sim.call(VIP, CallerScript(hang_up=HangUp("talking", 9)))
    assert kinds(sim, phone)[-4:] == ["TalkEnded", "WrapUpStarted", "CallEnded", "RecordingSaved"]
    assert ending(sim, phone) == ("answered", "the caller hung up")
    assert sim.center.callbacks.open == {}


async def test_a_call_that_was_answered_stays_so_whatever_comes_of_it_later(sim: SimulatedCenter) -> None:
    """The second queue is full: the caller hears an apology, but somebody spoke with them."""
    sim.configure(renewals={"accepting": False})
    use_flows(sim, main="  start: {type: queue, queue: vip, then: more}\n  more: {type: queue, queue: renewals}\n")
    phone = await sim.call(VIP, HAPPY)
    assert "queue-closed" in phone.heard
    assert ending(sim, phone) == ("answered", "the queue is closed")
