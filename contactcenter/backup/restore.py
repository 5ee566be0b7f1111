"""Proves a backup, and makes a site out of one: whole, or none."""

import os
import tempfile
from pathlib import Path
from typing import IO

import tomlkit

from contactcenter.backup.archive import DATABASE, Head, read_all
from contactcenter.config import FILE, SECRETS
from contactcenter.errors import BadInput, StoreError
from contactcenter.secrecy import write_private
from contactcenter.site import Site, made_whole
from contactcenter.store.snapshot import Tick, check_empty, examine, load_dump


def check_backup(file: Path, tick: Tick) -> Head:
    """Reads all of a backup and its database. Raises BadInput for one that is damaged or of a newer version."""
    with tempfile.TemporaryDirectory(prefix="contactcenter-") as folder:
        copy = Path(folder) / "database"

        def target(name: str, _: int) -> IO[bytes] | None:
            return copy.open("wb") if name in DATABASE.values() else None

        head = read_all(file, target, tick)
        _check_database(file, head, copy)
    return head


def restore_backup(file: Path, folder: Path, *, database: str, tick: Tick) -> tuple[Site, Head]:
    """Makes a new site in `folder`; an older database in it is migrated by the next `up`.

    database: of a backup of a PostgreSQL site, the URL of an empty database; "" for the one in its settings.
    Raises BadInput, SiteError, StoreError, with no site made.
    """
    with made_whole(folder) as unfinished:

        def target(name: str, mode: int) -> IO[bytes]:
            path = unfinished.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & (0o700 if name in {FILE, SECRETS} else 0o755)
            )
            return os.fdopen(descriptor, "wb")

        head = read_all(file, target, tick)
        for needed in (FILE, SECRETS):
            if not (unfinished.path / needed).is_file():
                raise BadInput(f"{file} is no backup of a site: it has no {needed}.")
        copy = unfinished.path / DATABASE[head.database]
        _check_database(file, head, copy)
        _settle_database(unfinished, head, copy, database)
    return Site(folder.resolve()), head


def _check_database(file: Path, head: Head, copy: Path) -> None:
    if not copy.is_file():
        raise BadInput(f"{file} is damaged: it has no database.")
    try:
        found = examine(head.database, copy)
    except StoreError as error:
        raise BadInput(f"{file}: {error}.") from None
    if head.database == "sqlite" and (dict(found.rows) != head.rows or found.revision != head.revision):
        raise BadInput(f"{file} is damaged: its database has not the rows that it tells of.")


def _settle_database(site: Site, head: Head, copy: Path, database: str) -> None:
    """The settings name the restored database. SQLite is always the site's own: the file that another site named may be in use by it."""
    document = tomlkit.parse((site.path / FILE).read_text(encoding="utf-8"))
    before = str(document.get("database", ""))
    url = (database or before) if head.database == "postgresql" else ""
    if head.database == "postgresql":
        check_empty(url)
        load_dump(url, copy, head.rows)
        copy.unlink()
    elif database:
        raise BadInput(
            "the backup has an SQLite database, which is restored into the site's folder. Leave out --database."
        )
    if url != before:
        document["database"] = url
        write_private(site.path / FILE, tomlkit.dumps(document))
