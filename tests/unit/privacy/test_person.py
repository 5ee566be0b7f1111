"""One caller: everything is handed over, and nothing is left of them but a pseudonym; figures and others stay as they were."""

import asyncio
import hashlib
import json
import shutil
import sqlite3
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import CALL, START, done, read, refusal, run

from contactcenter import events as e
from contactcenter.config import read_settings
from contactcenter.ids import CallId, CompanyId, ContactId, QueueName
from contactcenter.privacy.logs import replace_in
from contactcenter.privacy.person import Person, Pseudonym, forms_of
from contactcenter.site import Site
from contactcenter.store.database import open_database
from contactcenter.store.writer import write_facts

NUMBER, NAME, COMPANY = "+8613800000001", "王建国", "北京华远商贸有限公司"
UNKNOWN, OTHER = "+8613911112222", "+8613911112223"
MARKS = ("wang.jianguo@example.com", "wjg-wechat-88", "likes tea", "sent-by-trunk-name", "4402901")
CDR = (
    '"","13800000001","4001234567","trunk","""{name}"" <13800000001>","PJSIP/trunk-1","","AGI","","2026-11-25 01:00:00","","",1,1,"ANSWERED","3","1795500000.42",""\n'
    '"","138000000011","4001234567","trunk","""Other"" <138000000011>","PJSIP/trunk-1","","AGI","","2026-11-25 01:00:00","","",1,1,"ANSWERED","3","1795500000.43",""\n'
)
QUEUE_LOG = "1795568405|1795500000.42|vip|NONE|ENTERQUEUE||+8613800000001|1\n1795568406|1795500000.43|vip|NONE|ENTERQUEUE||+86138000000011|1\n"


def call(number: str, caller: str, *more: e.Fact, days: int = 0) -> list[e.Fact]:
    at = START + timedelta(days=days)
    arrived = e.CallArrived(
        at=at, call=CallId(number), hotline="4001234567", caller=caller, raw_caller=caller[3:], caller_name=MARKS[3]
    )
    ended = e.CallEnded(at=at + timedelta(seconds=60), call=CallId(number), outcome="callback")
    return [arrived, *more, ended]


def facts() -> list[e.Fact]:
    """A call of the contact from a number of no contact, one of an unknown caller who is called back, one of somebody else."""
    one, two = CallId("1795500001.1"), CallId("1795500002.1")
    at = START
    known = e.CallerIdentified(
        at=at,
        call=one,
        by="service_code",
        company=CompanyId(1),
        company_name=COMPANY,
        contact=ContactId(1),
        contact_name=NAME,
    )
    digits = e.DigitsCollected(at=at, call=one, flow="main", node="order", variable="order", digits=MARKS[4], ok=True)
    routed = e.CallRouted(
        at=at,
        call=one,
        queue=QueueName("vip"),
        priority=1,
        rule="x",
        case={"hotline": "4", "caller": NUMBER, "values": {"order": MARKS[4]}},
    )
    promised = e.CallbackRequested(
        at=at,
        call=two,
        queue=QueueName("vip"),
        number=UNKNOWN,
        priority=1,
        since=at,
        hotline="4001234567",
        name="somebody",
    )
    kept = e.CallbackEnded(at=at, call=two, outcome="answered")
    saved = e.RecordingSaved(at=at, call=one, path="2026/11/25/one.wav", seconds=2)
    alarm = e.AlarmRaised(at=at, name="callback_given_up", detail=f"the callback to {NUMBER} was given up")
    return [
        *call(one, NUMBER, known, digits, routed, saved),
        *call(two, UNKNOWN, promised, kept),
        *call("1795500003.1", OTHER),
        alarm,
    ]


