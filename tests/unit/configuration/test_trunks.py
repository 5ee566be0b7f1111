"""Which trunks fit together, and what is said of those that don't."""

from typing import Any

import pytest

from contactcenter.configuration.kinds import TRUNK
from contactcenter.configuration.models import Trunk
from contactcenter.configuration.trunks import account_uri, check_trunks
from contactcenter.errors import BadInput


def trunk(name: str = "t", **plain: Any) -> Trunk:
    return TRUNK.read(name, plain)


def refused(*trunks: Trunk) -> str:
    with pytest.raises(BadInput) as problem:
        check_trunks(trunks)
    assert "\n" not in str(problem.value)
    return str(problem.value)


def test_what_fits() -> None:
    check_trunks([])
    check_trunks(
        [
            trunk("a", kind="registration", host="sip.telecom.example", username="02012345"),
            trunk("b", host="sip.unicom.example", addresses=["203.0.113.7", "198.51.100.0/24"]),
            trunk("c", addresses=["203.0.113.8"]),
            trunk("d", host="203.0.113.9"),
            trunk("e", kind="registration", host="203.0.113.10", username="user@ims.example"),
        ]
    )


@pytest.mark.parametrize(
    ("plain", "problem"),
    [
        ({"kind": "registration", "username": "u"}, "a registration needs a host. Say host=..., or kind=ip"),
        ({"kind": "registration", "host": "h"}, "a registration needs a username. Say username=..., or kind=ip"),
        ({}, "nothing says where its calls come from. Say host=... or addresses=..."),
        ({"host": "h:5070"}, "host 'h:5070' has to be a name or an IPv4 address; a port goes into port="),
        ({"host": "1.2.3.400"}, "host '1.2.3.400' is no IPv4 address."),
        ({"host": "h", "username": "a@b@c"}, "username 'a@b@c' is neither USER nor USER@DOMAIN."),
        ({"host": "h", "username": "a@"}, "username 'a@' is neither USER nor USER@DOMAIN."),
        ({"addresses": ["1.2.3.4/99"]}, "address '1.2.3.4/99' is neither an address nor a network such as 203.0.113.0/24."),
        ({"addresses": ["::1"]}, "address '::1': only IPv4 is spoken to trunks. Use the provider's IPv4 address."),
        ({"addresses": ["0.0.0.0/0"]}, "address '0.0.0.0/0' is too wide: whoever is in it calls without a password. Use /8 or narrower."),
    ],
)  # fmt: skip
def test_what_can_not_work(plain: dict[str, Any], problem: str) -> None:
    assert refused(trunk(**plain)) == f"trunk t: {problem}"


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        (
            {"addresses": ["10.1.2.3"]},
            {"addresses": ["10.1.2.3"]},
            "10.1.2.3/32 would be those of trunk a (10.1.2.3/32)",
        ),
        ({"addresses": ["10.1.0.0/16"]}, {"host": "10.1.2.3"}, "10.1.2.3/32 would be those of trunk a (10.1.0.0/16)"),
        ({"host": "Sip.example"}, {"host": "sip.example."}, "sip.example would be those of trunk a (sip.example)"),
    ],
)
def test_two_whose_calls_nobody_could_tell_apart(one: dict[str, Any], other: dict[str, Any], what: str) -> None:
    problem = refused(trunk("a", **one), trunk("b", **other))
    assert problem == f"trunk b: calls from {what} as well. Give each its own addresses."


def test_the_account_that_registers() -> None:
    assert account_uri(trunk(host="h.example", username="020")) == "sip:020@h.example"
    assert account_uri(trunk(host="h.example", username="020@ims.example")) == "sip:020@ims.example"


@pytest.mark.parametrize("field", ["host", "username", "password", "addresses", "strip", "region", "kind", "title"])
@pytest.mark.parametrize("text", ["x\ny", "x\r", "x\n", "\nx", "x\0"])
def test_no_field_can_begin_another_line(field: str, text: str) -> None:
    with pytest.raises(BadInput):
        trunk(**{field: [text] if field == "addresses" else text})


@pytest.mark.parametrize("field", ["host", "username", "password", "strip", "region"])
@pytest.mark.parametrize("text", ["a;b", "a b", 'a"b c', "${X} y"])
def test_no_field_can_hold_what_asterisk_reads_otherwise(field: str, text: str) -> None:
    with pytest.raises(BadInput):
        trunk(**{field: text})


@pytest.mark.parametrize("name", ["a\n", "a]", "a](x", "a;", "", "-a", "a b"])
def test_no_name_can_be_another_section(name: str) -> None:
    with pytest.raises(BadInput):
        trunk(name)


def test_what_is_left_out_can_be_read_again() -> None:
    made = trunk("t", addresses=["10.0.0.1"])
    assert TRUNK.read("t", TRUNK.plain(made)) == made
