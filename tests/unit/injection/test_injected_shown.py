"""What is shown: tables, JSON, exports, drawings, logs. Nothing moves a cursor, starts a line, runs in a spreadsheet or a page."""

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from injection import encodable, unseen

from contactcenter import events as e
from contactcenter.cli.output import print_fields, print_json, print_table, say
from contactcenter.customers.sheets import defused, fused, opened, write_table
from contactcenter.ids import AgentNumber, CallId, QueueName
from contactcenter.ivr.drawing.mermaid import mermaid
from contactcenter.ivr.drawing.picture import Box, Picture
from contactcenter.ivr.drawing.svg import svg
from contactcenter.recording.recorder import Recorder
from contactcenter.reports.explain import explain_call
from contactcenter.reports.queue_log import QueueLog

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
CALL, VIP, AGENT = CallId("1.1"), QueueName("vip"), AgentNumber("1001")


def test_in_a_table(nasty: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"name": nasty}, {"name": "next"}], (("name", "name"),), ZONE, "none")
    print_fields({"name": nasty}, ZONE)
    say(nasty)
    out = capsys.readouterr().out
    assert unseen(out) == []
    assert encodable(out)


def test_as_json(nasty: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": nasty, nasty: [nasty]})
    out = capsys.readouterr().out
    assert unseen(out) == []
    assert encodable(out)
    assert json.loads(out) == {"name": nasty, nasty: [nasty]}


def test_in_a_spreadsheet(nasty: str) -> None:
    """Nothing in a cell begins as a formula does, and an import takes the text as it was."""
    cell = defused(nasty)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert fused(cell) == nasty


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_in_a_file_that_is_imported_again(tmp_path: Path, nasty: str, kind: str) -> None:
    """As of customers: what their documents refuse never comes there."""
    if not encodable(nasty) or any(ord(c) < 0x20 or c in "\x7f\ufffe\uffff" for c in nasty):
        return
    file = tmp_path / f"x.{kind}"
    write_table(file, ["a", "b"], [[nasty, "end"]])
    with opened(file) as (headings, rows, _):
        assert headings == ("a", "b")
        (row,) = rows
    assert (fused(row.cells[0] or ""), row.cells[1]) == (nasty, "end")


def test_in_a_drawing(nasty: str) -> None:
    """Mermaid and SVG are looked at in browsers: no tag but ours is in them."""
    picture = Picture("main", "a", {"a": Box(nasty, "leads", nasty, (nasty,))}, ())
    text = svg(picture)
    assert encodable(text)
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()}  # noqa: S314 (we made it)
    assert tags <= {"svg", "rect", "text", "tspan", "path", "g", "defs", "marker", "style", "polygon", "title"}
    drawn = mermaid(picture)
    assert len(drawn.splitlines()) == len(
        mermaid(Picture("main", "a", {"a": Box("x", "leads", "x", ("x",))}, ())).splitlines()
    )
    assert "<script" not in drawn


def test_in_the_queue_log(nasty: str) -> None:
    """One line for each event, with the fields it has for any caller."""
    log = QueueLog(lambda _: (VIP,), lambda _: "")
    log.lines(e.CallArrived(at=START, call=CALL, hotline="4001234567", caller=nasty, raw_caller=nasty))
    lines = log.lines(e.CallQueued(at=START, call=CALL, queue=VIP, priority=1, position=1))
    lines += log.lines(e.AgentPaused(at=START, agent=AGENT, reason=nasty))
    assert lines
    for line in lines:
        assert unseen(line.removesuffix("\n")) == []
        assert "\n" not in line.removesuffix("\n")
        assert line.count("|") in {5, 6, 7}


def test_in_an_explanation(nasty: str) -> None:
    facts = [
        e.CallArrived(at=START, call=CALL, hotline="4001234567", caller="", raw_caller=nasty, trunk=nasty),
        e.CallerIdentified(at=START, call=CALL, by="number", company_name=nasty, contact_name=nasty),
    ]
    assert all(nasty.strip() in line["text"] for line in explain_call(facts))


def test_a_fact_is_read_as_it_was_written(nasty: str) -> None:
    fact = e.CallArrived(at=START, call=CallId(nasty), hotline=nasty, caller=nasty, caller_name=nasty)
    assert e.Fact.read(fact.kind, fact.at, json.loads(json.dumps(fact.data()))) == fact


def test_the_file_of_a_recording(tmp_path: Path, nasty: str) -> None:
    """An id from Asterisk is no path, whatever is in it."""
    recorder = Recorder(tmp_path / "recordings")
    for file in (*recorder.parts(CallId(nasty)), recorder.message_part(CallId(nasty))):
        assert file.resolve().is_relative_to(recorder.folder.resolve())
        assert ".." not in file.parts
        assert file.name.isascii()
