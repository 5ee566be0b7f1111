"""Secrets stay where they belong: in files of mode 0600, and in no listing, export, error or log."""

import io
import json
import logging
import shutil
import tarfile
import tomllib
import zipfile
from pathlib import Path

import click
import pytest
from command_line import CALL, done, read, run

from contactcenter.cli.main import main
from contactcenter.config import Secrets, read_secrets, write_secrets
from contactcenter.recording.keys import PRIVATE
from contactcenter.secrecy import keep_private, masked, write_private

CHANGING = {
    *("init", "up", "down", "serve", "undo", "apply", "restore", "backup make", "backup check", "ticket close"),
    *(
        "agent add",
        "agent extend",
        "agent login",
        "agent logout",
        "agent pause",
        "agent remove",
        "agent resume",
        "agent set",
    ),
    *("calendar add", "calendar close", "calendar holidays", "calendar remove", "calendar reopen", "calendar season"),
    *("calendar set", "calendar special", "contact add", "contact edit", "contact remove"),
    *("customer add", "customer edit", "customer import", "customer merge", "customer remove"),
    *("flow publish", "flow remove", "flow rollback", "hotline add", "hotline remove", "hotline set"),
    *("person erase", "prompt set", "queue add", "queue member", "queue remove", "queue set"),
    *("recording delete", "recording key drop", "recording key new", "recording rekey", "recording save"),
    *("route add", "route edit", "route move", "route remove", "site move-database", "site set"),
    *("trunk add", "trunk remove", "trunk set", "trunk test"),
}
READING: dict[str, list[list[str]]] = {
    "agent show": [["1002"]],
    "audit show": [["1"], ["2"], ["3"]],
    "calendar check": [["always"]],
    "calendar show": [["always"]],
    "call explain": [[CALL]],
    "call show": [[CALL]],
    "completion": [["bash"]],
    "contact show": [["1"]],
    "customer export": [["customers.csv"]],
    "customer show": [["1"]],
    "diff": [["center.yaml"]],
    "export": [[], ["center.yaml"]],
    "flow check": [[]],
    "flow diff": [["main"]],
    "flow history": [["main"]],
    "flow show": [["main"]],
    "flow try": [["--caller", "13800000001", "--keys", "1"]],
    "hotline show": [["4001234567"]],
    "person export": [["13800000001", "person.zip"]],
    "queue show": [["vip"]],
    "recording export": [[CALL, "call.wav"]],
    "route show": [["VIP customers"]],
    "route try": [["--caller", "13800000001"]],
    "ticket show": [["1"]],
    "trunk show": [["telecom"]],
}
"""What each command that reads is tried with; none is without arguments."""


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> list[str]:
    if not isinstance(command, click.Group):
        return [" ".join(path)]
    context = click.Context(command)
    found = ((name, command.get_command(context, name)) for name in command.list_commands(context))
    return [leaf for name, each in found if each for leaf in leaves(each, (*path, name))]


@pytest.fixture
def mine(site: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    shutil.copytree(site, folder)
    done("recording", "key", "new", site=folder)
    write_secrets(folder, read_secrets(folder).model_copy(update={"database_password": "PLANTED-database"}))
    telecom = ("kind=registration", "host=sip.example.com", "username=0201", "password=PLANTED-trunk")
    done("trunk", "add", "telecom", *telecom, site=folder)
    done("agent", "set", "1001", "sip_password=PLANTED-agent", site=folder)
    done("trunk", "set", "telecom", "password=PLANTED-again", site=folder)
    return folder


def planted(site: Path) -> dict[str, str]:
    """Every secret of the site, by what it is."""
    key = next((site / "recording-keys").iterdir()).read_text(encoding="ascii")
    return {
        **tomllib.loads((site / "secrets.toml").read_text(encoding="utf-8")),
        "recording key": next(line for line in key.splitlines() if line.startswith(PRIVATE)),
        "trunk": "PLANTED-trunk",
        "trunk again": "PLANTED-again",
        "agent": "PLANTED-agent",
    }


def test_no_command_shows_a_secret(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.chdir(tmp_path)
    secrets = planted(mine)
    assert len(set(secrets.values())) == 9
    commands = leaves(main)
    assert {*CHANGING, *READING} <= {*commands}
    reading = [command for command in commands if command not in CHANGING]
    assert len(reading) > 35
    for command in reading:
        for arguments in READING.get(command, [[]]):
            result = run(*command.split(), *arguments, site=mine)
            assert result.exit_code != 2, result.output
            assert result.exception is None or isinstance(result.exception, SystemExit), command
            for name in (name for name, secret in secrets.items() if secret in result.output + caplog.text):
                pytest.fail(f"{command} shows {name}")
            if "as_json" in {parameter.name for parameter in parameters(command)}:
                shown = run(*command.split(), *arguments, "--json", site=mine)
                assert shown.exit_code != 2, command
                assert not [name for name, secret in secrets.items() if secret in shown.output], command
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    assert written.keys() == {"customers.csv", "center.yaml", "person.zip", "call.wav"}
    with zipfile.ZipFile(io.BytesIO(written["person.zip"])) as archive:
        written |= {name: archive.read(name) for name in archive.namelist()}
    assert not [
        (file, name) for file, data in written.items() for name, secret in secrets.items() if secret.encode() in data
    ]


def parameters(command: str) -> list[click.Parameter]:
    found: click.Command | None = main
    for word in command.split():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), word)
    assert found is not None
    return found.params


