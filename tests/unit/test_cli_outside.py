"""Toll fraud before it begins: numbers outside that could never be called, and passwords that are easily guessed."""

import json
from pathlib import Path

import pytest
from command_line import done, read, refusal, run

from contactcenter.config import read_settings, write_settings
from contactcenter.network import Outbound

ABROAD = "queue support: overflow_timeout: +85223456789 is not in [outbound] allowed_prefixes of contactcenter.toml"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """One of its own, as it is changed."""
    done("init", tmp_path / "center", "--sample", "--bind", "127.0.0.1")
    return tmp_path / "center"


def allow(site: Path, *prefixes: str) -> None:
    settings = read_settings(site)
    write_settings(site, settings.model_copy(update={"outbound": Outbound(allowed_prefixes=list(prefixes))}))


def outbound_check(site: Path) -> dict:
    return next(row for row in read_doctor(site) if row["check"] == "outbound")


def read_doctor(site: Path) -> list[dict]:
    return json.loads(run("doctor", "--json", site=site).stdout)


def test_an_overflow_to_another_country_wants_to_be_allowed(site: Path) -> None:
    setting = ("queue", "set", "support", "overflow_timeout=number:+85223456789")
    assert refusal(*setting, site=site) == f"{ABROAD} (CN)."
    assert read("queue", "show", "support", site=site)["overflow_timeout"] == "hang_up"
    allow(site, "+86", "+852")
    done(*setting, site=site)
    assert outbound_check(site) == {"check": "outbound", "ok": True, "detail": "calls go to +86, +852, 00:00-24:00"}


def test_what_was_there_before_is_in_the_way_of_nothing_else_and_the_doctor_finds_it(site: Path) -> None:
    allow(site, "+852")
    done("queue", "set", "support", "overflow_timeout=number:+85223456789", site=site)
    allow(site)
    done("queue", "set", "support", "wrap_up_seconds=5", site=site)
    done("queue", "set", "vip", "overflow_timeout=number:13800000001", "overflow_full=number:1001", site=site)
    assert outbound_check(site) == {"check": "outbound", "ok": False, "detail": f"{ABROAD} (CN)."}
    premium = "queue vip: overflow_full: 16812345 is a premium rate number."
    assert refusal("queue", "set", "vip", "overflow_full=number:16812345", site=site) == premium


def test_so_does_a_transfer_node(site: Path) -> None:
    flow = site / "dialplans" / "main.yaml"
    text = flow.read_text(encoding="utf-8").replace("unknown: service", "unknown: boss")
    flow.write_text(f"{text}\n  boss: {{type: transfer, to: '10086'}}\n", encoding="utf-8")
    assert refusal("flow", "publish", str(flow), site=site) == (
        "flow main: node boss: 10086 is a short number, or in no country's numbering plan, "
        "and not in [outbound] allowed_prefixes of contactcenter.toml (CN)."
    )
    allow(site, "+86", "10086")
    done("flow", "publish", str(flow), site=site)


def test_the_doctor_warns_of_a_password_that_is_easily_guessed(site: Path) -> None:
    for weak in ("1001", "short", "password1001"):
        done("agent", "set", "1001", f"sip_password={weak}", site=site)
        (found,) = [row for row in read_doctor(site) if row["check"] == "agents"]
        assert (found["ok"], found["warning"]) == (True, True)
        assert "the SIP password of agent 1001 is easily guessed" in found["detail"]
        assert weak not in found["detail"].replace("agent 1001", "").replace("set 1001", "")
