"""A site is one folder. Everything of it is inside; two sites run side by side when their ports differ."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from contactcenter.config import FILE, SECRETS, Secrets, Settings, read_secrets, read_settings
from contactcenter.errors import AlreadyUp, BadInput, SiteError

LOCK_TRIES = 10
POSTGRES = "postgresql://"
UNSAFE = "; \" ' \\ | , & $ ( ) { } [ ]"
PATH = re.compile(r"[^;\"'\\|,&$(){}\[\]\x00-\x1f]{1,200}")


@dataclass(frozen=True, slots=True)
class Site:
    """The folder and its parts. `path` is absolute."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "Site":
        """The site of a folder that has settings. Raises SiteError, FileProblems."""
        site = cls(path.resolve())
        read_settings(site.path)
        return site

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def recordings(self) -> Path:
        return self.path / "recordings"

    @property
    def recording_keys(self) -> Path:
        return self.path / "recording-keys"

    @property
    def sounds(self) -> Path:
        return self.path / "sounds"

    @property
    def dialplans(self) -> Path:
        return self.path / "dialplans"

    @property
    def asterisk(self) -> Path:
        return self.path / "asterisk"

    @property
    def tls(self) -> Path:
        return self.path / "tls"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def database(self) -> Path:
        """Where SQLite is, unless the settings name another database."""
        return self.data / "contactcenter.db"

    def database_url(self, settings: Settings, secrets: Secrets | None = None) -> str:
        """With the password in it: to be handed to the store, and shown to nobody. Raises SiteError, FileProblems."""
        if not settings.database.startswith(POSTGRES):
            return settings.database or f"sqlite+aiosqlite:///{self.database}"
        place = settings.database.removeprefix(POSTGRES)
        if password := (secrets or read_secrets(self.path)).database_password:
            user, at, place = place.partition("@")
            if not at:
                raise SiteError(f"{self.path / SECRETS} has a database_password, but database in {FILE} names no user.")
            place = f"{user}:{quote(password, safe='')}@{place}"
        return f"postgresql+psycopg://{place}"

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Holds run/NAME.pid for this process. Raises AlreadyUp when another process holds it, SiteError when the folder can't be
        written.
        """
        file = self.run / f"{name}.pid"
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise SiteError(f"{file} can't be written: {error.strerror}. Give this user the site folder.") from None
        with os.fdopen(descriptor, "r+") as lock:
            if not _lock(lock.fileno()):
                owner = lock.read().strip()
                raise AlreadyUp(
                    f"{self.path} is up already (process {owner}). See: contactcenter status; end it: contactcenter down"
                )
            lock.truncate()
            lock.write(str(os.getpid()))
            lock.flush()
            yield
            lock.truncate(0)

    def holder(self, name: str) -> int | None:
        """The process that holds run/NAME.pid, None when nobody does."""
        try:
            with (self.run / f"{name}.pid").open() as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(lock.read().strip() or 0) or None
        except (OSError, ValueError):
            return None
        return None


@contextmanager
def made_whole(folder: Path) -> Iterator[Site]:
    """A new site, whole or none: it is filled beside `folder`, which becomes it at the end.

    Raises BadInput when the folder is a site or not empty, SiteError when it can't be written.
    """
    folder = folder.resolve()
    if not PATH.fullmatch(str(folder)):
        raise BadInput(
            f"{folder} can't be a site: Asterisk reads {UNSAFE} in a path otherwise, and takes 200 characters at most."
        )
    unfinished = Site(folder.with_name(f".{folder.name}.new"))
    try:
        _refuse_used(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unfinished.path, ignore_errors=True)
        unfinished.path.mkdir()
        for part in (unfinished.data, unfinished.recordings, unfinished.asterisk, unfinished.log, unfinished.run):
            part.mkdir(mode=0o700)
        yield unfinished
        if not folder.exists():
            unfinished.path.rename(folder)
            return
        for part in sorted(unfinished.path.iterdir(), key=lambda part: part.name == FILE):  # last what makes it a site
            part.rename(folder / part.name)
    except OSError as error:
        raise SiteError(
            f"{folder} can't be made: {error.strerror or error}. Name a folder that this user may write."
        ) from None
    finally:
        shutil.rmtree(unfinished.path, ignore_errors=True)


def _refuse_used(folder: Path) -> None:
    if (folder / FILE).exists():
        up = f", and is up (process {owner})" if (owner := Site(folder).holder("up")) else ""
        raise BadInput(f"{folder} is a site already{up}. Name a new folder.")
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty. Name a new folder.")


def _lock(descriptor: int) -> bool:
    """Takes the lock; one that is held for a moment only, by a `holder` that looks, is waited out."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False
