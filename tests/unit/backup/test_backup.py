"""A backup is the site at one moment, proves itself, and becomes a site again: whole or not at all."""

import asyncio
import gzip
import hashlib
import io
import json
import shutil
import sqlite3
import subprocess
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from command_line import CALL, done, read, refusal, run
from sqlalchemy import create_engine, text

from contactcenter.backup.make import make_backup
from contactcenter.clock import SystemClock
from contactcenter.events import CallArrived
from contactcenter.ids import CallId
from contactcenter.site import Site
from contactcenter.store import snapshot
from contactcenter.store.database import alembic_config, migrate, open_database
from contactcenter.store.writer import FactWriter


@pytest.fixture
def mine(site: Path, tmp_path: Path) -> Path:
    """A copy of the sample site, to be changed."""
    folder = tmp_path / "mine"
    shutil.copytree(site, folder)
    return folder


@pytest.fixture(scope="module")
def made(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("backup") / "center.tar.gz"
    done("backup", target, site=site)
    return target


@pytest.fixture
def file(made: Path, tmp_path: Path) -> Path:
    """A backup of the sample site."""
    return shutil.copy2(made, tmp_path / made.name)


def rebuilt(file: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> None:
    """The archive with other members."""
    with tarfile.open(file) as tar:
        members = [(m, stream.read() if (stream := tar.extractfile(m)) else b"") for m in tar.getmembers()]
    change(members)
    with tarfile.open(file, "w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_restored_site_is_the_same(site: Path, file: Path, tmp_path: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is whole" in done("backup", "check", file)
    restored = tmp_path / "restored"
    assert f"{restored} is a site now" in done("restore", file, "--to", restored)
    for words in (
        ("call", "list"),
        ("call", "show", CALL),
        ("customer", "list"),
        ("agent", "show", "1001"),
        ("site", "show"),
    ):
        assert read(*words, site=restored) == read(*words, site=site)
    same = {
        name: data
        for name, data in content(site).items()
        if not name.startswith(("data/contactcenter.db", "log/", "run/", "recordings/"))
    }
    assert {
        name: data for name, data in content(restored).items() if not name.startswith("data/contactcenter.db")
    } == same
    assert [f"{part.name} {part.stat().st_mode & 0o777:o}" for part in sorted(restored.iterdir())] == [
        f"{part.name} {part.stat().st_mode & 0o777:o}" for part in sorted(site.iterdir())
    ]


def test_any_tar_and_sha256sum_prove_it(file: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-xzf", file], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)
    told = json.loads((tmp_path / "backup.json").read_text(encoding="utf-8"))
    with sqlite3.connect(f"file:{tmp_path}/data/contactcenter.db?immutable=1", uri=True) as database:
        assert told["rows"]["facts"] == database.execute("SELECT count(*) FROM facts").fetchone()[0] > 0


def test_own_files_come_along_and_recordings_if_wanted(mine: Path, tmp_path: Path) -> None:
    own = {
        "asterisk/custom/pjsip.conf": b"[carrier]",
        "dialplans/night.yaml": b"start: {}",
        "sounds/zh/own.wav": b"sound",
        "data/replaced-prompts/x.wav": b"old",
        "recordings/2026/11/25/a.wav": b"voices",
    }
    others = {
        "log/controller.out": b"x",
        "run/up.pid": b"",
        "asterisk/pjsip.conf": b"x",
        "recordings/parts/a.wav": b"x",
    }
    for name, data in {**own, **others}.items():
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_bytes(data)
    for number, option in enumerate(((), ("--recordings",))):
        file, restored = tmp_path / f"{number}.tgz", tmp_path / f"restored{number}"
        done("backup", file, *option, site=mine)
        done("restore", file, "--to", restored)
        found = content(restored)
        wanted = {name: data for name, data in own.items() if option or not name.startswith("recordings")}
        assert {name: data for name, data in found.items() if name in own} == wanted
        assert found.keys() & others.keys() == set()


async def test_while_facts_are_written_all_the_time(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two pieces of the copying, facts are committed: nobody waits for the other, and the copy is of one moment."""
    monkeypatch.setattr(snapshot, "PAGES", 20)
    database = open_database(f"sqlite+aiosqlite:///{mine}/data/contactcenter.db")
    writer, wrote, over = FactWriter(database), threading.Event(), threading.Event()
    pieces = 0

    async def go_on() -> int:
        number = 0
        while not over.is_set():
            number += 1
            call = CallId(f"1795600000.{number}")
            writer.write(CallArrived(at=SystemClock().now(), call=call, hotline="4001234567", caller="+8613800000001"))
            await writer.written()
            wrote.set()
        return number

    def tick(*_: int) -> None:
        nonlocal pieces
        if pieces < 6:
            pieces += 1
            wrote.clear()
            assert wrote.wait(10)

    file = tmp_path / "center.tgz"
    writing = asyncio.create_task(writer.run())
    facts = asyncio.create_task(go_on())
    await asyncio.to_thread(wrote.wait, 10)
    await asyncio.to_thread(make_backup, Site(mine), file, recordings=False, tick=tick)
    over.set()
    written = await facts
    writing.cancel()
    await asyncio.wait({writing})
    await database.dispose()
    assert pieces == 6
    restored = tmp_path / "restored"
    assert "is a site now" in await asyncio.to_thread(done, "restore", file, "--to", restored)
    with sqlite3.connect(restored / "data" / "contactcenter.db") as copy:
        arrived = [
            row[0] for row in copy.execute("SELECT call_id FROM facts WHERE call_id LIKE '1795600000.%' ORDER BY seq")
        ]
        calls = {row[0] for row in copy.execute("SELECT id FROM calls WHERE id LIKE '1795600000.%'")}
    assert arrived == [f"1795600000.{number}" for number in range(1, len(arrived) + 1)]
    assert calls == set(arrived)
    assert 1 <= len(arrived) <= written - 6, "what was written after the copying began is not in it"


def test_what_is_there_already_is_left_alone(site: Path, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    assert refusal("backup", file, site=site) == f"{file} is there already. Name another file."
    assert file.read_bytes() == before
    assert refusal("backup", site / "x.tgz", site=site).startswith(f"{site}/x.tgz is inside the site")
    assert refusal("restore", file, "--to", site) == f"{site} is a site already. Name a new folder."
    assert refusal("restore", file, "--to", tmp_path) == f"{tmp_path} is not empty. Name a new folder."
    with Site(site).locked("up"):
        assert ", and is up (process " in refusal("restore", file, "--to", site)


def test_a_file_that_cannot_be_written_leaves_nothing(site: Path, tmp_path: Path) -> None:
    line = refusal("backup", tmp_path / "nowhere" / "x.tgz", site=site)
    assert "nowhere" in line
    assert list(tmp_path.iterdir()) == []


def member(name: str, data: bytes = b"x", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made, data


ATTACKS = {
    "absolute": (member("/evil"), "would be written outside the site"),
    "upwards": (member("sounds/../../evil"), "would be written outside the site"),
    "symbolic link": (member("evil", b"", type=tarfile.SYMTYPE, linkname="/etc"), "is no plain file"),
    "hard link": (member("evil", b"", type=tarfile.LNKTYPE, linkname="secrets.toml"), "is no plain file"),
    "device": (member("evil", b"", type=tarfile.CHRTYPE), "is no plain file"),
    "pipe": (member("evil", b"", type=tarfile.FIFOTYPE), "is no plain file"),
    "twice": (member("secrets.toml"), "is in it twice"),
    "not told of": (member("evil"), "evil is not as it was saved"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_archive_that_is_no_friend_is_refused(file: Path, tmp_path: Path, attack: str) -> None:
    added, reason = ATTACKS[attack]
    rebuilt(file, lambda members: members.insert(-1, added))
    before = {path.name for path in tmp_path.iterdir()}
    for words in (("backup", "check", file), ("restore", file, "--to", tmp_path / "new")):
        line = refusal(*words)
        assert line.startswith(f"{file} is ")
        assert reason in line
    assert {path.name for path in tmp_path.iterdir()} == before


def newer(members: list[tuple[tarfile.TarInfo, bytes]], **fields: object) -> None:
    head = {**json.loads(members[0][1]), **fields}
    members[0] = (members[0][0], json.dumps(head).encode())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"version": "9.1.0"}, "was made by contactcenter 9.1.0; this is 0.1.0"),
        ({"format": 2}, "was made by contactcenter 0.1.0"),
        ({"revision": "9999"}, "has a database of version 9999, which contactcenter 0.1.0 does not know"),
        ({"rows": None}, "its backup.json can't be read"),
        ({"site": "other"}, "backup.json is not as it was saved"),
    ],
)
def test_a_newer_version_or_another_head_is_refused(
    file: Path, tmp_path: Path, fields: dict[str, object], reason: str
) -> None:
    rebuilt(file, lambda members: newer(members, **fields))
    assert reason in refusal("restore", file, "--to", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_damaged_archive_is_refused(file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    raw = gzip.decompress(whole)
    database = raw.index(b"SQLite format 3")
    flipped = raw[: database + 5000] + bytes([raw[database + 5000] ^ 1]) + raw[database + 5001 :]
    for damaged in (
        b"",
        b"this is no archive" * 100,
        whole[: len(whole) // 2],
        whole[:-2000],
        whole[:3000] + bytes(100) + whole[3100:],
        gzip.compress(flipped, 1),
        gzip.compress(raw[:-20480], 1),
    ):
        file.write_bytes(damaged)
        for words in (("backup", "check", file), ("restore", file, "--to", tmp_path / "new")):
            assert str(file) in refusal(*words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["center.tar.gz"]


def test_a_database_that_is_not_whole_is_refused_though_its_sum_is_right(mine: Path, tmp_path: Path) -> None:
    """The sums tell that it is as it was saved, not that it was sound then."""
    file = tmp_path / "x.tgz"
    done("backup", file, site=mine)
    with tarfile.open(file) as tar:
        stream = tar.extractfile("data/contactcenter.db")
        assert stream is not None
        good = stream.read()
    bad = good[:8192] + bytes(8192) + good[16384:]

    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        for index, (one, data) in enumerate(members):
            if one.name == "data/contactcenter.db":
                members[index] = (one, bad)
            if one.name == "SHA256SUMS":
                old, new = (hashlib.sha256(each).hexdigest().encode() for each in (good, bad))
                members[index] = (one, data.replace(old, new))

    rebuilt(file, change)
    assert "the database is damaged" in refusal("backup", "check", file)
    assert not (tmp_path / "new").exists()


def test_a_database_of_an_earlier_version_comes_back_and_is_migrated(mine: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{mine}/data/contactcenter.db"
    command.downgrade(alembic_config(url), "0003")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO companies (id, name, level, service_code) VALUES (77, '旧客户', 'vip', '77777777')")
        )
        before = connection.execute(text("SELECT count(*) FROM facts")).scalar_one()
    engine.dispose()
    file, restored = tmp_path / "old.tgz", tmp_path / "restored"
    assert "database 0003" in done("backup", file, site=mine)
    done("restore", file, "--to", restored)
    assert "It is migrated by: contactcenter up" in refusal("call", "list", site=restored)
    migrate(f"sqlite+aiosqlite:///{restored}/data/contactcenter.db")
    assert "旧客户" in {one["name"] for one in read("customer", "list", site=restored)}
    assert before == len(read("call", "show", CALL, site=restored)["facts"]) + 3


def test_a_database_elsewhere_becomes_the_sites_own(mine: Path, tmp_path: Path) -> None:
    """Restored beside the site, it must not go on with the site's database."""
    elsewhere = tmp_path / "elsewhere.db"
    shutil.move(mine / "data" / "contactcenter.db", elsewhere)
    settings = mine / "contactcenter.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace('database = ""', f'database = "sqlite+aiosqlite:///{elsewhere}"'),
        encoding="utf-8",
    )
    file, restored = tmp_path / "x.tgz", tmp_path / "restored"
    done("backup", file, site=mine)
    done("restore", file, "--to", restored)
    assert read("site", "show", site=restored)["database"] == ""
    assert read("call", "list", site=restored) == read("call", "list", site=mine)


def test_wrong_usage() -> None:
    assert run("backup").exit_code == 2
    assert run("restore", "x.tgz").exit_code == 2
    assert "backup FILE" in done("backup", "--help")
