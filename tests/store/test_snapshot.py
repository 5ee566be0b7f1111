"""A copy of the database is whole and counted, and becomes a database again."""

from pathlib import Path

import pytest
from happenings import answered, arrived, ended
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.errors import StoreError
from contactcenter.store.database import migrate, revision_of
from contactcenter.store.engines import plain_engine
from contactcenter.store.snapshot import check_empty, examine, kind_of, load_dump, take_snapshot
from contactcenter.store.writer import FactWriter


async def test_a_copy_is_what_was_committed(url: str, sample: AsyncEngine, writer: FactWriter, tmp_path: Path) -> None:
    for fact in (arrived("1"), answered("1"), ended("1")):
        writer.write(fact)
    await writer.written()
    copy = tmp_path / "copy"
    told: list[tuple[int, int]] = []
    found = take_snapshot(url, copy, lambda done, total: told.append((done, total)))
    assert copy.stat().st_mode & 0o777 == 0o600
    assert (found.kind, found.revision) == (kind_of(url), revision_of(url)[1])
    assert (found.rows["facts"], found.rows["calls"], found.rows["companies"]) == (3, 1, 5)
    again = examine(found.kind, copy)
    if found.kind == "sqlite":
        assert again == found
        assert told[-1] == (told[-1][1], told[-1][1])
    with pytest.raises(FileExistsError):
        take_snapshot(url, copy, lambda *_: None)
    if found.kind == "postgresql":
        with pytest.raises(StoreError, match="not empty"):
            check_empty(url)
        migrate(url, "base")
        check_empty(url)
        load_dump(url, copy, found.rows)
        engine = plain_engine(url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM facts")).scalar_one() == 3
        engine.dispose()
        migrate(url, "base")
        with pytest.raises(StoreError, match="has not the rows"):
            load_dump(url, copy, {**found.rows, "facts": 4})


def test_what_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    nowhere = f"sqlite+aiosqlite:///{tmp_path}/nowhere.db"
    with pytest.raises(StoreError, match=r"^the database can't be copied: unable to open database file$"):
        take_snapshot(nowhere, tmp_path / "copy", lambda *_: None)
    assert not (tmp_path / "nowhere.db").exists()
    (tmp_path / "text").write_bytes(b"this is no database, " * 100)
    with pytest.raises(StoreError, match=r"^the database is damaged: file is not a database$"):
        examine("sqlite", tmp_path / "text")
    with pytest.raises(StoreError, match=r"^pg_restore (failed: |is not installed)"):
        examine("postgresql", tmp_path / "text")
    with pytest.raises(StoreError, match=r"^a mysql database can't be backed up by this program"):
        kind_of("mysql://localhost/center")
