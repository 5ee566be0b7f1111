"""doctor: each thing a site needs, checked, with what to do."""

import json
import re
import socket
from pathlib import Path

import pytest
from command_line import done, read, run

from contactcenter.config import AsteriskSettings, read_settings, write_settings


@pytest.fixture
def healthy(site: Path, tmp_path: Path) -> Path:
    """The site with an Asterisk that tells its version, and a sound for every prompt."""
    prefix = tmp_path / "asterisk"
    for file in ("sbin/asterisk", "lib/asterisk/modules/app_dial.so", "share/asterisk/documentation/core-en_US.xml"):
        (prefix / file).parent.mkdir(parents=True)
        (prefix / file).touch()
    binary = prefix / "sbin/asterisk"
    binary.write_text("#!/bin/sh\necho Asterisk 22.10.1\n", encoding="utf-8")
    binary.chmod(0o755)
    settings = read_settings(site)
    write_settings(site, settings.model_copy(update={"asterisk": AsteriskSettings(binary=str(binary))}))
    for language in ("zh", "en"):
        for row in read("prompt", "list", "--language", language, site=site):
            sound = site / "sounds" / language / f"{row['name']}.wav"
            sound.parent.mkdir(exist_ok=True)
            sound.touch()
    return site


def checked(site: Path, exit_code: int) -> dict[str, tuple[bool, str]]:
    result = run("doctor", "--json", site=site)
    assert (result.exit_code, result.stderr) == (exit_code, "")
    return {row["check"]: (row["ok"], row["detail"]) for row in json.loads(result.stdout)}


def test_the_doctor_finds_nothing_on_a_healthy_site(healthy: Path) -> None:
    results = checked(healthy, 0)
    assert all(ok for ok, _ in results.values()), results
    assert results["asterisk"] == (True, "Asterisk 22.10.1 (setting)")
    assert results["dialplans"] == (True, "1 flow, 4 routing rules")
    assert results["running"] == (True, "not up; its ports are free")
    lines = done("doctor", site=healthy).splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * len(results)


def test_the_doctor_names_each_thing_that_is_wrong_and_what_to_do(healthy: Path) -> None:
    settings = read_settings(healthy)
    write_settings(healthy, settings.model_copy(update={"asterisk": AsteriskSettings(binary="/nowhere/asterisk")}))
    lost = healthy / "sounds/zh/closed.wav"
    lost.unlink()
    try:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", settings.ports.agi))
            taken.listen()
            results = checked(healthy, 1)
        shown = run("doctor", site=healthy)
    finally:
        lost.touch()
    wrong = {check: detail for check, (ok, detail) in results.items() if not ok}
    assert wrong.keys() == {"asterisk", "dialplans", "prompts", "running"}
    assert wrong["asterisk"].startswith("asterisk.binary: /nowhere/asterisk is not there; set it to ")
    assert "main.yaml:" in wrong["dialplans"]
    assert wrong["dialplans"].endswith(
        "prompt closed does not exist in zh. Add it: contactcenter prompt set --language zh closed FILE"
    )
    assert wrong["prompts"] == "no sound for closed (zh). Add it: contactcenter prompt set NAME FILE"
    assert wrong["running"].startswith(f"[ports] agi: 127.0.0.1:{settings.ports.agi} address already in use. ")
    assert shown.exit_code == 1
    assert re.search(r"^FAIL prompts ", shown.stdout, re.MULTILINE)


def test_the_doctor_warns_of_what_will_go_wrong_later(healthy: Path) -> None:
    flow = healthy / "dialplans/main.yaml"
    text = flow.read_text(encoding="utf-8")
    flow.write_text(text.replace("seconds: 5", "seconds: 4") + "# edited\n", encoding="utf-8")
    done("calendar", "close", "workdays", "--why", "停电", site=healthy)
    try:
        shown = done("doctor", site=healthy)
        results = checked(healthy, 0)
    finally:
        flow.write_text(text, encoding="utf-8")
        done("undo", "--yes", site=healthy)
    assert results["dialplans"] == (True, "main.yaml is not as published. See: contactcenter flow diff main")
    assert "calendar workdays is closed by hand without an end (停电)" in results["calendars"][1]
    assert re.search(r"^warn dialplans ", shown, re.MULTILINE)


def test_the_doctor_warns_of_a_hotline_that_never_closes(healthy: Path, tmp_path: Path) -> None:
    """As a flow does that was made before flows asked for the hours."""
    file = tmp_path / "main.yaml"
    file.write_text("start: go\nnodes:\n  go: {type: route}\n", encoding="utf-8")
    for rule in ("accounts and renewals by menu",):
        done("route", "remove", rule, "--yes", site=healthy)
    done("flow", "publish", file, site=healthy)
    try:
        _, told = checked(healthy, 0)["dialplans"]
    finally:
        done("undo", "--yes", site=healthy)
        done("undo", "--yes", site=healthy)
    assert told == "hotline 4001234567 is open day and night: flow main has no hours node. See docs/flows.md"
