"""Help, wrong usage and refusals: every command says how it is used, and every refusal is one clear line."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from command_line import CALL, done, refusal, run

from contactcenter.cli.main import main


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


COMMANDS = sorted(commands(main))


def test_the_commands_of_the_issue_exist() -> None:
    assert set(COMMANDS) >= {
        *((name,) for name in ("init", "up", "down", "status", "serve", "doctor")),
        *(("agent", verb) for verb in ("list", "show")),
        *(("call", verb) for verb in ("list", "show", "explain")),
        *(("ticket", verb) for verb in ("list", "show")),
        ("queue", "list"),
        ("customer", "list"),
        ("recording", "list"),
        ("prompt", "set"),
    }


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(command: tuple[str, ...]) -> None:
    words = " ".join(done(*command, "--help").split())
    example = re.search(r"Example: contactcenter (?:--site \S+ )?(.*?)(?: Options:|$)", words)
    assert example, words
    assert example[1].startswith(" ".join(command))
    assert words.index("Example:") > words.index("Usage:") + 20


@pytest.mark.parametrize("word", ["agent", "call", "customer", "prompt", "queue", "recording", "ticket"])
def test_every_noun_tells_its_verbs(word: str) -> None:
    text = done(word, "--help")
    for command in COMMANDS:
        if command[0] == word:
            assert f"  {command[1]} " in text


@pytest.mark.parametrize(
    "words",
    [
        ("bogus",),
        ("agent", "bogus"),
        ("--bogus",),
        ("init",),
        ("init", "x", "--sip-port", "0"),
        ("init", "x", "--sip-port", "65536"),
        ("init", "x", "--http-port", "http"),
        ("agent", "show"),
        ("agent", "show", "1", "2"),
        ("ticket", "show", "one"),
        ("call", "list", "--limit", "0"),
        ("prompt", "list", "--language", "fr"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2(words: tuple[str, ...], site: Path) -> None:
    result = run(*words, site=site)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: ")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("agent", "show", "9999"), "there is no agent 9999. See: contactcenter agent list"),
        (("call", "show", "1.2"), "there is no call 1.2. See: contactcenter call list"),
        (("call", "explain", "1.2"), "there is no call 1.2. See: contactcenter call list"),
        (("ticket", "show", "99"), "there is no ticket 99. See: contactcenter ticket list"),
        (("agent", "login", "1001"), "the controller does not answer. Start it: contactcenter up"),
        (("agent", "pause", "1001", "--reason", "lunch"), "the controller does not answer. Start it: contactcenter up"),
        (("prompt", "set", "welcome", "/nothing.wav"), "/nothing.wav is no file. Name a WAV or MP3 file."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_refusal_is_exit_1_and_one_line(words: tuple[str, ...], line: str, site: Path) -> None:
    assert refusal(*words, site=site) == line
    assert refusal(*words, site=site / "data").startswith(f"{site / 'data'} is no site: it has no contactcenter.toml. ")


def test_without_a_site_it_says_how_to_name_one() -> None:
    assert refusal("call", "list") == "which site? Say --site DIR, or set CONTACTCENTER_SITE."


def test_the_site_may_come_from_the_environment(site: Path) -> None:
    result = CliRunner(env={"CONTACTCENTER_SITE": str(site)}).invoke(main, ["call", "list"])
    assert (result.exit_code, CALL in result.stdout) == (0, True)


def test_wrong_settings_are_one_line_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "contactcenter.toml").write_text("[sip]\nport = 0\n", encoding="utf-8")
    line = refusal("status", site=tmp_path)
    assert line == f"{tmp_path}/contactcenter.toml:2: sip.port is 0. Input should be greater than or equal to 1."


def test_words_that_are_no_text_are_refused() -> None:
    """As a terminal of another encoding sends them."""
    result = run("queue", "set", "support", "title=\udcff")
    assert result.exit_code == 2
    assert "is not UTF-8" in result.stderr


def test_a_number_that_no_change_can_have() -> None:
    assert run("audit", "show", str(10**30)).exit_code == 2
