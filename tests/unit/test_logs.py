"""Lines of the log: one each, whatever is in them, with the call they are about, and no secret."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from contactcenter.logs import AGENT, CALL, set_up

log = logging.getLogger("contactcenter.test")


class Out(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()

    @property
    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def logging_kept() -> Iterator[None]:
    before, level = logging.root.handlers[:], logging.root.level
    logging.root.handlers[:] = []
    yield
    logging.root.handlers[:] = before
    logging.root.setLevel(level)


@pytest.fixture
def out(logging_kept: None) -> Out:
    made = Out(terminal=False)
    set_up("json", made)
    return made


async def test_each_task_tells_its_own_call(out: Out) -> None:
    both = asyncio.Barrier(2)

    async def call(name: str) -> None:
        CALL.set(name)
        await both.wait()
        log.info("first of %s", name)
        await asyncio.create_task(part())

    async def part() -> None:
        log.info("from a task of its task")

    async with asyncio.TaskGroup() as group:
        for name in ("1.1", "1.2"):
            group.create_task(call(name))
    log.info("of no call")
    assert {(line["message"], line.get("call")) for line in out.json} == {
        ("first of 1.1", "1.1"),
        ("first of 1.2", "1.2"),
        ("from a task of its task", "1.1"),
        ("from a task of its task", "1.2"),
        ("of no call", None),
    }


async def test_a_line_says_when_how_bad_and_of_whom(out: Out) -> None:
    AGENT.set("1001")
    log.warning("alarm %s", "x", extra={"call": "1.9", "agent": None})
    (line,) = out.json
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "level": "warning",
        "logger": "contactcenter.test",
        "message": "alarm x",
        "call": "1.9",
        "agent": "1001",
    }


def fail(text: str) -> None:
    raise ValueError(text)


def test_a_traceback_stays_in_its_line(out: Out) -> None:
    try:
        fail("two\nlines")
    except ValueError:
        log.exception("failed")
    (line,) = out.json
    assert line["error"].endswith("ValueError: two\nlines")


NASTY = "王\r\nERROR forged: \x1b[31mred\x00\u202e\u2028😀e\u0301"


def test_nothing_forges_a_line(logging_kept: None) -> None:
    out = Out(terminal=False)
    set_up("text", out)
    log.info("caller %s", NASTY)
    try:
        fail(NASTY)
    except ValueError:
        log.exception("failed")
    first, second, *traceback = out.lines
    assert first.endswith(
        "INFO contactcenter.test: caller 王\\x0d\\x0aERROR forged: \\x1b[31mred\\x00\\u202e\\u2028😀e\u0301"
    )
    assert second.endswith("ERROR contactcenter.test: failed")
    assert traceback
    assert all(line.startswith("  ") for line in traceback)
    assert "\x1b" not in out.getvalue()


def test_half_a_character_is_written_all_the_same(logging_kept: None, tmp_path: Any) -> None:
    for style in ("text", "json"):
        with (tmp_path / style).open("w", encoding="utf-8", errors="backslashreplace") as file:
            set_up(style, file)
            log.info("caller %s", "a\ud800b")
        assert "ud800b" in (tmp_path / style).read_text(encoding="utf-8")


def test_a_person_reads_text(logging_kept: None) -> None:
    out = Out(terminal=True)
    set_up("json", out)
    log.info("hello", extra={"call": "1.1"})
    (line,) = out.lines
    assert line.endswith(" INFO contactcenter.test: hello [call 1.1]")
