"""A site on PostgreSQL from the command line: made, looked at, changed; and each way in which the database can't be had."""

import asyncio
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CALL, done, happen, read, refusal, run

from contactcenter.config import read_secrets, read_settings, write_secrets, write_settings
from contactcenter.site import Site
from contactcenter.store import engines
from contactcenter.store.database import migrate
from rig.ports import free_port
from rig.postgresql import Postgres, name_of

PASSWORD = "p@ss:w/rd%"
USER = "dealer"


@pytest.fixture(scope="module")
def server(postgresql: Postgres) -> Postgres:
    postgresql.sql(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
    return postgresql


@pytest.fixture
def address(server: Postgres) -> Iterator[str]:
    """Of an empty database of the user's own; the password is asked for."""
    url = server.database(more=f"OWNER {USER}")
    yield f"postgresql://{USER}@127.0.0.1:{server.port}/{name_of(url)}"
    server.drop(url)


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


@pytest.fixture
def center(address: str, password: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A site on it; the password is in the site only."""
    folder = tmp_path / "center"
    done("init", folder, "--sample", "--database", address)
    monkeypatch.delenv("PGPASSWORD")
    return folder


def set_secret(site: Path, password: str) -> None:
    file = site / "secrets.toml"
    old = tomllib.loads(file.read_text(encoding="utf-8"))["database_password"]
    file.write_text(file.read_text(encoding="utf-8").replace(json.dumps(old), json.dumps(password)), encoding="utf-8")


def test_a_site_is_made_on_it_and_works(center: Path, address: str, server: Postgres) -> None:
    assert read_settings(center).database == address
    assert list((center / "data").iterdir()) == []
    assert (center / "secrets.toml").stat().st_mode & 0o077 == 0
    (database,) = [row for row in json.loads(run("doctor", "--json", site=center).stdout) if row["check"] == "database"]
    assert database["ok"]
    assert database["detail"].startswith("PostgreSQL 1")
    assert database["detail"].split(", ")[1].startswith("version 0")
    assert [row["name"] for row in read("queue", "list", site=center)] == ["support", "vip", "renewals"]
    done("queue", "set", "vip", "ring_seconds=7", site=center)
    done("customer", "add", "宁波东海软件有限公司", "group=东海集团", site=center)
    assert read("queue", "show", "vip", site=center)["ring_seconds"] == 7
    assert [row["name"] for row in read("customer", "list", "--search", "东海", site=center)] == [
        "宁波东海软件有限公司"
    ]


def test_the_password_is_told_nowhere(center: Path) -> None:
    told = [
        (center / "contactcenter.toml").read_text(encoding="utf-8"),
        done("site", "show", site=center),
        done("audit", "list", site=center),
        run("doctor", site=center).output,
    ]
    set_secret(center, "wrong: secret")
    told.append(refusal("queue", "list", site=center))
    for text in told:
        assert PASSWORD not in text
        assert "wrong: secret" not in text
        assert "p%40ss" not in text


@pytest.mark.parametrize(
    "url", ["postgresql://u:hush@db/cc", "postgresql://u@db/cc?password=hush", "mysql://u:hush@db/cc"]
)
def test_an_address_that_can_not_be_is_refused_without_being_repeated(url: str, center: Path, tmp_path: Path) -> None:
    wanted = "it has to be postgresql://USER@HOST/DATABASE, or empty; the password goes into secrets.toml"
    file, new = center / "contactcenter.toml", tmp_path / "new"
    said = [refusal("init", new, "--database", url), refusal("site", "set", f"database={url}", site=center)]
    text = file.read_text(encoding="utf-8").splitlines()
    lines = [f'database = "{url}"' if line.startswith("database = ") else line for line in text]
    file.write_text("\n".join(lines), encoding="utf-8")
    said.append(refusal("queue", "list", site=center))
    for line in said:
        assert wanted in line
        assert "hush" not in line
    assert not new.exists()


def test_each_way_it_can_not_be_reached_is_one_line_that_says_what_to_do(
    address: str, server: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(url: str, password: str = PASSWORD) -> str:
        monkeypatch.setenv("PGPASSWORD", password)
        line = refusal("init", tmp_path / "new", "--database", url)
        assert list(tmp_path.iterdir()) == []
        assert PASSWORD not in line
        return line

    place, nobody, free = f"127.0.0.1:{server.port}", "postgresql://nobody@", free_port("tcp")
    assert f"port {free} failed: Connection refused. Is the server running" in refused(f"{nobody}127.0.0.1:{free}/cc")
    assert "failed to resolve host 'no.host.invalid'" in refused(f"{nobody}no.host.invalid/cc")
    wrong = (
        'password authentication failed for user "dealer". Is the user there (createuser), and database_password in '
    )
    assert wrong in refused(address, "another")
    assert 'database "nowhere" does not exist. Make it: createdb' in refused(f"postgresql://{USER}@{place}/nowhere")
    monkeypatch.delenv("PGPASSWORD")
    line = refusal("init", tmp_path / "new", "--database", address)
    assert "no password supplied. It is read from PGPASSWORD, or as database_password from secrets.toml" in line
    missing = refused(f"postgresql://stranger@/postgres?host={server.folder}&port={server.port}", "")
    assert 'role "stranger" does not exist. Make the user: createuser' in missing


def test_a_database_that_can_not_be_used_is_refused(
    address: str, server: Postgres, password: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    latin = server.database(more=f"OWNER {USER} ENCODING SQL_ASCII TEMPLATE template0")
    line = refusal("init", new, "--database", address.replace(name_of(address), name_of(latin)))
    server.drop(latin)
    assert "encoding is SQL_ASCII; UTF8 is needed. Make it so: createdb --encoding=UTF8 --template=template0" in line
    foreign = server.database()
    server.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database=name_of(foreign))
    line = refusal("init", new, "--database", address.replace(name_of(address), name_of(foreign)))
    server.drop(foreign)
    assert "permission denied for schema public. The database has to be the user's own" in line
    with monkeypatch.context() as patch:
        patch.setattr(engines, "OLDEST_POSTGRESQL", (99,))
        assert "is too old; 99 or newer is needed" in refusal("init", new, "--database", address)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "psycopg", None)
        line = refusal("init", new, "--database", address)
        assert (
            line == "psycopg, the driver for this database, is not installed: pip install 'contactcenter[postgresql]'"
        )
    assert list(tmp_path.iterdir()) == []


def test_the_database_of_another_site_is_not_taken(
    center: Path, address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    line = refusal("init", tmp_path / "second", "--database", address)
    assert line == "the database is that of another site already. Name an empty one."
    assert len(read("agent", "list", site=center)) == 6


def test_a_password_for_an_address_that_names_no_user_is_told(center: Path, address: str) -> None:
    file = center / "contactcenter.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(f"{USER}@", ""), encoding="utf-8")
    assert "has a database_password, but database in contactcenter.toml names no user" in refusal(
        "queue", "list", site=center
    )


def test_a_site_moves_from_sqlite_with_all_it_knows(
    address: str, password: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "center"
    ports = [word for name in ("sip", "http", "ami", "agi") for word in (f"--{name}-port", str(free_port()))]
    done("init", site, "--sample", "--bind", "127.0.0.1", *ports)
    asyncio.run(happen(Site(site)))
    for change in ("ring_seconds=7", "ring_seconds=8"):
        done("queue", "set", "vip", change, site=site)
    done("undo", "--yes", site=site)
    done("customer", "remove", "5", "--yes", site=site)
    lists = [(noun, "list") for noun in ("agent", "queue", "hotline", "customer", "ticket", "recording", "audit")]
    lists += [("agent", "show", "1001"), ("customer", "show", "1"), ("call", "show", str(CALL))]
    before = [read(*words, site=site) for words in lists]
    settings = read_settings(site)
    write_settings(site, settings.model_copy(update={"database": address}))
    write_secrets(site, read_secrets(site).model_copy(update={"database_password": PASSWORD}))
    assert refusal("up", site=site).startswith("the database holds no site. One that there is comes into it by: ")
    migrate(Site(site).database_url(read_settings(site)), "base")
    write_settings(site, settings)
    done("site", "move-database", address, site=site)
    monkeypatch.delenv("PGPASSWORD")
    assert read_settings(site).database == address
    moved, *changes = read("audit", "list", site=site)
    assert moved["command"] == f"site move-database {address}"
    before[lists.index(("audit", "list"))] = changes
    lists.remove(("audit", "list"))
    assert [read(*words, site=site) for words in lists] == [one for one in before if one is not changes]
    done("customer", "add", "宁波东海软件有限公司", site=site)
    assert read("customer", "list", "--search", "东海", site=site)[0]["id"] == 6, "ids are never used again"
    assert refusal("site", "move-database", address, site=site).endswith("Name an empty one.")
