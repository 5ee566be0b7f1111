"""A PostgreSQL server of its own, in a temporary folder: a database for each who asks, made in a moment from a template."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg

from rig.ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from collections.abc import Callable

START_SECONDS, STOP_SECONDS = 30.0, 30.0
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
"""How it stops (PostgreSQL: Shutting Down the Server): sessions are ended; or it ends at once, as in a crash."""
FORGETFUL = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=64MB")
"""Nothing here has to survive a power cut; what is committed survives a crash of the server."""
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108 (the folder itself is made as any temporary one)
"""Where a database is copied ten times as fast as on a disk, if so many bytes are free there."""
OWNER, PASSWORD = "owner", "a p@ssw:rd/%"
ZONE = "Asia/Shanghai"
"""Not UTC: a time that depends on the server's zone is found out."""


class NoPostgresError(RuntimeError):
    """There is no PostgreSQL server on this machine, or it does not start."""


def binaries() -> Path:
    """The folder of `initdb` and `postgres`, the newest there is. Raises NoPostgresError."""
    folders = [Path(found).resolve().parent] if (found := shutil.which("postgres")) else []
    if config := shutil.which("pg_config"):
        folders.append(
            Path(subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
        )
    packaged = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(packaged, key=lambda one: int(one.parent.name) if one.parent.name.isdigit() else 0, reverse=True)
    for folder in folders:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise NoPostgresError("no PostgreSQL server is on this machine. Run: scripts/setup --for-tests")


def _as_whom() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    who = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


class Postgres:
    """A running server. As a block: stopped and gone afterwards. It listens on loopback, where a password is asked for, and on a
    socket, where none is.
    """

    def __init__(self) -> None:
        roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
        self.folder = Path(tempfile.mkdtemp(prefix="cc-pg-", dir=MEMORY if roomy else None))
        self.port = free_port("tcp")
        self._bin, self._whom = binaries(), _as_whom()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._templates: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self._make()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(IMMEDIATE)
        shutil.rmtree(self.folder)

    def _make(self) -> None:
        self.folder.chmod(0o755)
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        if self._whom:
            os.chown(data, self._whom["user"], self._whom["group"])
            os.chown(self.folder, self._whom["user"], self._whom["group"])
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        subprocess.run(
            [self._bin / "initdb", "-D", data, "-U", OWNER, "-E", "UTF8", "--no-locale", "--no-sync",
             "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}"],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self._whom,
        )  # fmt: skip

    def start(self) -> None:
        """Returns when it answers."""
        options = (f"port={self.port}", f"listen_addresses={LOOPBACK}", f"unix_socket_directories={self.folder}")
        words = [word for each in (*options, f"timezone={ZONE}", *FORGETFUL) for word in ("-c", each)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.folder / "data", *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self._whom,
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self.sql("SELECT 1")
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise NoPostgresError(f"PostgreSQL does not start: {(self.folder / 'log').read_text()}") from None
                time.sleep(0.01)
            else:
                return

    def stop(self, how: signal.Signals = FAST) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_SECONDS)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None

    @property
    def running(self) -> bool:
        return self._process is not None

    def sql(self, *statements: str, database: str = "postgres") -> None:
        """As the owner of everything."""
        address = {"host": str(self.folder), "port": self.port, "user": OWNER, "dbname": database}
        with psycopg.connect(**address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def database(self, template: Callable[[str], None] | None = None, *, more: str = "") -> str:
        """The URL of a new database. template: fills one, by its URL; the next databases of the same are its copies.

        more: what CREATE DATABASE is told beside.
        """
        name = f"test{next(self._numbers)}"
        if template is not None and (source := self._template(template)):
            more += f" TEMPLATE {source}"
        self.sql(f"CREATE DATABASE {name} {more}")
        return self.url(name)

    def _template(self, fill: Callable[[str], None]) -> str:
        key = f"{fill.__module__}_{fill.__qualname__}".replace(".", "_").replace("<", "").replace(">", "").lower()
        if key not in self._templates:
            self.sql(f"CREATE DATABASE {key}")
            fill(self.url(key))
            self._templates[key] = key
        return self._templates[key]

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{OWNER}@/{name}?host={self.folder}&port={self.port}"

    def drop(self, url: str) -> None:
        """Whoever is still in it is thrown out."""
        self.sql(f"DROP DATABASE {name_of(url)} WITH (FORCE)")

    def address(self, url: str) -> str:
        """What an admin writes for a database: over TCP, and so with PASSWORD."""
        return f"postgresql://{OWNER}@{LOOPBACK}:{self.port}/{name_of(url)}"


def name_of(url: str) -> str:
    """The database's name in a URL."""
    return url.partition("?")[0].rpartition("/")[2]
