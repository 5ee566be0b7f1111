"""The whole configuration as a file: written, read again, and refused with place and fix."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from contactcenter.configuration.difference import difference
from contactcenter.configuration.document import export, read_document
from contactcenter.configuration.models import Agent, Configuration, FlowText, Trunk
from contactcenter.configuration.plain import read_rows
from contactcenter.errors import FileProblems
from contactcenter.ids import AgentNumber
from contactcenter.sample import sample_rows


@pytest.fixture
def now() -> Configuration:
    rows = sample_rows(date(2026, 11, 24), "Asia/Shanghai", lambda: "pass-word-1")["configuration"]
    trunk = Trunk("telecom", host="sip.example.com", username="u", password="pass-word-2")
    return replace(
        read_rows((row["kind"], row["key"], row["data"]) for row in rows), trunks={"telecom": trunk}, revision=7
    )


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "center.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(tmp_path: Path, now: Configuration, text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(FileProblems) as error:
        read_document(written(tmp_path, text), now)
    return [(problem.line, problem.problem) for problem in error.value.problems]


def test_what_was_exported_is_the_same_again(tmp_path: Path, now: Configuration) -> None:
    text = export(now)
    assert read_document(written(tmp_path, text), now) == now
    assert export(read_document(written(tmp_path, text), now)) == text


def test_no_secret_is_in_it(now: Configuration) -> None:
    assert "pass-word" not in export(now)


def test_people_can_read_it(now: Configuration) -> None:
    text = export(now)
    assert "title: 技术支持" in text
    assert "mon-fri: ['09:00-12:00', '13:30-18:00']" in text
    assert "      main-menu:\n" in text  # a flow is text as it was written, not one line with escapes
    assert "ring_seconds" not in text  # what is as it would be anyway is left out


def test_on_another_site_agents_get_passwords_of_their_own(tmp_path: Path, now: Configuration) -> None:
    elsewhere = read_document(written(tmp_path, export(now)), Configuration())
    passwords = {agent.sip_password for agent in elsewhere.agents.values()}
    assert len(passwords) == len(elsewhere.agents) == 6
    assert all(len(password) == 24 for password in passwords)
    assert [(i.kind, i.key) for i in difference(now, elsewhere) if i.kind not in {"agent", "trunk"}] == []


def test_a_section_that_is_not_there_stays_and_an_empty_one_goes(tmp_path: Path, now: Configuration) -> None:
    after = read_document(written(tmp_path, "trunks: {}\nhotlines:\n  '4001234567': {title: 热线}\n"), now)
    assert after.trunks == {}
    assert after.hotlines["4001234567"].title == "热线"
    assert (after.agents, after.queues, after.revision) == (now.agents, now.queues, 7)


def test_a_flow_that_differs_is_the_next_version(tmp_path: Path, now: Configuration) -> None:
    after = read_document(
        written(tmp_path, export(now).replace("failed: not-understood", "failed: to-a-person", 1)), now
    )
    assert after.flows["main"].version == 2
    assert now.flows["main"] == FlowText("main", now.flows["main"].text, 1)


def test_an_agent_may_be_given_a_password(tmp_path: Path, now: Configuration) -> None:
    after = read_document(written(tmp_path, "agents:\n  1001: {name: 张伟, sip_password: abc}\n"), now)
    assert after.agents == {AgentNumber("1001"): Agent(AgentNumber("1001"), "张伟", "abc")}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", [(1, "there is nothing in it")]),
        ("- a\n", [(1, "there is nothing in it")]),
        ("queue:\n  vip: {}\n", [(1, "there is no section queue")]),
        ("queues: [vip]\n", [(1, "queues is no mapping")]),
        ("queues:\n  vip: 3\n", [(2, "queue vip is no mapping")]),
        (
            "queues:\n  vip:\n    title: a\n    ring_seconds: long\n",
            [
                (
                    4,
                    "queue vip: ring_seconds is 'long'. Input should be a valid number, unable to parse string as a number.",
                )
            ],
        ),
        (
            "queues:\n  vip:\n    stratgy: broadcast\n",
            [(2, "queue vip: there is no setting stratgy. Did you mean strategy?")],
        ),
        (
            "agents:\n  abc: {name: x}\n  1001: {name: y, skills: ['a b']}\n",
            [
                (2, "agent 'abc': that can't be its number. Use 2 to 10 digits, such as 1001."),
                (3, r"agent 1001: skills.0 is 'a b'. String should match pattern '^[^\s,\x00-\x1f]{1,40}$'."),
            ],
        ),
        (
            'trunks:\n  t: {host: a.example, password: "x\\ny"}\n',
            [(2, "trunk t: password is wrong. String should match pattern '^[\\x21-\\x3a\\x3c-\\x7e]{0,64}$'.")],
        ),
        (
            "calendars:\n  work: {timezone: Mars/Olympus, weekly: {mon: ['9']}}\n",
            [
                (2, "calendar work, timezone: 'Mars/Olympus' is no time zone. Write it like Asia/Shanghai"),
                (2, "calendar work, weekly: '9' is not a span of time. Write it like 09:00-18:00"),
            ],
        ),
        (
            "routes:\n  VIP: {queue: a, flow: b}\n",
            [(2, "route VIP: a rule leads to a queue or to a flow, and to one of them only.")],
        ),
        ("routes:\n  a: &x {queue: b}\n  c: *x\n", [(None, "YAML anchors and aliases are not used here")]),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, now: Configuration, text: str, problems: list[tuple[int | None, str]]
) -> None:
    assert refused(tmp_path, now, text) == problems


def test_a_file_of_50_mb_is_not_read(tmp_path: Path, now: Configuration) -> None:
    file = tmp_path / "center.yaml"
    with file.open("wb") as out:
        out.truncate(50_000_000)
    with pytest.raises(FileProblems, match="larger than 1 MB"):
        read_document(file, now)
