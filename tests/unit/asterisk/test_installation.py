"""Which Asterisk is taken, and what is said when there is none. The Asterisks here are scripts that tell a version."""

import os
import subprocess
from pathlib import Path

import pytest

from contactcenter.asterisk.installation import AsteriskNotFound, cached_tree, find_asterisk
from contactcenter.errors import ContactCenterError

MODERN = "Asterisk 22.10.1+dfsg+~cs6.17.60671434-1"


def executable(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def installed(prefix: Path, says: str, *, lib: str = "lib/x86_64-linux-gnu", data: str = "share/asterisk") -> Path:
    """Make an Asterisk below a prefix such as /usr and give its binary."""
    modules = prefix / lib / "asterisk" / "modules"
    modules.mkdir(parents=True)
    (modules / "app_dial.so").touch()
    documentation = prefix / data / "documentation"
    documentation.mkdir(parents=True)
    (documentation / "core-en_US.xml").touch()
    return executable(prefix / "sbin" / "asterisk", f"echo '{says}'")


def unpacked(root: Path, machine: str, loader: str) -> Path:
    """Make a tree as scripts/setup does. Its loader tells how it was called, and then what asterisk -V would."""
    binary = installed(root / "usr", MODERN, lib=f"lib/{machine}")
    executable(
        root / "usr/lib" / machine / loader,
        '[ "$1" = --library-path ] || exit 127\nshift 2\nexec "$@"',
    )
    return binary


def find(tmp_path: Path, explicit: Path | None = None):
    return find_asterisk(explicit, path=str(tmp_path / "host/sbin"), tree=tmp_path / "tree")


def test_the_one_on_path_is_taken_first(tmp_path):
    binary = installed(tmp_path / "host", "Asterisk 20.6.0~dfsg+~cs6.13.40431414-2build5")
    unpacked(tmp_path / "tree", "x86_64-linux-gnu", "ld-linux-x86-64.so.2")

    found = find(tmp_path)

    assert found.source == "PATH"
    assert found.command == (str(binary),)
    assert found.version == (20, 6, 0)
    assert found.modules == tmp_path / "host/lib/x86_64-linux-gnu/asterisk/modules"
    assert found.data == tmp_path / "host/share/asterisk"
    assert found.environment == {}


@pytest.mark.parametrize(
    ("machine", "loader"),
    [("x86_64-linux-gnu", "ld-linux-x86-64.so.2"), ("aarch64-linux-gnu", "ld-linux-aarch64.so.1")],
)
def test_a_tree_runs_with_its_own_loader_and_libraries(tmp_path, machine, loader):
    binary = unpacked(tmp_path / "tree", machine, loader)
    libraries = tmp_path / "tree/usr/lib" / machine
    (libraries / "ossl-modules").mkdir()

    found = find(tmp_path)

    assert found.source == "tree"
    assert found.command == (str(libraries / loader), "--library-path", str(libraries), str(binary))
    assert found.version == (22, 10, 1)
    assert found.modules == libraries / "asterisk/modules"
    assert found.data == tmp_path / "tree/usr/share/asterisk"
    assert found.environment == {"OPENSSL_MODULES": str(libraries / "ossl-modules")}


def test_a_tree_that_was_installed_with_links_names_each_folder_once(tmp_path):
    unpacked(tmp_path / "tree", "x86_64-linux-gnu", "ld-linux-x86-64.so.2")
    (tmp_path / "tree/lib").symlink_to("usr/lib")

    libraries = find(tmp_path).command[2]

    assert libraries == str(tmp_path / "tree/usr/lib/x86_64-linux-gnu")


def test_a_tree_with_libraries_outside_usr_names_both_folders(tmp_path):
    unpacked(tmp_path / "tree", "x86_64-linux-gnu", "ld-linux-x86-64.so.2")
    (tmp_path / "tree/lib/x86_64-linux-gnu").mkdir(parents=True)

    libraries = find(tmp_path).command[2].split(os.pathsep)

    assert libraries == [str(tmp_path / "tree" / lib / "x86_64-linux-gnu") for lib in ("lib", "usr/lib")]


def test_the_command_runs(tmp_path):
    unpacked(tmp_path / "tree", "x86_64-linux-gnu", "ld-linux-x86-64.so.2")
    command = find(tmp_path).command
    answer = subprocess.run([*command, "-V"], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == MODERN


def test_one_too_old_on_path_gives_way_to_the_tree(tmp_path):
    installed(tmp_path / "host", "Asterisk 18.10.0~dfsg+~cs6.10.40431411-2")
    unpacked(tmp_path / "tree", "x86_64-linux-gnu", "ld-linux-x86-64.so.2")
    assert find(tmp_path).source == "tree"


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("Asterisk 20.6.0", (20, 6, 0)),
        ("Asterisk 23.0.0-rc1", (23, 0, 0)),
        ("Asterisk certified/20.7-cert3", (20, 7, 0)),
        ("Asterisk certified-22.8-cert1", (22, 8, 0)),
    ],
)
def test_versions(tmp_path, says, version):
    installed(tmp_path / "host", says)
    assert find(tmp_path).version == version


