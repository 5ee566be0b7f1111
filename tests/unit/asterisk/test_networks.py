"""Who is let in (pjsip_acl.conf) and over what (pjsip.conf): the last line of an ACL that fits holds."""

import re
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from contactcenter.asterisk.networks import exempt
from contactcenter.asterisk.render import PHONES, render_networks, render_some
from contactcenter.config import Secrets, Settings
from contactcenter.configuration.models import Agent, Configuration, Trunk
from contactcenter.ids import AgentNumber
from contactcenter.network import Sip
from contactcenter.site import Site

SECRETS = Secrets(ami_secret="a", api_token="b", trunk_password="c")
PROVIDER = Trunk("telecom", host="203.0.113.10", addresses=("203.0.113.0/28", "198.51.100.7"))
NOW = Configuration(agents={AgentNumber("1001"): Agent(AgentNumber("1001"), "张伟", "p")}, trunks={"telecom": PROVIDER})


def let_in(folder: Path, sip: Sip, address: str, *shut_out: str) -> bool:
    """What Asterisk makes of the file: acl.c goes through the lines of each section, and each section has to let it in."""
    site = Site(folder)
    site.asterisk.mkdir(exist_ok=True)
    render_networks(site, Settings(sip=sip), NOW, shut_out)
    text = (site.asterisk / "pjsip_acl.conf").read_text(encoding="utf-8")
    for section in re.split(r"^\[.+\]$", text, flags=re.MULTILINE)[1:]:
        allowed = True
        for sense, networks in re.findall(r"^(permit|deny) = (.+)$", section, re.MULTILINE):
            if any(IPv4Address(address) in IPv4Network(network) for network in networks.split(",")):
                allowed = sense == "permit"
        if not allowed:
            return False
    return True


@pytest.mark.parametrize(
    ("sip", "inside", "outside"),
    [
        (Sip(), ["8.8.8.8", "192.0.2.1"], []),
        (Sip(permit=["192.0.2.0/24"]), ["192.0.2.1", "203.0.113.9", "198.51.100.7"], ["8.8.8.8", "198.51.100.8"]),
        (Sip(permit=["192.0.2.0/24"], deny=["192.0.2.128/25"]), ["192.0.2.1"], ["192.0.2.200", "8.8.8.8"]),
        (Sip(deny=["203.0.0.0/8"]), ["8.8.8.8", "203.0.113.9"], ["203.0.114.1"]),
        (Sip(permit=["192.0.2.0/24"], trunk_addresses=["100.64.0.1"]), ["100.64.0.1"], ["100.64.0.2"]),
        (Sip(permit=["192.0.2.0/24"], trunk_addresses=["localhost"]), ["127.0.0.1"], ["127.0.0.2"]),
        (Sip(permit=["192.0.2.0/24"], trunk_addresses=["nowhere.invalid"]), ["192.0.2.1"], ["8.8.8.8"]),
    ],
)
def test_who_is_let_in(tmp_path: Path, sip: Sip, inside: list[str], outside: list[str]) -> None:
    assert [one for one in inside if not let_in(tmp_path, sip, one)] == []
    assert [one for one in outside if let_in(tmp_path, sip, one)] == []


def test_who_is_shut_out_is_not_let_in(tmp_path: Path) -> None:
    shut_out = ("192.0.2.1", "8.8.8.8")
    for address in shut_out:
        assert not let_in(tmp_path, Sip(permit=["192.0.2.0/24", "8.8.8.8"]), address, *shut_out)
    assert let_in(tmp_path, Sip(), "8.8.8.9", *shut_out)


def test_permitted_phones_and_providers_are_never_shut_out() -> None:
    sip = Sip(permit=["192.0.2.0/24"], trunk_addresses=["100.64.0.1", "sip.example"])
    found = {str(network) for network in exempt(Settings(sip=sip), NOW)}
    assert found == {"192.0.2.0/24", "203.0.113.0/28", "198.51.100.7/32", "100.64.0.1/32"}


@pytest.mark.parametrize(
    ("tls", "phone"),
    [
        ("off", {"transport": "udp"}),
        ("offered", {"media_encryption": "sdes", "media_encryption_optimistic": "yes"}),
        ("required", {"transport": "tls", "media_encryption": "sdes"}),
    ],
)
def test_phones_are_encrypted_as_the_switch_says(tmp_path: Path, tls: str, phone: dict[str, str]) -> None:
    site = Site(tmp_path)
    site.asterisk.mkdir()
    render_some(PHONES, site, Settings(sip=Sip(tls=tls)), SECRETS, NOW, flows={})
    text = (site.asterisk / "pjsip.conf").read_text(encoding="utf-8")
    parts = {
        name: dict(re.findall(r"^(\w+) = (.+)$", part, re.MULTILINE))
        for name, part in re.findall(r"^\[([\w]+)\]\([^)]*\)\n([^\[]*)", text, re.MULTILINE)
    }
    names = ("transport", "media_encryption", "media_encryption_optimistic")
    assert {name: value for name, value in parts["agent"].items() if name in names} == phone
    assert parts["outside"] == {"transport": "udp"}
    assert ("tls" in parts) is (tls != "off")
    if tls != "off":
        assert (parts["tls"]["protocol"], parts["tls"]["priv_key_file"]) == ("tls", str(site.tls / "phones.key"))