@pytest.fixture
def mine(site: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    shutil.copytree(site, folder)
    done("contact", "edit", "1", f"mail={MARKS[0]}", f"wechat={MARKS[1]}", f"notes={MARKS[2]}", site=folder)
    done("contact", "edit", "1", "--add-number", "13800009999", site=folder)

    async def happen() -> None:
        database = open_database(Site(folder).database_url(read_settings(folder)))
        await write_facts(database, facts())
        await database.dispose()

    asyncio.run(happen())
    (folder / "recordings/2026/11/25/one.wav").write_bytes(b"RIFF what he said")
    (folder / "log/cdr-csv").mkdir()
    (folder / "log/cdr-csv/Master.csv").write_text(CDR.format(name=MARKS[3]), encoding="utf-8")
    (folder / "log/queue_log").write_text(QUEUE_LOG, encoding="utf-8")
    return folder


def traces(site: Path, *words: str) -> list[str]:
    """Where these words stand in any file of the site: as they are, and as JSON escapes them."""
    forms = {form.encode() for word in words for form in (word, json.dumps(word).strip('"'))}
    return sorted(
        f"{file.relative_to(site)}: {form.decode()}"
        for file in site.rglob("*")
        if file.is_file() and file.relative_to(site).parts[0] not in {"sounds", "dialplans"}
        for form in forms
        if form in file.read_bytes()
    )


def test_everything_is_handed_over(mine: Path, tmp_path: Path) -> None:
    file = tmp_path / "wang.zip"
    told = done("person", "export", "138 0000 0001", file, site=mine)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "2 calls" in told
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        documents = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
        assert archive.read("recordings/2026/11/25/one.wav") == b"RIFF what he said"
        lines = archive.read("log-lines.txt").decode().splitlines()
    assert documents["person.json"]["contact"]["mail"] == MARKS[0]
    assert documents["person.json"]["numbers"] == [NUMBER, "+8613800009999"]
    assert {row["id"] for row in documents["calls.json"]} == {CALL, "1795500001.1"}
    assert {row["kind"] for row in documents["facts.json"]} >= {"CallArrived", "DigitsCollected", "TicketOpened"}
    assert [row["number"] for row in documents["tickets.json"]] == [1]
    assert [row["path"] for row in documents["recordings.json"]] == ["2026/11/25/one.wav", f"2026/11/25/{CALL}.wav"]
    assert [line.split(":")[0] for line in lines] == ["cdr-csv/Master.csv", "queue_log"]
    assert OTHER not in str(documents)
    assert refusal("person", "export", NUMBER, file, site=mine) == f"{file} is there already. Name another file."


def test_recordings_are_handed_over_decrypted_or_nothing_is(mine: Path, tmp_path: Path) -> None:
    done("recording", "key", "new", site=mine)
    done("recording", "rekey", site=mine)
    done("person", "export", "1", tmp_path / "wang.zip", site=mine)
    with zipfile.ZipFile(tmp_path / "wang.zip") as archive:
        assert archive.read("recordings/2026/11/25/one.wav") == b"RIFF what he said"
    shutil.rmtree(mine / "recording-keys")
    assert "none of the keys here opens it" in refusal("person", "export", "1", tmp_path / "again.zip", site=mine)
    assert not (tmp_path / "again.zip").exists()


def test_nothing_is_left_but_the_pseudonym(mine: Path) -> None:
    before = {name: read(*name.split(), site=mine) for name in ("call list", "ticket list", "customer list")}
    assert traces(mine, NUMBER, NAME, *MARKS), "there is something to be found"
    told = json.loads(done("person", "erase", NUMBER, "--yes", "--json", site=mine))
    pseudonym = told["pseudonym"]
    assert told["rows"]["recordings"] == 2
    own = ("+8613800000001|", '"13800000001"', "<13800000001>", "13800009999", NAME, *MARKS[:3], MARKS[4])
    assert traces(mine, *own) == []
    assert traces(mine, "what he said") == []
    after = {name: read(*name.split(), site=mine) for name in before}
    theirs = {CALL, "1795500001.1"}
    for old, new in zip(before["call list"], after["call list"], strict=True):
        changed = {key for key in old if old[key] != new[key]}
        assert changed == ({"caller", "contact", "recording"} if old["id"] in theirs else set()), old["id"]
        assert old["id"] not in theirs or new["caller"] == new["contact"] == pseudonym
    assert [
        (row["caller"], row["contact"], pseudonym in row["title"] or row["title"] == "Call")
        for row in after["ticket list"]
    ] == [(pseudonym, pseudonym, True)]
    left = next(one for one in after["customer list"] if one["name"] == COMPANY)
    assert [contact["name"] for contact in left["contacts"] if contact["id"] == 1] == []
    assert len(after["customer list"]) == len(before["customer list"])
    shown = read("call", "show", "1795500001.1", site=mine)["facts"]
    assert next(fact for fact in shown if fact["kind"] == "CallRouted")["case"]["caller"] == pseudonym
    assert next(fact for fact in shown if fact["kind"] == "CallerIdentified")["contact_name"] == pseudonym
    assert pseudonym in read("alarm", "list", site=mine)[0]["detail"]


def test_recordings_are_gone_provably(mine: Path) -> None:
    done("person", "erase", "1", "--yes", site=mine)
    rows = {row["path"]: row for row in read("recording", "deletions", site=mine)}
    one = rows["2026/11/25/one.wav"]
    assert (one["why"], one["gone"], one["sha256"]) == (
        "erased",
        True,
        hashlib.sha256(b"RIFF what he said").hexdigest(),
    )
    assert read("recording", "list", site=mine) == []


def test_the_audit_log_tells_that_it_was_done_and_not_of_whom(mine: Path) -> None:
    done("person", "erase", "13800000001", "--yes", site=mine)
    entry = read("audit", "list", site=mine)[0]
    assert (entry["command"], entry["items"]) == ("person erase ***", 1)
    items = read("audit", "show", str(entry["number"]), site=mine)["items"]
    assert items[0]["kind"] == "person"
    assert items[0]["after"]["calls"] == 2
    everything = "".join(
        done("audit", "show", str(row["number"]), "--json", site=mine) for row in read("audit", "list", site=mine)
    )
    for word in (NUMBER, "13800009999", NAME, *MARKS):
        assert word not in everything


def test_an_erasure_is_never_taken_back(mine: Path) -> None:
    """Undo passes it over, and what it takes back brings nobody back."""
    done("person", "erase", "1", "--yes", site=mine)
    result = run("undo", "--yes", site=mine)
    assert "person erase" not in result.output
    assert traces(mine, NUMBER + "|", NAME, *MARKS[:3]) == []


def test_log_files_keep_their_length_and_everybody_else(mine: Path) -> None:
    files = {name: mine / "log" / name for name in ("cdr-csv/Master.csv", "queue_log")}
    before = {name: file.read_bytes() for name, file in files.items()}
    inodes = {name: file.stat().st_ino for name, file in files.items()}
    done("person", "erase", NUMBER, "--yes", site=mine)
    for name, file in files.items():
        old, new = before[name].splitlines(), file.read_bytes().splitlines()
        assert file.stat().st_ino == inodes[name], "whoever has it open goes on writing into it"
        assert [len(line) for line in old] == [len(line) for line in new]
        assert old[0] != new[0]
        assert old[1] == new[1]
    assert MARKS[3].encode() not in files["cdr-csv/Master.csv"].read_bytes()


def test_a_caller_who_is_only_a_number(mine: Path) -> None:
    told = json.loads(done("person", "erase", UNKNOWN, "--yes", "--json", site=mine))
    assert traces(mine, UNKNOWN, UNKNOWN[3:], "somebody") == []
    assert traces(mine, OTHER), "a number that differs in one digit is somebody else's"
    assert {row["caller"] for row in read("call", "list", site=mine)} == {"", NUMBER, OTHER, told["pseudonym"]}
    assert refusal("person", "erase", UNKNOWN, "--yes", site=mine) == f"nothing is known of {UNKNOWN}."


def test_a_dry_run_changes_nothing_and_says_the_same(mine: Path) -> None:
    with sqlite3.connect(mine / "data/contactcenter.db") as database:
        before = list(database.iterdump())
    files = {file: file.read_bytes() for file in (mine / "log").rglob("*") if file.is_file()}
    would = json.loads(done("person", "erase", NUMBER, "--dry-run", "--json", site=mine))
    with sqlite3.connect(mine / "data/contactcenter.db") as database:
        assert list(database.iterdump()) == before
    assert {file: file.read_bytes() for file in files} == files
    assert (mine / "recordings/2026/11/25/one.wav").exists()
    told = json.loads(done("person", "erase", NUMBER, "--yes", "--json", site=mine))
    would["rows"]["facts"] = told["rows"]["facts"]  # two facts more: the recordings' deletion
    assert told["rows"] == would["rows"]


def test_nobody_is_erased_who_is_on_the_line_or_waits_for_a_callback(mine: Path) -> None:
    now = datetime.now(UTC)

    async def write(*more: e.Fact) -> None:
        database = open_database(Site(mine).database_url(read_settings(mine)))
        await write_facts(database, list(more))
        await database.dispose()

    live = CallId("1795500009.1")
    asyncio.run(write(e.CallArrived(at=now, call=live, hotline="4001234567", caller=NUMBER)))
    line = refusal("person", "erase", NUMBER, "--yes", site=mine)
    assert line == "a call of theirs goes on. Wait until it is over: contactcenter call list"
    promise = e.CallbackRequested(at=now, call=live, queue=QueueName("vip"), number=NUMBER, priority=1, since=now)
    asyncio.run(write(e.CallEnded(at=now, call=live, outcome="callback"), promise))
    assert "a callback is promised to them" in refusal("person", "erase", NUMBER, "--yes", site=mine)
    assert (mine / "recordings/2026/11/25/one.wav").exists()


@pytest.mark.parametrize("who", ["nobody", "", "99999999999", "+1", "--"])
def test_what_is_nobody_is_told(mine: Path, who: str) -> None:
    result = run("person", "erase", who, "--yes", site=mine)
    assert result.exit_code in {1, 2}
    assert "Traceback" not in result.output


def test_who_says_no_changes_nothing(mine: Path) -> None:
    before = traces(mine, NUMBER, NAME)
    assert run("person", "erase", NUMBER, site=mine).exit_code == 1
    assert traces(mine, NUMBER, NAME) == before


# ---- pure


def test_a_number_is_found_in_every_form_and_never_inside_another() -> None:
    assert forms_of(NUMBER, "CN") == {NUMBER, "8613800000001", "008613800000001", "13800000001"}
    assert "01062345678" in forms_of("+861062345678", "CN")
    pseudonym = Pseudonym(Person((NUMBER,)), "CN")
    for text in ("+8613800000001", "13800000001", "008613800000001", "tel:13800000001;x"):
        assert "0000001" not in pseudonym.of_numbers(text)
    for text in ("138000000011", "9913800000001", "+8613800000002"):
        assert pseudonym.of_numbers(text) == text


def test_two_erasures_have_two_pseudonyms_that_tell_nothing() -> None:
    names = {Pseudonym(Person((NUMBER,)), "CN").name for _ in range(100)}
    assert len(names) == 100


def test_nobody_is_nothing() -> None:
    pseudonym = Pseudonym(Person(()), "CN")
    value: dict[str, Any] = {"a": ["b", 1, None, {"c": "+8613800000001"}]}
    assert pseudonym.value(value, own=True) == value


def test_lines_appended_meanwhile_are_kept(tmp_path: Path) -> None:
    """As Asterisk does: a file opened for appending goes on where it was."""
    file = tmp_path / "queue_log"
    with file.open("ab", buffering=0) as log:
        log.write(b"1|+8613800000001|\n")
        replace_in(tmp_path, Pseudonym(Person((NUMBER,)), "CN"))
        log.write(b"2|+8613800000002|\n")
    assert file.read_bytes().endswith(b"|\n2|+8613800000002|\n")
    assert b"0000001" not in file.read_bytes()
