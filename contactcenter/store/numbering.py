"""The numbers that rows get: a number that was given out is never given out again, whatever became of its row."""

from sqlalchemy import ColumnElement, Connection, Integer, Table, cast, column, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import REGCLASS

SEQUENCES = text("sqlite_sequence")


def next_ids(connection: Connection, table: Table, count: int) -> range:
    """So many ids that no row ever had. The transaction must be `alone`, and may end before they are used."""
    last = last_id(connection, table)
    count_from(connection, table, last + count)
    return range(last + 1, last + count + 1)


def last_id(connection: Connection, table: Table) -> int:
    """The highest that was ever given out by the database; 0 before the first, and where it gives none."""
    if table.autoincrement_column is None:
        return 0
    if connection.dialect.name == "sqlite":
        if not table.dialect_options["sqlite"]["autoincrement"]:
            return 0
        seen = select(column("seq", Integer)).select_from(SEQUENCES).where(literal_column("name") == table.name)
        return connection.execute(seen).scalar_one_or_none() or 0
    last = func.pg_sequence_last_value(cast(_sequence(table), REGCLASS))
    return int(connection.execute(select(func.coalesce(last, 0))).scalar_one())


def count_from(connection: Connection, table: Table, last: int) -> None:
    """The next one comes after `last`."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.setval(_sequence(table), last)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last))


def count_on(connection: Connection, table: Table, last: int = 0) -> None:
    """Rows came with ids of their own: the next one comes after them, and after `last`."""
    if (key := table.autoincrement_column) is not None:
        highest = connection.execute(select(func.max(key))).scalar_one()
        if last := max(last, highest or 0):
            count_from(connection, table, last)


def _sequence(table: Table) -> ColumnElement[str]:
    (key,) = table.primary_key
    return func.pg_get_serial_sequence(table.name, key.name)
