"""The settings file: written with help, read back as it was, refused with the place."""

import itertools
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from contactcenter.acd.settings import DistributionSettings
from contactcenter.config import (
    FILE,
    SECRETS,
    Alarms,
    AsteriskSettings,
    Crm,
    Distribution,
    Fallback,
    Log,
    Ports,
    Recording,
    Secrets,
    Service,
    Settings,
    read_secrets,
    read_settings,
    write_secrets,
    write_settings,
)
from contactcenter.errors import FileProblems, SiteError
from contactcenter.network import Outbound, Sip

OTHER = Settings(
    name='张伟的 "center"\nof two lines',
    region="DE",
    timezone="Europe/Berlin",
    database="postgresql://cc@db.example.com:5433/cc?sslmode=require",
    sip=Sip(
        address="127.0.0.1",
        port=5070,
        rtp_first=20000,
        rtp_last=20003,
        external_address="203.0.113.5",
        qualify_seconds=0,
        trunk_addresses=["198.51.100.0/24", "203.0.113.9"],
        trunk_contact="sip:carrier.example:5070",
        tls="required",
        tls_port=5071,
        tls_certificate="/etc/ssl/center.pem",
        tls_key="/etc/ssl/private/center.key",
        permit=["192.0.2.0/24"],
        deny=["192.0.2.128/25"],
        failed_logins=3,
        failed_logins_seconds=60,
        shut_out_seconds=86400,
    ),
    outbound=Outbound(
        allowed_prefixes=["+49", "80"],
        hours="08:00-21:30",
        most_at_once=2,
        most_per_hour=20,
        agent_most_per_hour=10,
        number_most_per_hour=3,
    ),
    ports=Ports(http=1, ami=65535, agi=3),
    service=Service(warning_days=0, wrong_codes_per_number=3, wrong_codes_in_total=4),
    recording=Recording(encrypt=True, keep_days=180),
    distribution=Distribution(
        ageing_seconds=0, load_window_seconds=1, talk_weight=2, wrap_up_weight=0, ticket_seconds=0.5
    ),
    standby=True,
    fallback=Fallback(on_call=["1001"], ring_seconds=5, after_seconds=30),
    crm=Crm(webhook_url="https://crm.example.com/hook?site=1"),
    alarms=Alarms(webhook_url="http://127.0.0.1:9/alarms"),
    log=Log(format="json"),
    asterisk=AsteriskSettings(binary="/opt/asterisk/sbin/asterisk"),
)


