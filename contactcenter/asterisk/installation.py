"""Which Asterisk runs a site: the one set, the one on PATH, or the tree that scripts/setup unpacked."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from contactcenter.errors import ContactCenterError

OLDEST = 20
"""The oldest major version that has all we use."""

Source = Literal["setting", "PATH", "tree"]


class AsteriskNotFound(ContactCenterError):
    """No Asterisk of OLDEST or newer runs here."""


@dataclass(frozen=True, slots=True)
class AsteriskInstallation:
    """An Asterisk that runs, and the folders of it that a site's asterisk.conf has to name.

    Attributes:
        command: argv up to and including asterisk itself; add -C and so on. For a tree it starts with the tree's own
            loader, because the tree's C library is newer than the machine's.
        modules: goes into astmoddir.
        data: has documentation/core-en_US.xml, without which Asterisk does not start: either goes into astdatadir
            itself, or a site's own astdatadir holds a link `documentation` to documentation/ in it.
        version: major, minor, patch.
        source: how it was found.
        environment: to be added to the environment of command.
    """

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: tuple[int, int, int]
    source: Source
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class _Unusable(Exception):
    """Why one candidate can't be taken: the end of a sentence that began with its path."""


def cached_tree() -> Path:
    """Where scripts/setup unpacks Asterisk on systems that have no package of it."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "contactcenter" / "asterisk"


def find_asterisk(
    explicit: Path | None = None, *, path: str | None = None, tree: Path | None = None
) -> AsteriskInstallation:
    """Find the Asterisk to run.

    Args:
        explicit: the setting asterisk.binary. Where it is set, nothing else is tried.
        path: the folders to search, as in PATH. Default: PATH, then the sbin folders, which PATH often lacks for
            everybody but root.
        tree: the unpacked tree. Default: cached_tree().

    Raises:
        AsteriskNotFound: with one line telling what was looked at and what to do.
    """
    if explicit is not None:
        try:
            return _inspect(explicit.expanduser(), "setting")
        except _Unusable as reason:
            raise AsteriskNotFound(
                f"asterisk.binary: {explicit} {reason}; set it to an Asterisk of {OLDEST} or newer, "
                "or leave it empty and run scripts/setup"
            ) from None
    if path is None:
        path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"))
    looked_at = []
    on_path = shutil.which("asterisk", path=path)
    if on_path is None:
        looked_at.append("none on PATH")
    else:
        try:
            return _inspect(Path(on_path), "PATH")
        except _Unusable as reason:
            looked_at.append(f"{on_path} {reason}")
    binary = (tree or cached_tree()) / "usr" / "sbin" / "asterisk"
    try:
        return _inspect(binary, "tree")
    except _Unusable as reason:
        looked_at.append(f"{binary} {reason}")
    raise AsteriskNotFound(
        f"no Asterisk of {OLDEST} or newer ({'; '.join(looked_at)}): run scripts/setup, "
        "or set asterisk.binary to the one to use"
    )


def _inspect(binary: Path, source: Source) -> AsteriskInstallation:
    if not binary.exists():
        raise _Unusable("is not there")
    if not os.access(binary, os.X_OK) or binary.is_dir():
        raise _Unusable("can't be executed")
    binary = binary.resolve()
    prefix = binary.parent.parent
    command, environment = _command(binary)
    version = _version(command, environment)
    if version[0] < OLDEST:
        raise _Unusable(f"is {'.'.join(map(str, version))}, older than {OLDEST}")
    return AsteriskInstallation(
        command=command,
        modules=_modules(prefix),
        data=_data(prefix),
        version=version,
        source=source,
        environment=MappingProxyType(environment),
    )


def _command(binary: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Give the command and the environment to run it, with nothing but its own libraries where it is in a tree."""
    root = binary.parents[2] if binary.parent.match("usr/sbin") else Path("/")
    loaders = _loaders(root)
    if root == Path("/") or not loaders:
        return (str(binary),), {}
    loader = loaders[0]
    # A tree of a merged /usr may have lib as a link to usr/lib: the same folder is named once.
    folders = {(root / lib / loader.parent.name).resolve(): None for lib in ("lib", "usr/lib")}
    libraries = os.pathsep.join(str(folder) for folder in folders if folder.is_dir())
    # The tree's OpenSSL would otherwise load the machine's plugins, which are made for another version of it.
    plugins = {"OPENSSL_MODULES": loader.parent / "ossl-modules", "OPENSSL_ENGINES": loader.parent / "engines-3"}
    environment = {name: str(folder) for name, folder in plugins.items() if folder.is_dir()}
    return (str(loader), "--library-path", libraries, str(binary)), environment


def _loaders(root: Path) -> list[Path]:
    """Dynamic loaders in folders named after their machine: usr/lib/x86_64-linux-gnu, usr/lib/aarch64-linux-gnu."""
    return sorted(
        loader
        for lib in ("usr/lib", "lib")
        for loader in (root / lib).glob("*-linux-gnu*/ld-linux*.so.*")
        if loader.is_file()
    )


def _version(command: tuple[str, ...], environment: Mapping[str, str]) -> tuple[int, int, int]:
    try:
        answer = subprocess.run(
            [*command, "-V"],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _Unusable("does not answer -V") from None
    except OSError as error:
        raise _Unusable(f"does not run ({error.strerror or error})") from None
    found = re.match(r"Asterisk (?:certified[/-])?(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    if found is None:
        said = (answer.stdout + answer.stderr).strip().splitlines()
        raise _Unusable(f"does not tell its version ({said[-1] if said else f'exit {answer.returncode}'})")
    major, minor, patch = found.groups(default="0")
    return int(major), int(minor), int(patch)


def _modules(prefix: Path) -> Path:
    for pattern in ("lib/*-linux-gnu*/asterisk/modules", "lib64/asterisk/modules", "lib/asterisk/modules"):
        for folder in sorted(prefix.glob(pattern)):
            if (folder / "app_dial.so").is_file():
                return folder
    raise _Unusable(f"has no modules below {prefix / 'lib'}")


def _data(prefix: Path) -> Path:
    folders = [prefix / "share/asterisk", prefix / "var/lib/asterisk"]
    if prefix.name == "usr":
        folders.append(prefix.parent / "var/lib/asterisk")
    for folder in folders:
        if (folder / "documentation" / "core-en_US.xml").is_file():
            return folder
    raise _Unusable(f"has no documentation/core-en_US.xml in {' or '.join(map(str, folders))}, and can't start without")
