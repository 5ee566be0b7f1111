"""Trunks in Asterisk's pjsip.conf: each section with its settings, and the trunk of contactcenter.toml as it always was."""

from pathlib import Path

from contactcenter.asterisk.render import PHONES, render_some
from contactcenter.config import Secrets, Settings
from contactcenter.configuration.models import Configuration, Trunk
from contactcenter.network import Sip
from contactcenter.site import Site

SECRETS = Secrets(ami_secret="a", api_token="b", trunk_password="c")
ACCOUNT = Trunk(
    "telecom", "registration", "sip.telecom.example", username="020@ims.example", password=">se#cret[x]", title="a;b"
)
BY_ADDRESS = Trunk("unicom", addresses=("203.0.113.7", "198.51.100.0/24"))

Section = tuple[str, dict[str, str]]


def rendered(tmp_path: Path, *trunks: Trunk, sip: Sip | None = None) -> list[Section]:
    """The sections of the file in order, each with its name and its settings."""
    site = Site(tmp_path)
    site.asterisk.mkdir(exist_ok=True)
    configuration = Configuration(trunks={trunk.name: trunk for trunk in trunks})
    render_some(PHONES, site, Settings(sip=sip or Sip()), SECRETS, configuration, flows={})
    sections: list[Section] = []
    for line in (site.asterisk / "pjsip.conf").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            sections.append((line[1:].partition("]")[0], {}))
        elif " = " in line and not line.startswith(";"):
            name, _, value = line.partition(" = ")
            assert name not in sections[-1][1] or name == "local_net", line
            sections[-1][1][name] = value
    return sections


def sections_of(sections: list[Section], name: str) -> dict[str, dict[str, str]]:
    return {values.get("type", "endpoint"): values for found, values in sections if found == name}


def test_a_trunk_that_registers(tmp_path: Path) -> None:
    parts = sections_of(rendered(tmp_path, ACCOUNT, BY_ADDRESS), "trunk-telecom")
    assert set(parts) == {"endpoint", "identify", "aor", "auth", "registration"}
    endpoint = parts["endpoint"]
    assert (endpoint["context"], endpoint["identify_by"], endpoint["allow_transfer"]) == ("trunk", "ip", "no")
    assert endpoint["set_var"] == "CC_TRUNK=telecom"
    assert "auth" not in endpoint
    assert parts["identify"]["match"] == "sip.telecom.example"
    assert parts["aor"]["contact"] == "sip:sip.telecom.example:5060"
    assert parts["auth"] | {"type": ""} == {
        "type": "", "auth_type": "userpass", "username": "020@ims.example", "password": ">se#cret[x]",
    }  # fmt: skip
    registration = parts["registration"]
    assert (registration["client_uri"], registration["contact_user"]) == ("sip:020@ims.example", "020")
    assert registration["server_uri"] == "sip:sip.telecom.example:5060"
    assert (registration["line"], registration["endpoint"]) == ("yes", "trunk-telecom")


def test_a_trunk_of_addresses_alone(tmp_path: Path) -> None:
    parts = sections_of(rendered(tmp_path, ACCOUNT, BY_ADDRESS), "trunk-unicom")
    assert set(parts) == {"endpoint", "identify"}
    assert parts["identify"]["match"] == "203.0.113.7,198.51.100.0/24"
    assert "aors" not in parts["endpoint"]


def test_the_trunk_of_the_settings_stays_as_it_is(tmp_path: Path) -> None:
    sip = Sip(trunk_addresses=["192.0.2.1"], trunk_contact="sip:192.0.2.1:5070")
    without, with_some = rendered(tmp_path, sip=sip), rendered(tmp_path, ACCOUNT, BY_ADDRESS, sip=sip)
    assert [section for section in with_some if not section[0].startswith("trunk-")] == without
    assert sections_of(without, "trunk")["endpoint"]["aors"] == "trunk_contact,trunk"
    assert sections_of(without, "provider")["endpoint"]["identify_by"] == "ip"
