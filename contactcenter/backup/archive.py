"""The file of a backup: a .tar.gz with backup.json first, then the site's files, and SHA256SUMS of all of them last.

Any tar unpacks it, and `sha256sum --check SHA256SUMS` proves it there.
"""

import gzip
import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from contactcenter import __version__
from contactcenter.errors import BadInput, SiteError
from contactcenter.store.snapshot import Kind, Tick, known_revision

HEAD, SUMS = "backup.json", "SHA256SUMS"
DATABASE: dict[Kind, str] = {"sqlite": "data/contactcenter.db", "postgresql": "data/contactcenter.pgdump"}
FORMAT = 1
PIECE = 1 << 20
LARGEST_TEXT = 100_000_000
DAMAGED = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError)


class Head(BaseModel):
    """backup.json. version: of the program; revision: of the database; rows: of each of its tables; size: bytes of all files."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    version: str
    site: str
    made_at: datetime
    database: Kind
    revision: str
    rows: dict[str, int]
    recordings: bool
    files: int
    size: int


class Hashed:
    """Reads a file and hashes what is read."""

    def __init__(self, file: BinaryIO, tick: Callable[[int], None]) -> None:
        self._file, self._tick, self._hash = file, tick, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._hash.update(piece)
        self._tick(len(piece))
        return piece

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def sums_text(sums: dict[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


@contextmanager
def opened(file: Path) -> Iterator[tarfile.TarFile]:
    """An archive to read from its beginning to its end. Raises BadInput in one line for what is none, damaged or cut off."""
    try:
        with tarfile.open(file, "r|gz") as tar:
            yield tar
    except DAMAGED as error:
        raise BadInput(f"{file} is no backup, or it is damaged: {error}.") from None
    except OSError as error:
        raise BadInput(f"{file} can't be read: {error.strerror or error}.") from None


def read_all(file: Path, open_target: Callable[[str, int], IO[bytes] | None], tick: Tick) -> Head:
    """Reads a whole archive and holds it to its sums; its head. open_target: given name and mode, where a file goes; None: nowhere.

    Raises BadInput for an archive that is damaged, of a newer version, or holds anything but plain files within the site.
    """
    sums: dict[str, str] = {}
    told: dict[str, str] | None = None
    head: Head | None = None
    done = 0
    with opened(file) as tar:
        for member in tar:
            _check_member(file, member, sums)
            if told is not None:
                raise BadInput(f"{file} is damaged: something comes after {SUMS}.")
            if head is None or member.name == SUMS:
                content = _text(file, tar, member)
                if head is None:
                    head = _head(file, member.name, content)
                    sums[HEAD] = hashlib.sha256(content).hexdigest()
                else:
                    told = _told(content)
                continue
            sums[member.name] = _unpack(tar, member, open_target(member.name, member.mode))
            done += member.size
            tick(done, head.size)
    if head is None:
        raise BadInput(f"{file} is no backup: it is empty.")
    _compare(file, sums, told)
    return head


def _check_member(file: Path, member: tarfile.TarInfo, seen: dict[str, str]) -> None:
    """Nothing but regular files, by relative names that stay within the folder, each once. Stricter than tarfile's "data" filter."""
    parts = PurePosixPath(member.name).parts
    plain = not member.name.startswith("/") and ".." not in parts and "\0" not in member.name
    if not plain or str(PurePosixPath(member.name)) != member.name:
        raise BadInput(f"{file} is refused: {member.name!r} would be written outside the site.")
    if not member.isreg():
        raise BadInput(f"{file} is refused: {member.name!r} is no plain file.")
    if member.name in seen:
        raise BadInput(f"{file} is refused: {member.name!r} is in it twice.")


def _text(file: Path, tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    source = tar.extractfile(member)
    if source is None or member.size > LARGEST_TEXT:
        raise BadInput(f"{file} is no backup: its {member.name} is too large.")
    return source.read()


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, target: IO[bytes] | None) -> str:
    source = tar.extractfile(member)
    assert source is not None  # noqa: S101 (it is a regular file)
    digest = hashlib.sha256()
    try:
        while piece := source.read(PIECE):
            digest.update(piece)
            if target is not None:
                try:
                    target.write(piece)
                except OSError as error:
                    raise SiteError(f"{member.name} can't be written: {error.strerror}.") from None
    finally:
        if target is not None:
            target.close()
    return digest.hexdigest()


def _head(file: Path, name: str, content: bytes) -> Head:
    """Raises BadInput for an archive that is none of ours, or of a newer version."""
    if name != HEAD:
        raise BadInput(f"{file} is no backup of a site: it does not begin with {HEAD}.")
    try:
        plain: Any = json.loads(content)
        version, number = str(plain["version"]), int(plain["format"])
        if number > FORMAT or _numbers(version) > _numbers(__version__):
            raise BadInput(
                f"{file} was made by contactcenter {version}; this is {__version__}. Restore it with that version."
            )
        head = Head.model_validate(plain)
    except (ValueError, KeyError, TypeError, ValidationError):
        raise BadInput(f"{file} is no backup of a site: its {HEAD} can't be read.") from None
    if not known_revision(head.revision):
        raise BadInput(
            f"{file} has a database of version {head.revision}, which contactcenter {__version__} does not know. "
            f"Restore it with contactcenter {version} or newer."
        )
    return head


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _told(content: bytes) -> dict[str, str]:
    lines = (line.split("  ", 1) for line in content.decode(errors="surrogateescape").splitlines())
    return {line[1]: line[0] for line in lines if len(line) == 2}


def _compare(file: Path, sums: dict[str, str], told: dict[str, str] | None) -> None:
    if told is None:
        raise BadInput(f"{file} is damaged: it is cut off before its end.")
    for name in (*told, *sums):
        if name not in sums:
            raise BadInput(f"{file} is damaged: {name} is missing.")
        if told.get(name) != sums[name]:
            raise BadInput(f"{file} is damaged: {name} is not as it was saved.")
