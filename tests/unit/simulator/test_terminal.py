"""A pretended call: the real nodes, the site's own rules, and nothing that reaches anybody."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from contactcenter.configuration.models import Configuration
from contactcenter.dialplan import check_configuration
from contactcenter.errors import CallerGone, NotFound
from contactcenter.ivr.destination import ToCallback, ToEnd, ToFallback, ToNumber, ToQueue, ToVoiceMessage
from contactcenter.ivr.known import Known
from contactcenter.ivr.loader import load_flow
from contactcenter.sample import sample_rows
from contactcenter.simulator.center import configuration_of, shipped_prompts
from contactcenter.simulator.lookup import FakeLookup
from contactcenter.simulator.store import MemoryStore
from contactcenter.simulator.terminal import GivenKeys, Grounds, Pretended, Walked, told, walk_through

NOON = datetime(2026, 12, 31, 4, 0, tzinfo=UTC)
HOTLINE, VIP, EXPIRED = "4001234567", "+8613800000001", "+8613800000004"
TEXTS = {
    language: yaml.safe_load((Path(__file__).parents[3] / "sounds" / language / "prompts.yaml").read_text("utf-8"))
    for language in ("zh", "en")
}


def grounds(**changes: object) -> Grounds:
    rows = sample_rows(NOON.date(), "Asia/Shanghai", str)
    configuration: Configuration = configuration_of(rows)
    store = MemoryStore(rows)
    flows = check_configuration(configuration, shipped_prompts(), TEXTS)
    made = Grounds(configuration, flows, store, store, FakeLookup(), texts=TEXTS)
    return replace(made, **changes)  # type: ignore[arg-type]


async def walked(keys: str, caller: str = VIP, site: Grounds | None = None, flow: str = "") -> tuple[Walked, list[str]]:
    heard: list[str] = []
    call = Pretended(HOTLINE, caller, NOON, flow)
    return await walk_through(site or grounds(), call, GivenKeys(keys), heard.append), heard


async def test_a_vip_through_both_menus() -> None:
    result, heard = await walked("1,2")
    assert result.destination == ToQueue("vip", 8)  # type: ignore[arg-type]
    assert result.rule == "VIP in service"
    assert [tried.matched for tried in result.tried] == [False, True]
    assert result.nodes[:2] == ("main/opening-hours", "main/welcome")
    assert result.case is not None
    assert (result.case.level, result.case.menu) == ("vip", {"main-menu": "1", "product-menu": "2"})
    assert heard[0] == "[welcome] 您好，欢迎致电服务热线，本次通话将会录音。"
    assert heard[2] == "  > 1"
    assert result.customer is not None
    assert result.customer.contact_name == "王建国"


async def test_what_a_menu_leaves_is_the_next_answer() -> None:
    assert (await walked("12"))[0].case == (await walked("1,2"))[0].case


async def test_service_codes_and_silence() -> None:
    result, heard = await walked("999#,,100004#", caller="")
    assert result.rule == "expired service to renewals"
    assert [line for line in heard if line.startswith("  >")] == ["  > 999#", "  > (nothing for 5 s)", "  > 100004#"]


async def test_hanging_up() -> None:
    result, heard = await walked("1,h")
    assert (result.destination, result.case, result.tried) == (None, None, ())
    assert heard[-1] == "(the caller hangs up)"
    assert told(result.destination) == {"kind": "hung_up"}
    with pytest.raises(CallerGone):
        GivenKeys("h").answer(1)


async def test_no_such_hotline() -> None:
    with pytest.raises(NotFound, match=r"there is no hotline 1\. Use one of: 4001234567"):
        await walk_through(grounds(), Pretended("1", "", NOON), GivenKeys(""), print)


async def test_the_hours_are_those_of_the_pretended_time() -> None:
    site = grounds()
    hotline = replace(site.configuration.hotlines[HOTLINE], calendar="workdays")
    site = replace(site, configuration=replace(site.configuration, hotlines={HOTLINE: hotline}))
    result = await walk_through(
        site, Pretended(HOTLINE, VIP, datetime(2027, 1, 2, 16, 0, tzinfo=UTC)), GivenKeys(""), lambda _: None
    )
    assert result.destination == ToEnd("closed")


async def test_a_crm_is_asked_but_not_changed_and_numbers_are_spoken_whole() -> None:
    text = """
start: get
nodes:
  get: {type: http, url: "http://crm/", into: {n: n}, next: say, failed: bye}
  say: {type: say, say: money, value: "{n}", next: post}
  post: {type: http, url: "http://crm/", method: POST, next: bye, failed: failed}
  failed: {type: hangup, prompt: menu-failed}
  bye: {type: hangup, prompt: goodbye}
"""
    flow = load_flow(Path("crm.yaml"), Known(shipped_prompts()), text)
    lookup = FakeLookup({"http://crm/": {"n": 12.5}}, seconds=0)
    site = grounds(lookup=lookup)
    result, heard = await walked("", site=replace(site, flows={"crm": flow}), flow="crm")
    assert heard == ["十二元五角", f"[menu-failed] {TEXTS['zh']['menu-failed']}"]
    assert [request.method for request in lookup.asked] == ["GET"]
    assert result.destination == ToEnd("ended by the flow")


def test_every_destination_is_told_in_plain_words() -> None:
    every = (
        ToQueue("vip", 8, ("1004",), None, ("english",)),  # type: ignore[arg-type]
        ToNumber("13900000000", 20),
        ToVoiceMessage(),
        ToCallback("vip", 0),  # type: ignore[arg-type]
        ToEnd("closed"),
        ToFallback("no routing rule matched"),
    )
    assert [told(to) for to in every] == [
        {"kind": "queue", "queue": "vip", "priority": 8, "first": ("1004",), "skills": ("english",)},
        {"kind": "number", "number": "13900000000", "seconds": 20},
        {"kind": "voice_message"},
        {"kind": "callback", "queue": "vip", "priority": 0},
        {"kind": "end", "why": "closed"},
        {"kind": "fallback", "why": "no routing rule matched"},
    ]