def test_built_from_source_with_its_own_folders(tmp_path):
    installed(tmp_path / "usr", MODERN, lib="lib", data="../var/lib/asterisk")
    found = find_asterisk(path=str(tmp_path / "usr/sbin"), tree=tmp_path / "tree")
    assert found.command == (str(tmp_path / "usr/sbin/asterisk"),)
    assert found.modules == tmp_path / "usr/lib/asterisk/modules"
    assert found.data == tmp_path / "var/lib/asterisk"


def test_the_setting_goes_before_everything(tmp_path):
    installed(tmp_path / "host", MODERN)
    mine = installed(tmp_path / "mine", "Asterisk 21.1.0", lib="lib64", data="var/lib/asterisk")

    found = find(tmp_path, mine)

    assert (found.source, found.command, found.version) == ("setting", (str(mine),), (21, 1, 0))
    assert found.modules == tmp_path / "mine/lib64/asterisk/modules"


def test_the_setting_may_name_the_binary_of_a_tree_or_a_link_to_it(tmp_path):
    binary = unpacked(tmp_path / "elsewhere", "x86_64-linux-gnu", "ld-linux-x86-64.so.2")
    link = tmp_path / "bin" / "asterisk"
    link.parent.mkdir()
    link.symlink_to(binary)
    assert find(tmp_path, link).command == find(tmp_path, binary).command
    assert find(tmp_path, link).command[-1] == str(binary)


def test_a_wrong_setting_is_told_although_another_would_do(tmp_path):
    installed(tmp_path / "host", MODERN)
    with pytest.raises(AsteriskNotFound, match=r"^asterisk\.binary: .*/missing is not there; set it to"):
        find(tmp_path, tmp_path / "missing")


def test_nothing_found_is_one_line_with_what_was_looked_at_and_what_to_do(tmp_path):
    with pytest.raises(AsteriskNotFound) as caught:
        find(tmp_path)
    assert str(caught.value) == (
        f"no Asterisk of 20 or newer (none on PATH; {tmp_path}/tree/usr/sbin/asterisk is not there): "
        "run scripts/setup, or set asterisk.binary to the one to use"
    )
    assert isinstance(caught.value, ContactCenterError)


def test_why_each_one_was_not_taken(tmp_path):
    old = installed(tmp_path / "host", "Asterisk 16.28.0")
    unpacked(tmp_path / "tree", "x86_64-linux-gnu", "ld-linux-x86-64.so.2")
    (tmp_path / "tree/usr/lib/x86_64-linux-gnu/asterisk/modules/app_dial.so").unlink()
    with pytest.raises(AsteriskNotFound) as caught:
        find(tmp_path)
    assert f"{old} is 16.28.0, older than 20" in str(caught.value)
    assert f"has no modules below {tmp_path}/tree/usr/lib" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo 'Asterisk GIT-master-1234'", r"does not tell its version \(Asterisk GIT-master-1234\)"),
        ("echo 'libedit.so.2: cannot open' >&2; exit 127", r"does not tell its version \(libedit.so.2: cannot open\)"),
        ("exit 5", r"does not tell its version \(exit 5\)"),
    ],
)
def test_one_that_does_not_run(tmp_path, text, reason):
    executable(tmp_path / "broken", text)
    with pytest.raises(AsteriskNotFound, match=reason):
        find(tmp_path, tmp_path / "broken")


def test_a_file_of_another_machine_does_not_run(tmp_path):
    binary = tmp_path / "asterisk"
    binary.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(57))
    binary.chmod(0o755)
    with pytest.raises(AsteriskNotFound, match=r"does not run \(Exec format error\)"):
        find(tmp_path, binary)


def test_a_file_that_may_not_be_executed(tmp_path):
    (tmp_path / "asterisk").touch()
    with pytest.raises(AsteriskNotFound, match="can't be executed"):
        find(tmp_path, tmp_path / "asterisk")


def test_no_documentation_means_it_would_not_start(tmp_path):
    binary = installed(tmp_path / "host", MODERN)
    (tmp_path / "host/share/asterisk/documentation/core-en_US.xml").unlink()
    with pytest.raises(AsteriskNotFound, match=r"has no documentation/core-en_US\.xml in .* can't start without"):
        find(tmp_path, binary)


def test_the_tree_is_in_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cached_tree() == tmp_path / "cache/contactcenter/asterisk"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cached_tree() == tmp_path / "home/.cache/contactcenter/asterisk"
