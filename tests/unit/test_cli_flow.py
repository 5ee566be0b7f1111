"""flow check, show, try, as an admin types them."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner
from command_line import done, read, refusal, run

from contactcenter.cli.main import main

MENU = """\
start: ask
nodes:
  ask: {type: menu, prompt: menu-main, keys: {"1": bye, "2": bye, "0": bye}, failed: bye}
  bye: {type: hangup, prompt: goodbye}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "center"
    done("init", folder, "--sample")
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "main.yaml"
    made.write_text(MENU, encoding="utf-8")
    return made


def test_check_of_what_is_published_and_of_files(site: Path, file: Path) -> None:
    assert done("flow", "check", site=site) == "main: 9 nodes, nothing wrong\n"
    assert done("flow", "check", file, site=site) == "main: 2 nodes, nothing wrong\n"
    assert read("flow", "check", str(file), site=site) == []


def test_check_tells_every_problem_with_file_and_line(site: Path, file: Path) -> None:
    file.write_text(MENU.replace('"0": bye', '"3": bye').replace("goodbye", "godbye"), encoding="utf-8")
    result = run("flow", "check", file, site=site)
    assert result.exit_code == 1
    assert [line.partition(". ")[0].removeprefix("contactcenter: ") for line in result.stderr.splitlines()] == [
        f"{file}:3: prompt menu-main speaks of key 0 in zh, which menu ask does not handle",
        f"{file}:3: menu ask handles key 3, which prompt menu-main does not speak of in zh",
        f"{file}:4: prompt godbye does not exist in zh",
    ]
    told = json.loads(run("flow", "check", file, "--json", site=site).stdout)
    assert [problem["line"] for problem in told] == [3, 3, 4]


def test_publish_proves_what_check_proves(site: Path, file: Path, tmp_path: Path) -> None:
    file.write_text(MENU.replace('"0": bye', '"3": bye'), encoding="utf-8")
    for words in (("flow", "publish", file), ("flow", "publish", file, "--dry-run")):
        result = run(*words, site=site)
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"{file}:3: prompt menu-main speaks of key 0 in zh" in result.stderr
    assert done("flow", "check", site=site) == "main: 9 nodes, nothing wrong\n"
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "main.yaml"
    twin.write_text(MENU, encoding="utf-8")
    for verb in ("check", "publish"):
        assert "two of these files have the same name" in refusal("flow", verb, file, twin, site=site)


def test_no_way_brings_back_a_menu_whose_prompt_speaks_of_other_keys_now(tmp_path: Path) -> None:
    site = tmp_path / "center"
    done("init", site, "--sample")
    saved = tmp_path / "saved.yaml"
    saved.write_text(done("export", site=site), encoding="utf-8")
    prompts = site / "sounds/zh/prompts.yaml"
    spoken = prompts.read_text(encoding="utf-8")
    prompts.write_text(spoken.replace("人工服务请按零", "人工服务请按三"), encoding="utf-8")
    file = site / "dialplans/main.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace('"0":', '"3":'), encoding="utf-8")
    done("flow", "publish", file, site=site)
    for words in (("flow", "rollback", "main"), ("undo", "--yes"), ("apply", saved, "--yes")):
        result = run(*words, site=site)
        assert result.exit_code == 1
        assert "menu main-menu handles key 0, which prompt menu-main does not speak of in zh" in result.stderr
    assert read("flow", "list", site=site)[0]["version"] == 2


@pytest.mark.parametrize(("name", "what"), [("none.yaml", "the file is missing"), (".", "this is no file")])
def test_check_of_what_is_no_file(site: Path, tmp_path: Path, name: str, what: str) -> None:
    assert what in refusal("flow", "check", tmp_path / name, site=site)


def test_show_as_a_tree_and_as_files(site: Path, file: Path, tmp_path: Path) -> None:
    drawn = done("flow", "show", "main", site=site)
    assert "opening-hours (hours)" in drawn
    assert "软件使用问题请按一" in drawn
    assert "-> main-menu" in drawn
    picture, text = tmp_path / "flow.svg", tmp_path / "flow.mmd"
    assert done("flow", "show", file, "--svg", picture, "--mermaid", text, "--language", "en", site=site) == ""
    assert ET.parse(picture).getroot().tag.endswith("svg")  # noqa: S314 (our own)
    assert text.read_text(encoding="utf-8").startswith("flowchart TD\n")
    assert "there is no flow night" in refusal("flow", "show", "night", site=site)
    assert "can't be written" in refusal("flow", "show", "main", "--svg", tmp_path / "no" / "x.svg", site=site)


def test_try_walks_to_the_queue_and_says_why(site: Path) -> None:
    said = done("flow", "try", "--caller", "13800000001", "--at", "2026-12-31 18:05", "--keys", "1,2", site=site)
    assert "hours      open: calendar always, thu 00:00-24:00" in said
    assert "routing    rule 'VIP in service' matched: all conditions hold" in said
    assert said.splitlines()[-1] == "end        queue, queue vip, priority 8"
    told = read("flow", "try", "--caller", "13800000001", "--keys", "1,2", site=site)
    assert told["destination"] == {"kind": "queue", "queue": "vip", "priority": 8}
    assert told["nodes"][-1] == "main/to-a-person"


def test_try_of_a_file_with_keys_from_the_keyboard(site: Path, file: Path) -> None:
    words = ["--site", str(site), "flow", "try", str(file), "--caller", "13800000001"]
    result = CliRunner().invoke(main, words, input="\n2\n")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "end        end, why ended by the flow")
    assert "[no-key]" in result.stdout
    for gone in ("h\n", ""):
        result = CliRunner().invoke(main, words, input=gone)
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "end        hung up")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--hotline", "1"), "there is no hotline 1. Use one of: 4001234567"),
        (("--caller", "x"), "'x' is no number that a caller can have. Write it as 13800000001 or +8613800000001."),
        (("--flow", "night"), "there is no flow night. Use one of: main"),
    ],
)
def test_try_of_what_does_not_exist(site: Path, words: tuple[str, str], line: str) -> None:
    assert refusal("flow", "try", "--keys", "1", *words, site=site) == line
