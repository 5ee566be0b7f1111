"""A database moves whole into another one, of the same kind or the other, or not at all."""

from pathlib import Path

import pytest
from happenings import START, answered, arrived, ended, identified, queued, saved
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.changes import Author, Item
from contactcenter.errors import BadInput, StoreError
from contactcenter.store import tables as t
from contactcenter.store.changes import record_alone
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.database import revision_of
from contactcenter.store.engines import plain_engine
from contactcenter.store.moving import move
from contactcenter.store.writer import FactWriter
from rig.postgresql import Postgres

AUTHOR = Author("admin", "a test", "customer remove")


@pytest.fixture(params=["to sqlite", "to postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path, postgresql: Postgres):
    if request.param == "to sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/target.db"
        return
    address = postgresql.database()
    yield address
    postgresql.drop(address)


def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    engine = plain_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in t.metadata.sorted_tables
        }
    engine.dispose()
    return found


async def fill(sample: AsyncEngine, writer: FactWriter) -> None:
    for fact in (arrived("1.1"), identified("1.1", 1, 1), queued("1.1"), answered("1.1"), ended("1.1"), saved("1.1")):
        writer.write(fact)
    await writer.written()
    await CompanyRepository(sample, webhooks=True).change(5, lambda _: None, AUTHOR, START)
    number = await record_alone(sample, AUTHOR, [Item("prompt", "welcome", None, {"text": "您好"})])
    await record_alone(sample, AUTHOR, [Item("prompt", "welcome", {"text": "您好"}, None)], undoes=number)
    await sample.dispose()


async def test_every_row_comes_over_and_no_number_is_given_out_again(
    url: str, target: str, sample: AsyncEngine, writer: FactWriter
) -> None:
    await fill(sample, writer)
    before = everything(url)
    assert move(url, target) == sum(map(len, before.values()))
    assert everything(target) == everything(url) == before
    with pytest.raises(BadInput, match="is that of another site already"):
        move(url, target)
    engine = plain_engine(target)
    with engine.begin() as connection:
        company = connection.execute(t.companies.insert().values(name="x", service_code="999999"))
        assert tuple(company.inserted_primary_key or ()) == (6,), "5 was somebody's"
        connection.execute(t.facts.insert().values(at=START, kind="x", data={}))
        newest = connection.execute(select(func.max(t.facts.c.seq))).scalar_one()
    engine.dispose()
    assert newest > max(row[0] for row in before["facts"])  # type: ignore[type-var]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_what_can_not_move_moves_not_at_all(
    sample: AsyncEngine, writer: FactWriter, url: str, postgresql: Postgres
) -> None:
    await fill(sample, writer)
    target, engine = postgresql.database(), plain_engine(url)
    with engine.begin() as connection:
        connection.execute(update(t.companies).where(t.companies.c.id == 1).values(package="x" * 101))
    with pytest.raises(
        StoreError, match=r"^the database could not be moved, and all is as it was: value too long for type"
    ):
        move(url, target)
    assert revision_of(target)[0] is None
    with engine.begin() as connection:
        connection.execute(update(t.companies).values(package=""))
    engine.dispose()
    assert move(url, target) > 0
    postgresql.drop(target)
