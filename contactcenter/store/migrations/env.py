"""Runs the migrations against the database that store/database.py names."""

from alembic import context

from contactcenter.store.engines import plain_engine
from contactcenter.store.tables import metadata

url = context.config.get_main_option("sqlalchemy.url")
assert url is not None  # noqa: S101 (set by store/database.py)
engine = plain_engine(url)
try:
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
finally:
    engine.dispose()