def test_the_one_who_sets_up_a_phone_is_shown_its_password(mine: Path) -> None:
    """The only exception: without it no phone could be set up."""
    assert read("agent", "show", "1001", site=mine)["sip_password"] == "PLANTED-agent"


def test_a_backup_tells_nothing_in_what_it_tells_of_itself(mine: Path, tmp_path: Path) -> None:
    done("backup", tmp_path / "x.tgz", site=mine)
    assert (tmp_path / "x.tgz").stat().st_mode & 0o777 == 0o600
    shown = done("backup", "check", tmp_path / "x.tgz", "--json")
    with tarfile.open(tmp_path / "x.tgz") as tar:
        for name in ("backup.json", "SHA256SUMS"):
            stream = tar.extractfile(name)
            assert stream is not None
            shown += stream.read().decode()
    assert not [name for name, secret in planted(mine).items() if secret in shown]


def test_every_file_with_a_secret_in_it_is_its_owners_alone(mine: Path) -> None:
    found = [
        file
        for file in mine.rglob("*")
        if file.is_file() and any(secret.encode() in file.read_bytes() for secret in planted(mine).values())
    ]
    assert {file.name for file in found} >= {"secrets.toml", "0001.key", "contactcenter.db"}
    for file in found:
        closed = [
            part for part in (file, *file.parents) if part.is_relative_to(mine) and not part.stat().st_mode & 0o077
        ]
        assert closed, f"{file} can be read by others"


def test_secrets_that_others_can_read_are_closed_with_a_warning(mine: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = mine / "secrets.toml"
    file.chmod(0o644)
    read_secrets(mine)
    assert file.stat().st_mode & 0o777 == 0o600
    assert caplog.messages == [
        f"{file} could be read by others (mode 644); it is yours alone now. Change what is in it."
    ]
    read_secrets(mine)
    assert len(caplog.messages) == 1


def test_the_doctor_tells_what_others_can_read(mine: Path) -> None:
    def told() -> str:
        return next(
            row["detail"] for row in json.loads(run("doctor", "--json", site=mine).stdout) if row["check"] == "secrets"
        )

    assert told() == "2 files and 5 folders are their owner's alone"
    (mine / "data").chmod(0o755)
    assert told() == f"others can read {mine}/data. Make it yours alone: chmod go= {mine}/data"


def test_a_file_is_private_from_its_first_byte_on(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o666)
    write_private(file, "new")
    assert (file.read_text(encoding="utf-8"), file.stat().st_mode & 0o777) == ("new", 0o600)
    (tmp_path / "full").mkdir()
    with pytest.raises(OSError, match="full"):
        write_private(tmp_path / "full", "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "secret"]
    assert keep_private(file)


def test_secrets_are_written_whole(tmp_path: Path) -> None:
    write_secrets(tmp_path, Secrets(ami_secret="a", api_token="b", trunk_password="c"))
    assert read_secrets(tmp_path).api_token == "b"
    assert "'b'" not in repr(read_secrets(tmp_path))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("", ""),
        ("sqlite+aiosqlite:////srv/x.db", "sqlite+aiosqlite:////srv/x.db"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:p@ss@h:5432/d?x=1", "postgresql://u:***@h:5432/d?x=1"),
        ("postgresql://h/d?user=u&password=p&sslmode=require", "postgresql://h/d?user=u&password=***&sslmode=require"),
        ("database=postgresql://u:p@h/d", "database=postgresql://u:***@h/d"),
    ],
)
def test_an_address_without_its_password(address: str, shown: str) -> None:
    assert masked(address) == shown