def fields(model: type[BaseModel]) -> Iterator[tuple[str, str | None]]:
    """Name and help text of every field that is no section."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation)
        else:
            yield name, field.description


@pytest.mark.parametrize("settings", [Settings(), OTHER], ids=["defaults", "everything else"])
def test_what_is_written_is_read(tmp_path: Path, settings: Settings) -> None:
    write_settings(tmp_path, settings)
    assert read_settings(tmp_path) == settings


def test_the_other_settings_differ_from_the_defaults_in_every_field() -> None:
    default, other = Settings().model_dump(), OTHER.model_dump()
    same = [
        name
        for name, value in default.items()
        if (value == other[name] if not isinstance(value, dict) else any(value[k] == other[name][k] for k in value))
    ]
    assert same == []


def test_every_field_has_its_help_text_right_above(tmp_path: Path) -> None:
    write_settings(tmp_path, Settings())
    lines = (tmp_path / FILE).read_text(encoding="utf-8").splitlines()
    above = {(line.split(" = ")[0], before) for before, line in itertools.pairwise(lines)}
    described = list(fields(Settings))
    assert len(described) > 15
    for name, text in described:
        assert text, name
        assert (name, f"# {text}") in above


@pytest.mark.parametrize(
    ("text", "line", "problem", "fix"),
    [
        ("[sip]\nport = 0\n", 2, "sip.port is 0", "Input should be greater than or equal to 1."),
        ("[sip]\nport = 70000\n", 2, "sip.port is 70000", "Input should be less than or equal to 65535."),
        (
            '\n[ports]\nami = "x"\n',
            3,
            "ports.ami is 'x'",
            "Input should be a valid integer, unable to parse string as an integer.",
        ),
        ('region = "cn"\n', 1, "region is 'cn'", "String should match pattern '^[A-Z]{2}$'."),
        (
            'name = "a"\ntimezone = "Mars/Olympus"\n',
            2,
            "timezone is 'Mars/Olympus'",
            "Value error, there is no such time zone; use one such as Asia/Shanghai.",
        ),
        (
            "[service]\nwarning_days = -1\n",
            2,
            "service.warning_days is -1",
            "Input should be greater than or equal to 0.",
        ),
        (
            "[fallback]\nring_seconds = 4\n",
            2,
            "fallback.ring_seconds is 4",
            "Input should be greater than or equal to 5.",
        ),
        ("nmae = 1\n", 1, "unknown setting nmae", "Take it out, or correct its name."),
        ("[sip]\nprot = 1\n", 2, "unknown setting sip.prot", "Take it out, or correct its name."),
    ],
)
def test_a_bad_value_names_file_line_and_key(tmp_path: Path, text: str, line: int, problem: str, fix: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(FileProblems) as refused:
        read_settings(tmp_path)
    assert str(refused.value) == f"{tmp_path / FILE}:{line}: {problem}. {fix}"


@pytest.mark.parametrize("contact", ["", "sip:203.0.113.5", "sip:203.0.113.5:5060", "sip:sip-1.carrier.example:65535"])
def test_a_contact_of_the_trunk(contact: str) -> None:
    assert Sip(trunk_contact=contact).trunk_contact == contact


@pytest.mark.parametrize(
    "contact",
    [
        "203.0.113.5",
        "sip:",
        "sip:203.0.113.5:",
        "sip:203.0.113.5:0",
        "sip:203.0.113.5:65536",
        "sips:203.0.113.5",
        "tel:+8613800000001",
        "sip:4001234567@203.0.113.5",
        "sip:203.0.113.5;transport=tcp",
        "sip:203.0.113.5,sip:203.0.113.6",
        "sip:203.0.113.5 ",
        "sip:203.0.113.5\n[evil]",
        "sip:中国.example",
    ],
)
def test_what_is_no_contact_of_the_trunk(tmp_path: Path, contact: str) -> None:
    (tmp_path / FILE).write_text(f"[sip]\ntrunk_contact = {json.dumps(contact)}\n", encoding="utf-8")
    with pytest.raises(FileProblems) as refused:
        read_settings(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path / FILE}:2: sip.trunk_contact is {contact!r}. Value error, it has to be sip:HOST or sip:HOST:PORT, "
        "such as sip:203.0.113.5:5060, or empty."
    )


def test_every_bad_value_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('region = "x"\n[sip]\nport = 0\n[ports]\nagi = 0\n', encoding="utf-8")
    with pytest.raises(FileProblems) as refused:
        read_settings(tmp_path)
    assert [problem.line for problem in refused.value.problems] == [1, 3, 5]


def test_voice_ports_out_of_order(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[sip]\nrtp_first = 10000\nrtp_last = 10002\n", encoding="utf-8")
    with pytest.raises(FileProblems, match="rtp_last must be at least 3 above rtp_first"):
        read_settings(tmp_path)


def test_what_is_no_toml_names_the_place(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('name = "a"\nport = \n', encoding="utf-8")
    with pytest.raises(FileProblems) as refused:
        read_settings(tmp_path)
    assert (
        str(refused.value) == f"{tmp_path / FILE}: not TOML: Invalid value (at line 2, column 8). Correct that place."
    )


def test_a_folder_that_is_no_site_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SiteError) as refused:
        read_settings(tmp_path)
    assert str(refused.value) == f"{tmp_path} is no site: it has no {FILE}. Make one: contactcenter init {tmp_path}"


SECRET = Secrets(ami_secret="hush-ami", api_token="hush-api", trunk_password="hush-trunk")


def test_secrets_are_read_back_and_are_for_their_owner_alone(tmp_path: Path) -> None:
    write_secrets(tmp_path, SECRET)
    assert (tmp_path / SECRETS).stat().st_mode & 0o777 == 0o600
    assert read_secrets(tmp_path) == SECRET
    assert set(tomllib.loads((tmp_path / SECRETS).read_text(encoding="utf-8"))) == set(Secrets.model_fields)


def test_secrets_do_not_show() -> None:
    assert "hush" not in repr(SECRET)
    assert "hush" not in str(SECRET)
    assert "hush" not in f"{[SECRET]}"


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"secrets\.toml is missing"):
        read_secrets(tmp_path)
    (tmp_path / SECRETS).write_text('ami_secret = "hush"\napi_token = "hush"\n', encoding="utf-8")
    with pytest.raises(FileProblems) as refused:
        read_secrets(tmp_path)
    assert str(refused.value) == f"{tmp_path / SECRETS}: trunk_password is missing. Add a line trunk_password = ..."


@pytest.mark.parametrize("change", ["name", "sip"])
def test_settings_are_frozen(change: str) -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings(), change, "x")


def test_the_weights_of_distribution_have_one_set_of_defaults() -> None:
    assert DistributionSettings(**Settings().distribution.model_dump()) == DistributionSettings()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://crm.example.com",
        "crm.example.com/hook",
        "https://user:secret@crm.example.com/",
        "https://a b/",
        "https://x#y",
    ],
)
def test_an_address_for_webhooks_has_to_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="http:// or https:// address without a password"):
        Crm(webhook_url=url)
    assert Crm(webhook_url="http://127.0.0.1:8080/hook").webhook_url
