"""A whole database into another one, of whichever kind."""

from sqlalchemy import Column, Connection, Table, bindparam, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from contactcenter.errors import BadInput, StoreError
from contactcenter.store import tables as t
from contactcenter.store.database import migrate, revision_of
from contactcenter.store.engines import plain_engine, trouble
from contactcenter.store.numbering import count_on, last_id

BATCH = 2000


def require_empty(url: str) -> None:
    """Raises BadInput unless it was never used, StoreError when it can't be opened. Blocking."""
    if revision_of(url)[0] is not None:
        raise BadInput("the database is that of another site already. Name an empty one.")


def move(source: str, target: str) -> int:
    """Copies every row into an empty database, all or none; how many. Nobody may write into the source meanwhile. Blocking.

    Raises BadInput, StoreError; the target is empty then.
    """
    require_empty(target)
    migrate(source)
    migrate(target)
    before, after = plain_engine(source), plain_engine(target)
    try:
        with before.connect() as old, after.begin() as new:
            return sum(_copy(old, new, table) for table in t.metadata.sorted_tables)
    except DBAPIError as error:
        after.dispose()
        migrate(target, "base")
        raise StoreError(f"the database could not be moved, and all is as it was: {trouble(error)}") from error
    finally:
        before.dispose()
        after.dispose()


def _copy(old: Connection, new: Connection, table: Table) -> int:
    """What points to rows of the same table, which may not be there yet, is written last."""
    within = [column.name for column in table.c if _points_to(column, table)]
    rows = old.execution_options(yield_per=BATCH).execute(select(table).order_by(*table.primary_key)).mappings()
    for part in rows.partitions():
        new.execute(insert(table), [{**row, **dict.fromkeys(within)} for row in part])
    for name in within:
        (key,) = table.primary_key
        pointing = old.execute(select(key.label("of"), table.c[name].label("to")).where(table.c[name].is_not(None)))
        if pairs := [dict(row) for row in pointing.mappings()]:
            new.execute(update(table).where(key == bindparam("of")).values({name: bindparam("to")}), pairs)
    count_on(new, table, last_id(old, table))
    return int(new.execute(select(func.count()).select_from(table)).scalar_one())


def _points_to(column: Column[object], table: Table) -> bool:
    return any(key.column.table is table for key in column.foreign_keys)
