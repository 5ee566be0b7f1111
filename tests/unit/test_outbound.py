"""The rule for calls to numbers outside: where, when, how many."""

from datetime import UTC, datetime, timedelta

import pytest

from contactcenter.config import Settings
from contactcenter.errors import OutboundRefused
from contactcenter.ids import AgentNumber
from contactcenter.network import Outbound
from contactcenter.outbound import OutboundCalls, forbidden, open_for_calls

MOBILE, OTHER = "+8613800000001", "+8613800000002"
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)  # 12:00 in Shanghai


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


def site(region: str = "CN", **rules: object) -> Settings:
    return Settings(region=region, outbound=Outbound.model_validate(rules))


@pytest.mark.parametrize(
    ("number", "settings", "why"),
    [
        (MOBILE, site(), ""),
        ("13800000001", site(), ""),
        ("4001234567", site(), ""),
        ("+85223456789", site(), "is not in [outbound] allowed_prefixes"),
        ("0085223456789", site(), "is not in [outbound] allowed_prefixes"),
        ("+85223456789", site(allowed_prefixes=["+86", "+852"]), ""),
        (MOBILE, site(allowed_prefixes=["+852"]), "is not in [outbound] allowed_prefixes of contactcenter.toml (+852)"),
        ("+8616812345", site(), "is a premium rate number"),
        ("16812345", site(), "is a premium rate number"),
        ("+861681234567", site(), "is a premium rate number"),  # a switch needs no more than its first digits
        ("+8616812345", site(allowed_prefixes=["+86"]), "is a premium rate number"),
        ("+19005551234", site("US"), "is a premium rate number"),
        ("+18765551234", site("US"), "is not in [outbound] allowed_prefixes"),  # Jamaica, with +1 as well
        ("+12125551234", site("US"), ""),
        ("10086", site(), "is a short number"),
        ("10086", site(allowed_prefixes=["10086"]), ""),
        ("8001", site(allowed_prefixes=["80"]), ""),
        ("110", site(allowed_prefixes=["+86"]), "is a short number"),
        ("+99912345678", site(), "is a short number, or in no country's numbering plan"),
        ("", site(), "is no number that can be called"),
        ("1380000000a", site(), "is no number that can be called"),
        ("13800000001@evil", site(), "is no number that can be called"),
        ("138&PJSIP/1", site(allowed_prefixes=["138"]), "is no number that can be called"),
        ("１３８００００００００１", site(), "is no number that can be called"),
    ],
)
def test_where_calls_may_go(number: str, settings: Settings, why: str) -> None:
    found = forbidden(number, settings)
    assert why in found if why else found == ""


@pytest.mark.parametrize(
    ("hours", "open_at"),
    [("00:00-24:00", {0, 6, 12, 23}), ("08:00-20:00", {12}), ("20:00-08:00", {0, 6, 23}), ("12:00-12:01", {12})],
)
def test_when_calls_may_go_out(hours: str, open_at: set[int]) -> None:
    settings = site(hours=hours)
    at = {hour: NOON + timedelta(hours=hour - 12) for hour in (0, 6, 12, 23)}
    assert {hour for hour, moment in at.items() if open_for_calls(settings, moment)} == open_at


def test_outside_the_hours_a_call_is_refused_for_now() -> None:
    with pytest.raises(OutboundRefused, match="outside \\[outbound\\] hours") as refused:
        OutboundCalls(site(hours="13:00-14:00"), Clock(), dict).begin(MOBILE)
    assert not refused.value.for_good


def test_a_number_that_is_never_called_is_refused_for_good() -> None:
    with pytest.raises(OutboundRefused, match="premium") as refused:
        OutboundCalls(site(), Clock(), dict).begin("+8616812345")
    assert refused.value.for_good


def test_an_agents_extension_is_not_outside() -> None:
    OutboundCalls(site(most_at_once=0), Clock(), lambda: {"1001"}).begin("1001")()


def test_so_many_at_once_and_not_one_more() -> None:
    calls = OutboundCalls(site(most_at_once=2), Clock(), dict)
    over = calls.begin(MOBILE)
    calls.begin(MOBILE)
    with pytest.raises(OutboundRefused, match="most_at_once is 2"):
        calls.begin(MOBILE)
    over()
    calls.begin(MOBILE)
    with pytest.raises(OutboundRefused):
        calls.begin(MOBILE)


@pytest.mark.parametrize(
    ("rule", "refused", "taken"),
    [
        ("most_per_hour", {"number": MOBILE}, None),
        ("agent_most_per_hour", {"agent": AgentNumber("1001")}, {"agent": AgentNumber("1002")}),
        ("number_most_per_hour", {"number": MOBILE, "called_back": True}, {"number": OTHER, "called_back": True}),
        ("number_most_per_hour", {"number": MOBILE, "called_back": True}, {"number": MOBILE}),
    ],
)
def test_so_many_in_an_hour(rule: str, refused: dict, taken: dict | None) -> None:
    clock = Clock()
    calls = OutboundCalls(site(**{rule: 2}), clock, dict)
    begin = {"number": MOBILE, **refused}
    calls.begin(**begin)()
    clock.at += timedelta(minutes=30)
    calls.begin(**begin)()
    with pytest.raises(OutboundRefused, match=f"{rule} is 2"):
        calls.begin(**begin)
    if taken is not None:
        calls.begin(**{"number": MOBILE, **taken})()
    clock.at += timedelta(minutes=30)
    calls.begin(**begin)()
    with pytest.raises(OutboundRefused):
        calls.begin(**begin)
    clock.at += timedelta(hours=2)
    calls.begin(**begin)()
    assert sum(calls._counts.values()) <= 3, "what is an hour ago is forgotten"
