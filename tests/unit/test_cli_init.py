"""init: a folder that is whole, or none."""

import re
import resource
from pathlib import Path

import pytest
from command_line import done, read, refusal, run

from contactcenter.config import read_settings


def test_a_new_site_is_whole(site: Path) -> None:
    parts = {
        "contactcenter.toml",
        "secrets.toml",
        "data",
        "recordings",
        "sounds",
        "dialplans",
        "asterisk",
        "log",
        "run",
    }
    assert {part.name for part in site.iterdir()} == parts
    assert (site / "secrets.toml").stat().st_mode & 0o077 == 0
    assert (site / "data").stat().st_mode & 0o077 == 0
    assert read_settings(site).fallback.on_call == ["1001", "1002"]


def test_each_site_and_each_agent_has_passwords_of_its_own(site: Path, empty: Path) -> None:
    both = [(folder / "secrets.toml").read_text(encoding="utf-8") for folder in (site, empty)]
    agents = [read("agent", "show", str(n), site=site)["sip_password"] for n in (1001, 1002)]
    secrets = [*re.findall(r'"(\w+)"', "".join(both)), *agents]
    assert len(set(secrets)) == len(secrets) == 10
    assert min(map(len, secrets)) >= 24


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious", encoding="utf-8")
    assert refusal("init", tmp_path) == f"{tmp_path} is not empty. Name a new folder."
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_a_site_without_sample_data_has_nobody(empty: Path) -> None:
    assert done("agent", "list", site=empty) == "no agents\n"
    assert read("customer", "list", site=empty) == []


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("precious", encoding="utf-8")
    assert run("init", file).exit_code == 2
    assert file.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("parent", ["file", "/proc"])
def test_where_no_folder_can_be_made(tmp_path: Path, parent: str) -> None:
    (tmp_path / "file").write_text("precious", encoding="utf-8")
    folder = tmp_path / parent / "center"
    line = refusal("init", folder)
    assert line.startswith(f"{folder} can't be made: ")
    assert line.endswith(". Name a folder that this user may write.")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_disk_that_takes_no_more_leaves_nothing_behind(tmp_path: Path) -> None:
    """No file may grow over 4 kB, so that the copying of sounds fails half way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        line = refusal("init", tmp_path / "center")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert line.startswith(f"{tmp_path / 'center'} can't be made: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ports", ["10000", "a-b", "10000-", "-10999", ""])
def test_voice_ports_that_are_no_range(tmp_path: Path, ports: str) -> None:
    line = refusal("init", tmp_path / "center", f"--rtp-ports={ports}")
    assert line == f"--rtp-ports {ports} is no range. Write it like 10000-10999"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ports", ["20000-10000", "10000-10002", "0-100", "65000-70000"])
def test_voice_ports_that_cannot_be(tmp_path: Path, ports: str) -> None:
    result = run("init", tmp_path / "center", "--rtp-ports", ports)
    assert result.exit_code == 1
    assert result.stderr.startswith("contactcenter: the ports can't be: ")
    assert list(tmp_path.iterdir()) == []
