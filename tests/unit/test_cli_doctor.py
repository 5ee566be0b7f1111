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
    assert wrong["dialplans"].startswith("main.yaml:10: prompt closed does not exist in zh. Add it: ")
    assert wrong["prompts"] == "no sound for closed (zh). Add it: contactcenter prompt set NAME FILE"
    assert wrong["running"].startswith(f"[ports] agi: 127.0.0.1:{settings.ports.agi} address already in use. ")
    assert shown.exit_code == 1
    assert re.search(r"^FAIL prompts ", shown.stdout, re.MULTILINE)
