"""The store: the only package that knows SQLAlchemy. SQLite by default; another database is another URL."""
