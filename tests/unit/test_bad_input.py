"""Bad input of every kind once got a traceback, a wrong line, or went unseen: one test for each."""

import asyncio
import wave
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from contactcenter import events as e
from contactcenter.cli.main import main
from contactcenter.cli.output import text
from contactcenter.config import FILE, SECRETS, Secrets, read_secrets, read_settings, write_secrets
from contactcenter.customers.numbers import normalise
from contactcenter.dialplan import prompt_texts, read_dialplans
from contactcenter.errors import BadInput, ContactCenterError, FileProblems
from contactcenter.hours.calendar import Span
from contactcenter.ids import CallId
from contactcenter.ivr.known import Known
from contactcenter.ivr.loader import load_flow, load_rules
from contactcenter.recording.errors import RecordingError
from contactcenter.recording.recorder import Recorder
from contactcenter.site import Site
from contactcenter.store import tables as t
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.store.writer import FactWriter

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def problems(tmp_path, text, load=lambda f: load_flow(f, Known({"zh": {"welcome", "wrong-key", "no-key"}}))):
    f = tmp_path / "f.yaml"
    f.write_text(text)
    with pytest.raises(FileProblems) as x:
        load(f)
    return x.value.problems


def rules_of(f):
    return load_rules(f, ["vip"], ["main-menu"])


def test_list_as_key(tmp_path):
    problems(tmp_path, "? [a, b]\n: c\n")


def test_rules_is_a_number(tmp_path):
    problems(tmp_path, "rules: 5\n", rules_of)


def test_long_chain(tmp_path):
    f = tmp_path / "f.yaml"
    f.write_text(
        "start: n0\nnodes:\n"
        + "".join(f"  n{i}: {{type: play, prompt: welcome, next: n{i + 1}}}\n" for i in range(1500))
        + "  n1500: {type: done}\n"
    )
    load_flow(f, Known({"zh": {"welcome"}}))


def test_directory(tmp_path):
    (tmp_path / "f.yaml").mkdir()
    with pytest.raises(FileProblems):
        load_flow(tmp_path / "f.yaml", Known({}))


def test_control_character_one_line(tmp_path):
    assert "\n" not in str(problems(tmp_path, "start: a\x00b\n")[0])


def test_an_unquoted_key_is_the_key(tmp_path):
    f = tmp_path / "f.yaml"
    f.write_text(
        "start: m\nnodes:\n  m:\n    type: menu\n    prompt: welcome\n    failed: d\n    keys:\n      1: d\n  d:\n    type: done\n"
    )
    assert load_flow(f, Known({"zh": {"welcome", "wrong-key", "no-key"}})).nodes["m"].keys == {"1": "d"}


def test_wrong_key_in_when(tmp_path):
    (p,) = problems(tmp_path, "rules:\n  - name: a\n    queue: vip\n    when: {leve: [vip]}\n", rules_of)
    assert "level" in p.fix


def test_on_as_node_name(tmp_path):
    f = tmp_path / "f.yaml"
    f.write_text("start: on\nnodes:\n  on: {type: done}\n")
    assert load_flow(f, Known({})).start == "on"


def cfg(tmp_path, text, name=FILE, read=read_settings):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ContactCenterError) as x:
        read(tmp_path)
    return str(x.value)


def test_settings_not_utf8(tmp_path):
    cfg(tmp_path, 'name = "é"\n'.encode("latin-1"))


def test_on_call_numbers_have_a_line(tmp_path):
    assert ".toml:2:" in cfg(tmp_path, "[fallback]\non_call = [1001]\n")


def test_rtp_line_without_dump(tmp_path):
    assert "{" not in cfg(tmp_path, "[sip]\nrtp_first = 5\nrtp_last = 4\n")


def test_secret_not_in_message(tmp_path):
    assert "12345" not in cfg(
        tmp_path, 'ami_secret = 12345\napi_token = "x"\ntrunk_password = "y"\n', SECRETS, read_secrets
    )


def test_line_of_misplaced_key(tmp_path):
    assert ".toml:3:" in cfg(tmp_path, 'name = "a"\n[sip]\nname = "x"\n')


def test_secrets_mode_when_file_exists(tmp_path):
    (tmp_path / SECRETS).write_text("")
    (tmp_path / SECRETS).chmod(0o644)
    write_secrets(tmp_path, Secrets(ami_secret="a", api_token="b", trunk_password="c"))
    assert (tmp_path / SECRETS).stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("s", ["09:00:30-18:00", "09:00+05:00-18:00", "T09:00-18:00", "09-18"])
def test_span(s):
    with pytest.raises(BadInput):
        Span.parse(s)


@pytest.mark.parametrize("n", ["62345678", "95588", "10086", "12345"])
def test_local_numbers_are_not_e164(n):
    assert normalise(n, "CN") == ""


@pytest.mark.parametrize("n", ["010-62345678 x801", "010-62345678;ext=801"])
def test_extension(n):
    assert normalise(n, "CN") == "+861062345678"


