"""Makes a backup of a site, also while it is up."""

import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from contactcenter import __version__
from contactcenter.backup.archive import DATABASE, HEAD, SUMS, Hashed, Head, sums_text
from contactcenter.config import read_settings
from contactcenter.errors import BadInput, SiteError, StoreError
from contactcenter.site import Site
from contactcenter.store.snapshot import Tick, kind_of, known_revision, sqlite_file, take_snapshot

LEVEL = 6
LEFT_OUT = {"run", "log", "recordings", "asterisk"}
CUSTOM = "asterisk/custom"
UNFINISHED = ".unfinished"


def make_backup(site: Site, file: Path, *, recordings: bool, tick: Tick) -> Head:
    """Writes the site's database, settings, secrets, dialplans, sounds and own Asterisk configuration into a new file, mode 0600.

    The file appears when it is whole. Raises BadInput when it is there already or inside the site, SiteError, StoreError.
    """
    file = file.resolve()
    if file.is_relative_to(site.path):
        raise BadInput(f"{file} is inside the site, and would be lost with it. Name a file elsewhere.")
    if file.exists():
        raise BadInput(f"{file} is there already. Name another file.")
    unfinished = file.with_name(f".{file.name}{UNFINISHED}")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as folder:
            head = _write(site, unfinished, Path(folder), recordings, tick)
        _put_in_place(unfinished, file)
    except FileExistsError:
        raise BadInput(f"{file} is there already. Name another file.") from None
    except OSError as error:
        raise SiteError(f"{error.filename or file} can't be saved: {error.strerror or error}.") from None
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return head


def _put_in_place(unfinished: Path, file: Path) -> None:
    """Never over another file, unlike a rename; but for file systems without links, such as a memory stick's."""
    try:
        os.link(unfinished, file)
    except FileExistsError:
        raise
    except OSError:
        unfinished.rename(file)


def _write(site: Site, target: Path, folder: Path, recordings: bool, tick: Tick) -> Head:
    url = site.database_url(settings := read_settings(site.path))
    kind = kind_of(url)
    copy = folder / "database"
    snapshot = take_snapshot(url, copy, tick)
    if not known_revision(snapshot.revision):
        raise StoreError(f"the database is at version {snapshot.revision or 'none'}, which this program does not know.")
    files = [(DATABASE[kind], copy), *_files(site, sqlite_file(url), recordings)]
    head = Head(
        version=__version__,
        site=settings.name,
        made_at=datetime.now(UTC),
        database=kind,
        revision=snapshot.revision,
        rows=dict(snapshot.rows),
        recordings=recordings,
        files=len(files),
        size=sum(path.stat().st_size for _, path in files),
    )
    target.unlink(missing_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=LEVEL, format=tarfile.PAX_FORMAT) as tar:
            _fill(tar, head, files, tick)
        out.flush()
        os.fsync(out.fileno())
    return head


def _fill(tar: tarfile.TarFile, head: Head, files: list[tuple[str, Path]], tick: Tick) -> None:
    sums = {HEAD: _add_text(tar, HEAD, head.model_dump_json(indent=1))}
    done = 0

    def read(count: int) -> None:
        nonlocal done
        done += count
        tick(done, head.size)

    for name, path in files:
        with suppress(FileNotFoundError), path.open("rb") as source:  # a recording may be deleted meanwhile
            status = os.fstat(source.fileno())
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = status.st_size, int(status.st_mtime), stat.S_IMODE(status.st_mode)
            hashed = Hashed(source, read)
            tar.addfile(member, hashed)
            sums[name] = hashed.hexdigest()
    _add_text(tar, SUMS, sums_text(sums))


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> str:
    content = text.encode(errors="surrogateescape")
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    hashed = Hashed(io.BytesIO(content), lambda _: None)
    tar.addfile(member, hashed)
    return hashed.hexdigest()


def _files(site: Site, database: Path, recordings: bool) -> Iterator[tuple[str, Path]]:
    """Name in the archive and path of each file of the site; what an admin linked into it comes as what it leads to."""
    left_out = LEFT_OUT - ({"recordings"} if recordings else set())
    own = {f"{file}{end}" for file in (database, site.database) for end in ("", "-wal", "-shm", "-journal")}
    for top in sorted(site.path.iterdir()):
        if top.name not in left_out:
            yield from ((name, path) for name, path in _below(site.path, top) if str(path) not in own)
    if (site.path / CUSTOM).is_dir():
        yield from _below(site.path, site.path / CUSTOM)


def _below(root: Path, top: Path) -> Iterator[tuple[str, Path]]:
    if top.is_file():
        yield _name(root, top), top
        return
    seen = set()
    for folder, inner, names in os.walk(top, followlinks=True, onerror=_raise):
        if (real := os.path.realpath(folder)) in seen or folder == str(root / "recordings" / "parts"):
            inner.clear()
            continue
        seen.add(real)
        for path in sorted(Path(folder) / name for name in names):
            if path.is_file():  # no socket, pipe, or link that leads nowhere
                yield _name(root, path), path


def _name(root: Path, path: Path) -> str:
    name = path.relative_to(root).as_posix()
    if "\n" in name or "\\" in name:
        raise SiteError(f"{path} has a name that no list of files can hold. Rename it.")
    return name


def _raise(error: OSError) -> None:
    raise error
