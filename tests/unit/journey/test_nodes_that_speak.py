"""play, say, set, language, hangup: what the caller hears."""

from dataclasses import replace

import pytest
from flows import nodes_of, use_flows
from journeys import HAPPY, STANDARD, ending, fact, kinds

from contactcenter import events as e
from contactcenter.simulator.center import SimulatedCenter


async def test_several_prompts_are_played_in_their_order(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main="""
  start: {type: play, prompt: [welcome, menu-failed], next: bye}
  bye: {type: hangup, prompt: goodbye}
""",
    )
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.heard == ["welcome", "menu-failed", "goodbye"]
    assert ending(sim, phone) == ("refused", "ended by the flow")


async def test_a_language_holds_for_the_rest_of_the_call(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main="""
  start: {type: language, language: en, next: amount}
  amount: {type: say, say: money, value: "12.50", next: again}
  again: {type: language, language: zh, next: amount2}
  amount2: {type: say, say: money, value: "12.50", next: bye}
  bye: {type: hangup}
""",
    )
    phone = await sim.call(STANDARD, HAPPY)
    words = [word.removeprefix("digits/") for word in phone.heard]
    assert words == ["12", "yuan", "50", "fen", "10", "2", "yuan", "5", "jiao"]
    assert phone.language == "zh"


async def test_variables_of_the_call_and_of_the_flow_are_spoken(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main="""
  start: {type: set, values: {doubled: "{company_id}{company_id}", day: "{service_until}"}, next: id}
  id: {type: say, say: digits, value: "{doubled}", next: day}
  day: {type: say, say: date, value: "{day}", next: bye}
  bye: {type: hangup}
""",
    )
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.heard[:2] == ["digits/2", "digits/2"]
    assert phone.heard[2:6] == ["digits/2", "digits/0", "digits/2", "digits/6"]
    assert phone.heard[-1] == "digits/day"


@pytest.mark.parametrize(("failed", "heard"), [(", failed: sorry", ["menu-failed"]), ("", ["goodbye"])])
async def test_what_can_not_be_spoken_goes_another_way(sim: SimulatedCenter, failed: str, heard: list[str]) -> None:
    use_flows(
        sim,
        main=f"""
  start: {{type: set, values: {{balance: unknown}}, next: say}}
  say: {{type: say, say: money, value: "{{balance}}", next: bye{failed}}}
  bye: {{type: hangup, prompt: goodbye}}
"""
        + ("  sorry: {type: hangup, prompt: menu-failed}\n" if failed else ""),
    )
    assert (await sim.call(STANDARD, HAPPY)).heard == heard


async def test_the_hours_of_another_calendar(sim: SimulatedCenter) -> None:
    use_flows(
        sim,
        main="""
  start: {type: hours, calendar: workdays, open: work, closed: night}
  work: {type: hangup, prompt: goodbye}
  night: {type: hangup, prompt: closed}
""",
    )
    never = replace(sim.center.configuration.calendars["workdays"], weekly=((),) * 7)
    for calendar, prompt, why in (
        (sim.center.configuration.calendars["workdays"], "goodbye", "ended by the flow"),
        (never, "closed", "closed"),
    ):
        sim.center.configuration = replace(
            sim.center.configuration, calendars={**sim.center.configuration.calendars, "workdays": calendar}
        )
        phone = await sim.call(STANDARD, HAPPY)
        assert phone.heard == [prompt]
        assert ending(sim, phone) == ("refused", why)
        assert fact(sim, phone, e.HoursChecked).calendar == "workdays"


async def test_the_flow_and_its_version_are_noted(sim: SimulatedCenter) -> None:
    use_flows(sim, main="  start: {type: hangup, prompt: goodbye}\n")
    phone = await sim.call(STANDARD, HAPPY)
    started = fact(sim, phone, e.FlowStarted)
    assert (started.flow, started.version) == ("main", 1)
    assert nodes_of(sim, phone) == ["main/start"]
    assert kinds(sim, phone) == ["CallArrived", "FlowStarted", "NodeEntered", "CallEnded"]
