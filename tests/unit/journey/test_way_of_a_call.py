"""The way of a call, step by step, as the caller hears it and as the facts tell it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from journeys import EXPIRED, EXPIRING, HAPPY, STANDARD, STRANGER, VIP, ending, fact, facts, kinds

from contactcenter import events as e
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.nodes.hangup import HangUp as HangUpNode
from contactcenter.sample import sample_rows
from contactcenter.simulator.caller import CallerScript
from contactcenter.simulator.center import SimulatedCenter, simulated_center

SATURDAY_NIGHT = datetime(2025, 11, 22, 14, tzinfo=UTC)


async def test_a_known_vip_from_the_first_word_to_the_rating(sim: SimulatedCenter) -> None:
    script = CallerScript({"menu-main": ("1",), "menu-product": ("2",), "survey-ask": ("5",)})
    phone = await sim.call(VIP, script)
    assert phone.heard == [
        "welcome",
        "menu-main (cut)",
        "menu-product (cut)",
        "queue-connecting",
        "ringing 1004",
        "music",
        "talking 1004",
        "survey-ask (cut)",
        "survey-thanks",
    ]
    assert kinds(sim, phone) == [
        "CallArrived",
        "FlowStarted",
        "NodeEntered",
        "HoursChecked",
        "NodeEntered",
        "NodeEntered",
        "CallerIdentified",
        "NodeEntered",
        "ServiceChecked",
        "NodeEntered",
        "KeyPressed",
        "NodeEntered",
        "KeyPressed",
        "NodeEntered",
        "CallRouted",
        "FlowLeft",
        "CallQueued",
        "CallOffered",
        "CallAnswered",
        "TicketOpened",
        "TalkEnded",
        "WrapUpStarted",
        "SurveyAnswered",
        "CallEnded",
        "RecordingSaved",
    ]
    assert phone.language == "zh"
    record = sim.store.calls[phone.call]
    assert (record.company, record.contact, record.level) == ("北京华远商贸有限公司", "王建国", "vip")
    assert (record.queue, record.priority, record.agent) == ("vip", 8, "1004")
    assert (record.talk_seconds, record.rating, record.ticket) == (30.0, 5, 1)
    assert ending(sim, phone) == ("answered", "")


async def test_the_service_code_is_right_at_the_third_try(sim: SimulatedCenter) -> None:
    script = CallerScript({"enter-service-code": ("999999#", "", "100005#"), **HAPPY.keys})
    phone = await sim.call(STRANGER, script)
    assert phone.heard[:6] == [
        "welcome",
        "enter-service-code (cut)",
        "service-code-wrong",
        "enter-service-code",
        "no-key",
        "enter-service-code (cut)",
    ]
    tried = [(f.attempt, f.accepted) for f in facts(sim, phone) if isinstance(f, e.ServiceCodeTried)]
    assert tried == [(1, False), (2, False), (3, True)]
    who = fact(sim, phone, e.CallerIdentified)
    assert (who.by, who.company_name, who.contact) == ("service_code", "成都锦里食品有限公司", None)
    assert fact(sim, phone, e.CallRouted).queue == "support"


async def test_three_wrong_codes_go_to_a_person_as_unknown(sim: SimulatedCenter) -> None:
    script = CallerScript({"enter-service-code": ("1#", "2#", "3#"), "survey-ask": ("4",)})
    phone = await sim.call("", script)
    assert phone.heard.count("enter-service-code (cut)") == 3
    assert "service-code-failed" in phone.heard
    assert not any(heard.startswith("menu") for heard in phone.heard)
    assert fact(sim, phone, e.CallerIdentified).by == "unknown"
    routed = fact(sim, phone, e.CallRouted)
    assert (routed.queue, routed.rule) == ("support", "everybody else")
    assert "100005" not in repr(facts(sim, phone))


async def test_no_code_of_a_caller_is_ever_written(sim: SimulatedCenter) -> None:
    phone = await sim.call(STRANGER, CallerScript({"enter-service-code": ("100005#",), **HAPPY.keys}))
    assert "100005" not in repr(facts(sim, phone))


@pytest.mark.parametrize(
    ("caller", "service", "prompt", "queue"),
    [
        (STANDARD, "active", None, "support"),
        (EXPIRING, "expiring", "service-expiring", "support"),
        (EXPIRED, "expired", "service-expired", "renewals"),
    ],
)
async def test_the_service_period_decides(
    sim: SimulatedCenter, caller: str, service: str, prompt: str | None, queue: str
) -> None:
    phone = await sim.call(caller, HAPPY)
    assert fact(sim, phone, e.ServiceChecked).service == service
    assert [heard for heard in phone.heard if heard.startswith("service-")] == ([prompt] if prompt else [])
    assert fact(sim, phone, e.CallRouted).queue == queue
    assert ("menu-main (cut)" in phone.heard) is (service != "expired")


async def test_a_company_that_never_had_a_service_goes_to_renewals() -> None:
    rows = sample_rows(date(2025, 11, 24), "Asia/Shanghai", str)
    rows["companies"][1].update(service_from=None, service_until=None)
    async with simulated_center(rows=rows) as sim:
        phone = await sim.call(STANDARD, HAPPY)
        assert "service-none" in phone.heard
        assert fact(sim, phone, e.ServiceChecked) == e.ServiceChecked(
            at=fact(sim, phone, e.ServiceChecked).at, call=phone.call, service="none", until=""
        )
        assert fact(sim, phone, e.CallRouted).queue == "renewals"


async def test_a_closed_hotline_says_so_and_hangs_up() -> None:
    rows = sample_rows(date(2025, 11, 22), "Asia/Shanghai", str)
    next(row for row in rows["configuration"] if row["kind"] == "hotline")["data"]["calendar"] = "workdays"
    async with simulated_center(start=SATURDAY_NIGHT, rows=rows) as sim:
        phone = await sim.call(VIP, HAPPY)
        assert phone.heard == ["closed"]
        assert phone.ended_by == "center"
        assert kinds(sim, phone) == [
            "CallArrived",
            "FlowStarted",
            "NodeEntered",
            "HoursChecked",
            "NodeEntered",
            "CallEnded",
        ]
        assert ending(sim, phone) == ("refused", "closed")


async def test_a_number_that_is_no_hotline_is_refused(sim: SimulatedCenter) -> None:
    phone = await sim.call(VIP, HAPPY, hotline="4009999999")
    assert phone.heard == ["unknown-hotline"]
    assert kinds(sim, phone) == ["CallArrived", "CallEnded"]
    assert ending(sim, phone)[0] == "refused"
    assert "4009999999" in ending(sim, phone)[1]


async def test_wrong_keys_silence_and_the_way_back_by_star(sim: SimulatedCenter) -> None:
    script = CallerScript({"menu-main": ("7", "1", "", "1"), "menu-product": ("*", "1"), "survey-ask": ("3",)})
    phone = await sim.call(STANDARD, script)
    assert phone.heard[1:9] == [
        "menu-main (cut)",
        "wrong-key",
        "menu-main (cut)",
        "menu-product (cut)",
        "menu-main",
        "no-key",
        "menu-main (cut)",
        "menu-product (cut)",
    ]
    pressed = [(f.node, f.key) for f in facts(sim, phone) if isinstance(f, e.KeyPressed)]
    assert pressed == [
        ("main-menu", "7"),
        ("main-menu", "1"),
        ("product-menu", "*"),
        ("main-menu", ""),
        ("main-menu", "1"),
        ("product-menu", "1"),
    ]


async def test_a_caller_whom_the_menu_does_not_understand_gets_a_person(sim: SimulatedCenter) -> None:
    phone = await sim.call(STANDARD, CallerScript({"menu-main": ("9", "8"), "survey-ask": ("3",)}))
    assert "menu-failed" in phone.heard
    assert fact(sim, phone, e.CallRouted).rule == "everybody else"
    assert ending(sim, phone) == ("answered", "")


@pytest.mark.parametrize(
    ("caller", "key", "queue", "rule"),
    [
        (STANDARD, "2", "renewals", "accounts and renewals by menu"),
        (STANDARD, "0", "support", "everybody else"),
        (VIP, "2", "vip", "VIP in service"),
    ],
)
async def test_the_first_rule_that_holds_wins_and_all_tried_are_kept(
    sim: SimulatedCenter, caller: str, key: str, queue: str, rule: str
) -> None:
    phone = await sim.call(caller, CallerScript({"menu-main": (key,)}))
    routed = fact(sim, phone, e.CallRouted)
    assert (routed.queue, routed.rule) == (queue, rule)
    assert [tried.matched for tried in routed.tried] == [False] * (len(routed.tried) - 1) + [True]
    assert routed.tried[-1].rule == rule


async def test_a_flow_may_end_the_call(sim: SimulatedCenter) -> None:
    node = HangUpNode(type="hangup", prompt="goodbye")
    sim.center.flows = {"main": Flow("main", "end", {"end": node})}
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.heard == ["goodbye"]
    assert ending(sim, phone) == ("refused", "ended by the flow")


async def test_no_rule_at_all_hands_the_caller_to_the_fallback(sim: SimulatedCenter) -> None:
    configuration = sim.center.configuration
    sim.center.configuration = replace(configuration, routes=dict([*configuration.routes.items()][:2]))
    phone = await sim.call(STANDARD, HAPPY)
    assert phone.ended_by == "fallback"
    assert ending(sim, phone) == ("failed", "no routing rule matched")


@pytest.mark.parametrize(
    ("keys", "heard", "kind"),
    [
        (("1",), ["survey-ask (cut)", "survey-thanks"], "SurveyAnswered"),
        (("9", "2"), ["survey-ask (cut)", "wrong-key", "survey-ask (cut)", "survey-thanks"], "SurveyAnswered"),
        ((), ["survey-ask", "no-key", "survey-ask", "goodbye"], "SurveySkipped"),
    ],
)
async def test_the_survey_asks_twice(sim: SimulatedCenter, keys: tuple[str, ...], heard: list[str], kind: str) -> None:
    phone = await sim.call(VIP, CallerScript({"menu-main": ("0",), "survey-ask": keys}))
    assert phone.heard[phone.heard.index("talking 1004") + 1 :] == heard
    assert kinds(sim, phone)[-3] == kind


async def test_the_recording_has_the_length_of_the_conversation(tmp_path: Path) -> None:
    async with simulated_center(recordings=tmp_path) as sim:
        phone = await sim.call(VIP, HAPPY)
        saved = fact(sim, phone, e.RecordingSaved)
        assert saved.path == f"2025/11/24/{phone.call}.wav"
        assert saved.seconds == fact(sim, phone, e.TalkEnded).talk_seconds == 30.0
        assert (tmp_path / saved.path).stat().st_size > 30 * 8000 * 4
        assert list((tmp_path / "parts").iterdir()) == []


async def test_the_language_is_the_hotlines(sim: SimulatedCenter) -> None:
    hotlines = sim.center.configuration.hotlines
    hotlines["4001234567"] = replace(hotlines["4001234567"], language="en")
    assert (await sim.call(VIP, HAPPY)).language == "en"
