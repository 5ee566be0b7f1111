"""The admin's commands on a site that is down: each changes what it says, is in the log, and can be taken back."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from command_line import done, read, refusal, run

from contactcenter.cli.main import main


@pytest.fixture
def made(empty: Path) -> Iterator[Path]:
    """The empty site; afterwards as it was."""
    before = done("export", site=empty)
    yield empty
    file = empty / "before.yaml"
    file.write_text(before, encoding="utf-8")
    done("apply", file, "--yes", site=empty)
    assert done("export", site=empty) == before


def changed(made: Path, *words: str) -> list[dict[str, object]]:
    """What a command says it changed: the same with --dry-run before, and nothing when it is said again."""
    tried = read(*words, "--dry-run", site=made)
    assert tried["dry_run"] is True
    outcome = read(*words, site=made)
    assert outcome["changed"] == tried["changed"]
    assert outcome["live"] is False
    items: list[dict[str, object]] = outcome["changed"]
    return items


def test_a_hotline_from_nothing(made: Path) -> None:
    changed(made, "agent", "add", "1007", "name=孙丽", "skills=english,tax")
    changed(made, "queue", "add", "tax", "title=税务", "strategy=least_load")
    changed(made, "queue", "member", "tax", "1007", "--level", "2")
    changed(made, "calendar", "add", "office", "--timezone", "Asia/Shanghai")
    changed(made, "calendar", "set", "office", "mon-fri", "09:00-12:00", "13:30-18:00")
    changed(made, "hotline", "add", "4009990000", "title=热线", "calendar=office")
    changed(made, "route", "add", "tax", "menu.product-menu=1", "queue=tax", "priority=7", "--at", "1")
    assert read("hotline", "show", "4009990000", site=made)["calendar"] == "office"
    assert read("queue", "show", "tax", site=made)["members"] == {"1007": 2}
    assert next(row for row in read("agent", "list", site=made) if row["number"] == "1007")["queues"] == ["tax"]
    assert read("route", "list", site=made)[0]["name"] == "tax"
    assert len(read("agent", "show", "1007", site=made)["sip_password"]) == 24
    tried = read("route", "try", "--keys", "1#,2#,3#", "--at", "2026-11-25 10:00", site=made)
    assert (tried["destination"]["queue"], tried["rule"]) == ("support", "everybody else")
    closed = read("route", "try", "--at", "2026-11-28 10:00", site=made)
    assert (closed["destination"]["kind"], closed["tried"]) == ("end", [])


def test_a_calendar_in_all_its_parts(made: Path) -> None:
    def check(at: str) -> tuple[bool, str]:
        answer = read("calendar", "check", "office", "--at", at, site=made)
        return answer["open"], answer["why"]

    done("calendar", "add", "office", "--holidays", "CN", site=made)
    done("calendar", "set", "office", "mon-fri", "09:00-18:00", site=made)
    assert check("2026-11-25 10:00") == (True, "wed 09:00-18:00")
    assert check("2026-10-01 10:00")[0] is False
    done("calendar", "special", "office", "2026-11-25", "10:30-12:00", "--title", "盘点", site=made)
    assert check("2026-11-25 10:00")[0] is False
    done("calendar", "special", "office", "2026-11-25", "--remove", site=made)
    done("calendar", "season", "office", "winter", "10:00-16:00", "--from", "11-01", "--until", "02-28", site=made)
    assert check("2026-11-25 09:30")[0] is False
    done("calendar", "season", "office", "winter", "--remove", site=made)
    done("calendar", "close", "office", "--until", "2026-11-25 12:00", "--why", "停电", site=made)
    assert check("2026-11-25 10:00") == (False, "closed until 2026-11-25 12:00: 停电")
    assert check("2026-11-25 13:00")[0] is True
    done("calendar", "reopen", "office", site=made)
    table = made / "days.csv"
    table.write_text("2026-11-25,off,搬家\n2026-11-28,work,调休\n", encoding="utf-8")
    done("calendar", "holidays", "office", "--table", str(table), site=made)
    assert check("2026-11-25 10:00")[0] is False
    assert check("2026-11-28 10:00")[0] is True
    assert "调休" in done("calendar", "show", "office", site=made)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("agent", "add", "1"), "agent '1': that can't be its number. Use 2 to 10 digits, such as 1001."),
        (("queue", "add", "tax", "strategy=fastest"), "queue tax: there is no strategy fastest. Use one of: "),
        (("queue", "set", "support", "overflow_full=queue:nowhere"), "queue support: overflow_full"),
        (("queue", "set", "nowhere", "title=x"), "there is no queue nowhere. See: contactcenter queue list"),
        (("queue", "set", "support", "title=a\nb"), "queue support: title is longer than 200 characters, or has a line break"),
        (("queue", "set", "support", "title=" + 201 * "x"), "queue support: title is longer than 200 characters"),
        (("queue", "member", "support", "9999"), "queue support: there is no agent 9999. Add the agent first."),
        (("queue", "remove", "support", "--yes"), "route everybody else: there is no queue support. Use one of: "),
        (("hotline", "add", "400", "calendar=never"), "hotline 400: there is no calendar never. Use one of: "),
        (("hotline", "add", "400", "flow=other"), "hotline 400: there is no flow other. Use one of: main"),
        (("route", "add", "x", "queue=nowhere"), "route x: there is no queue nowhere. Use one of: "),
        (("route", "add", "x", "level=vip"), "route x: a rule leads to a queue or to a flow, and to one of them only."),
        (("route", "move", "nothing", "1"), "there is no route nothing. See: contactcenter route list"),
        (("calendar", "set", "workdays", "someday", "9-18"), "'someday' is not a day of the week."),
        (("calendar", "set", "workdays", "mon", "09:00-12:00", "11:00-13:00"), "the spans 09:00-12:00 and 11:00-13:00 overlap."),
        (("calendar", "holidays", "workdays"), "say one of: a country such as CN, --table FILE, or --off."),
        (("calendar", "remove", "nothing", "--yes"), "there is no calendar nothing. See: contactcenter calendar list"),
        (("flow", "publish", "/nothing.yaml"), "/nothing.yaml: the file is missing. Create it, or name another one."),
        (("flow", "rollback", "main", "9"), "flow main has no version 9. See: contactcenter flow history main"),
        (("apply", "/nothing.yaml", "--yes"), "/nothing.yaml: the file is missing. Create it, or name another one."),
        (("audit", "show", "99999"), "there is no change 99999. See: contactcenter audit list"),
        (("site", "set", "sip.prot=1"), "there is no setting sip.prot. Did you mean sip.port?"),
        (("site", "set", "sip.port=0"), "sip.port is '0': Input should be greater than or equal to 1."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_what_is_refused_changes_nothing(made: Path, words: tuple[str, ...], line: str) -> None:
    before = done("export", site=made), read("audit", "list", site=made)
    assert refusal(*words, site=made).startswith(line)
    assert (done("export", site=made), read("audit", "list", site=made)) == before


def test_every_change_is_in_the_log_and_undo_takes_it_back(made: Path) -> None:
    start = done("export", site=made)
    for words in (
        ("queue", "set", "support", "ring_seconds=15"),
        ("agent", "add", "1008", "name=x", "sip_password=secret-1"),
        ("route", "move", "everybody else", "1"),
    ):
        done(*words, site=made)
    log = read("audit", "list", "--limit", "3", site=made)
    assert [row["command"] for row in log] == [
        "route move 'everybody else' 1",
        "agent add 1008 name=x sip_password=***",
        "queue set support ring_seconds=15",
    ]
    assert all(row["origin"].startswith("command line on ") and row["who"] for row in log)
    (item,) = read("audit", "show", str(log[1]["number"]), site=made)["items"]
    assert item["after"]["sip_password"] == "***"
    assert "secret-1" not in done("audit", "show", str(log[1]["number"]), site=made)
    assert "ring_seconds: 20.0 -> 15.0" in done("audit", "show", str(log[2]["number"]), site=made)
    for _ in range(3):
        done("undo", "--yes", site=made)
    assert done("export", site=made) == start


def test_a_user_without_a_name_is_told_by_number(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs as any user."""
    for name in ("SUDO_USER", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    done("queue", "set", "support", "title=x", site=made)
    assert read("audit", "list", "--limit", "1", site=made)[0]["who"] == "user 54321"
    done("undo", "--yes", site=made)


def test_settings_are_changed_and_taken_back(made: Path) -> None:
    done("site", "set", "service.warning_days=45", "fallback.on_call=1001,1002", site=made)
    settings = read("site", "show", site=made)
    assert (settings["service.warning_days"], settings["fallback.on_call"]) == (45, ["1001", "1002"])
    done("undo", "--yes", site=made)
    assert read("site", "show", site=made)["service.warning_days"] == 30


def test_a_site_lives_in_a_file(made: Path, site: Path) -> None:
    """What one site exported, another applies: then they are the same, and applying again does nothing."""
    file = made / "center.yaml"
    done("export", file, site=site)
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["hotlines"]
    result = run("diff", file, "--json", site=made)
    assert result.exit_code == 1
    wanted = [(item["kind"], item["key"]) for item in json.loads(result.stdout)["changed"]]
    assert ("hotline", "4001234567") in wanted
    outcome = read("apply", str(file), "--yes", site=made)
    assert [(item["kind"], item["key"]) for item in outcome["changed"]] == wanted
    assert done("export", site=made) == done("export", site=site)
    assert read("apply", str(file), "--yes", site=made)["changed"] == []
    assert run("diff", file, site=made).exit_code == 0
    text = file.read_text(encoding="utf-8").replace("queue: vip", "queue: nowhere", 1)
    file.write_text(text, encoding="utf-8")
    before = done("export", site=made)
    assert "there is no queue nowhere" in refusal("apply", file, "--yes", site=made)
    assert done("export", site=made) == before


def test_flows_have_versions(made: Path) -> None:
    file = made / "dialplans/main.yaml"
    text = file.read_text(encoding="utf-8")
    try:
        file.write_text(text.replace('"0": to-a-person', '"0": to-a-persn'), encoding="utf-8")
        assert "leads to to-a-persn, which is no node" in refusal("flow", "publish", file, site=made)
        first = read("flow", "list", site=made)[0]["version"]
        file.write_text(text + "# a remark\n", encoding="utf-8")
        done("flow", "publish", file, site=made)
        assert "+# a remark" in done("flow", "diff", "main", str(first), site=made)
        assert read("flow", "list", site=made)[0]["version"] == first + 1
        done("flow", "rollback", "main", site=made)
        rows = read("flow", "history", "main", site=made)
        assert [row["version"] for row in rows[:3]] == [first + 2, first + 1, first]
        assert read("flow", "list", site=made)[0]["file"] == "differs"
    finally:
        file.write_text(text, encoding="utf-8")
    assert read("flow", "list", site=made)[0]["file"] == "as published"


def test_what_takes_out_asks_first(made: Path) -> None:
    done("agent", "add", "1009", "name=x", site=made)
    from click.testing import CliRunner  # noqa: PLC0415 (with an answer, as run() has none)

    refused = CliRunner().invoke(main, ["--site", str(made), "agent", "remove", "1009"], input="n\n")
    assert refused.exit_code == 1
    assert [row["number"] for row in read("agent", "list", site=made)] == ["1009"]
    taken = CliRunner().invoke(main, ["--site", str(made), "agent", "remove", "1009"], input="y\n")
    assert taken.exit_code == 0
    assert read("agent", "list", site=made) == []


def test_a_missing_sound_is_not_in_the_way_of_an_emergency(made: Path) -> None:
    lost = made / "sounds/zh/welcome.wav"
    sound = lost.read_bytes()
    lost.unlink()
    try:
        done("calendar", "close", "workdays", "--why", "停电", site=made)
        done("undo", "--yes", site=made)
        file = made / "dialplans/main.yaml"
        file.write_text(file.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
        assert "prompt welcome does not exist in zh" in refusal("flow", "publish", file, site=made)
    finally:
        lost.write_bytes(sound)
        done("flow", "publish", made / "dialplans/main.yaml", "--dry-run", site=made)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_our_commands(shell: str) -> None:
    assert "_CONTACTCENTER_COMPLETE" in done("completion", shell)