def test_init_rtp_one_line(tmp_path):
    r = CliRunner().invoke(main, ["init", str(tmp_path / "x"), "--rtp-ports", "20000-10000"])
    assert len(r.stderr.splitlines()) == 1, r.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    f = tmp_path_factory.mktemp("s") / "s"
    assert CliRunner().invoke(main, ["init", str(f)]).exit_code == 0
    return f


def test_huge_ticket(site):
    r = CliRunner().invoke(main, ["--site", str(site), "ticket", "show", "99999999999999999999"])
    assert r.exception is None or isinstance(r.exception, SystemExit), repr(r.exception)


def test_doctor_survives_a_file_for_a_folder(site):
    (site / "recordings/parts").exists() and (site / "recordings/parts").rmdir()
    (site / "recordings").rmdir()
    (site / "recordings").write_text("x")
    r = CliRunner().invoke(main, ["--site", str(site), "doctor"])
    (site / "recordings").unlink()
    (site / "recordings").mkdir()
    assert r.exception is None or isinstance(r.exception, SystemExit), repr(r.exception)


def db(tmp_path):
    u = f"sqlite+aiosqlite:///{tmp_path}/x.db"
    migrate(u)
    return open_database(u)


async def test_two_contacts_of_one_name(tmp_path):
    d = db(tmp_path)
    async with d.begin() as c:
        await c.execute(insert(t.companies).values(id=1, name="x", service_code="1"))
        await c.execute(
            insert(t.contacts), [{"id": 1, "company_id": 1, "name": "张伟"}, {"id": 2, "company_id": 1, "name": "张伟"}]
        )
    (x,) = await CompanyRepository(d).all()
    await d.dispose()
    assert len(x.contacts) == 2


async def write(d, *facts):
    w = FactWriter(d)
    r = asyncio.create_task(w.run())
    for f in facts:
        w.write(f)
    try:
        async with asyncio.timeout(3):
            await w.written()
    finally:
        exc = r.exception() if r.done() and not r.cancelled() else None
        r.cancel()
        await asyncio.wait({r})
        await d.dispose()
        if exc:
            raise exc


async def test_one_fact_that_can_never_be_stored_blocks_all(tmp_path):
    def rec(c):
        return e.RecordingSaved(at=NOW, call=CallId(c), path="same.wav", seconds=1)

    await write(db(tmp_path), rec("1"), rec("2"), e.CallArrived(at=NOW, call=CallId("3"), hotline="4", caller=""))


async def test_a_value_the_driver_refuses_ends_the_writer(tmp_path):
    await write(
        db(tmp_path),
        e.CallArrived(at=NOW, call=CallId("1"), hotline="400\udcff", caller=""),
        e.CallArrived(at=NOW, call=CallId("2"), hotline="4", caller=""),
    )


def part(f, rate=8000, width=2, n=80):
    with wave.open(str(f), "wb") as o:
        o.setparams((1, width, rate, 0, "NONE", ""))
        o.writeframes(bytes(n * width))


async def test_reason_of_a_failed_join_is_told(tmp_path):
    r = Recorder(tmp_path)
    a, b = r.parts(CallId("1"))
    part(a)
    part(b, 16000)
    with pytest.raises(RecordingError, match="mono of one rate"):
        await r.save(CallId("1"), NOW)


async def test_failed_join_leaves_no_half_file(tmp_path):
    r = Recorder(tmp_path)
    a, b = r.parts(CallId("1"))
    part(a)
    part(b, 16000)
    with pytest.raises(RecordingError):
        await r.save(CallId("1"), NOW)
    assert list(tmp_path.rglob("*.part")) == []


async def test_eight_bit_parts(tmp_path):
    r = Recorder(tmp_path)
    a, b = r.parts(CallId("1"))
    part(a, width=1, n=81)
    part(b, width=1, n=81)
    with pytest.raises(RecordingError):
        await r.save(CallId("1"), NOW)


def test_table_text_that_looks_like_a_time():
    assert text("2026-abcdeT-branch-office", ZoneInfo("UTC")) == "2026-abcdeT-branch-office"


def test_empty_prompts_yaml(tmp_path):
    (tmp_path / "sounds/zh").mkdir(parents=True)
    (tmp_path / "sounds/zh/prompts.yaml").write_text("")
    assert prompt_texts(Site(tmp_path), "zh") == {}


def test_fact_of_an_unknown_kind():
    fact = e.Fact.read("CallSungTo", NOW, {"call": "1"})
    assert (type(fact), fact.name, fact.fields) == (e.UnknownFact, "CallSungTo", '{"call": "1"}')


def test_menu_condition_on_no_node(tmp_path):
    problems(tmp_path, 'rules:\n  - name: a\n    queue: vip\n    when: {menu: {nosuch: ["1"]}}\n', rules_of)


def test_a_folder_of_flows_with_a_file_that_is_no_text(tmp_path):
    (tmp_path / "notes.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match=r"notes.yaml: the file is not UTF-8. Save it as UTF-8.$"):
        read_dialplans(tmp_path)
