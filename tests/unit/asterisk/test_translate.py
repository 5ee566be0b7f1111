"""Numbers on their way out and in over trunks; and whose fault it is that a call was not answered."""

import pytest

from contactcenter.asterisk.causes import sip_status, trunk_failed
from contactcenter.asterisk.translate import addresses_of, arrival
from contactcenter.configuration.models import Trunk
from contactcenter.errors import BadInput

CN = Trunk("cn", host="a.example")
US = Trunk("us", host="b.example", region="US")
INCOMING = Trunk("in", host="c.example", outgoing=False)
ADDRESSES_ONLY = Trunk("addresses", addresses=("10.0.0.1",))


def test_the_ways_out() -> None:
    def ways(number: str, *trunks: Trunk) -> tuple[str, ...]:
        return addresses_of(number, {"1004"}, "CN", trunks)

    assert ways("1004", CN) == ("PJSIP/1004",)
    assert ways("+8613800000001") == ("PJSIP/13800000001@trunk",)
    assert ways("+8613800000001", INCOMING, ADDRESSES_ONLY) == ("PJSIP/13800000001@trunk",)
    assert ways("+8613800000001", INCOMING, US, ADDRESSES_ONLY, CN) == (
        "PJSIP/0118613800000001@trunk-us",
        "PJSIP/13800000001@trunk-cn",
    )
    assert ways("10086", US, CN) == ("PJSIP/10086@trunk-us", "PJSIP/10086@trunk-cn")
    with pytest.raises(BadInput, match="can't be dialed"):
        ways("13800000001@evil", CN)


@pytest.mark.parametrize(
    ("trunk", "raw", "caller"),
    [
        (Trunk("t", host="h"), "013800000001", "+8613800000001"),
        (Trunk("t", host="h", strip="9"), "913800000001", "+8613800000001"),
        (Trunk("t", host="h", strip="9"), "13800000001", "+8613800000001"),
        (Trunk("t", host="h", strip="+86"), "+8613800000001", "+8613800000001"),
        (Trunk("t", host="h", strip="9", region="US"), "96502530000", "+16502530000"),
        (Trunk("t", host="h", strip="9"), "9", ""),
    ],
)
def test_a_number_as_the_trunk_sends_it(trunk: Trunk, raw: str, caller: str) -> None:
    env = {"agi_callerid": raw, "agi_arg_1": "4001234567", "agi_arg_2": "", "agi_arg_3": "t"}
    came = arrival(env, "CN", frozenset({"1004"}), {"t": trunk})
    assert (came.caller, came.raw_caller, came.trunk, came.hotline) == (caller, raw, "t", "4001234567")


def test_a_call_of_no_trunk_or_of_one_that_is_gone() -> None:
    env = {"agi_callerid": "913800000001", "agi_arg_1": "4001234567"}
    assert arrival(env, "CN", frozenset(), {"t": Trunk("t", strip="9")}).trunk == ""
    assert arrival({**env, "agi_arg_3": "gone"}, "CN", frozenset(), {}).trunk == "gone"


@pytest.mark.parametrize(
    ("cause", "sip", "failed"),
    [
        ("21", 403, True),  # the provider refuses; a person who declines is 603
        ("21", 603, False),
        ("21", 401, True),
        ("18", 408, True),
        ("34", 503, True),
        ("38", 500, True),
        ("17", 486, False),
        ("19", 480, False),
        ("1", 404, False),
        ("17", 600, False),
        ("", None, True),
        ("20", None, True),
        ("16", None, False),
        ("17", None, False),
        ("1", None, False),
    ],
)
def test_whether_another_trunk_may_do_better(cause: str, sip: int | None, failed: bool) -> None:
    assert trunk_failed(cause, sip) is failed


@pytest.mark.parametrize(
    ("text", "status"),
    [("403", 403), ("SIP 403 Forbidden", 403), ("", None), ("SIP 486 Busy 100", 486), ("x", None), ("0", None)],
)
def test_the_status_in_asterisks_words(text: str, status: int | None) -> None:
    assert sip_status(text) == status
