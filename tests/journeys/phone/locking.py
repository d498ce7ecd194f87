"""A database that somebody else has locked."""

from contextlib import contextmanager

from sqlalchemy import create_engine
from sqlalchemy import text as sql


@contextmanager
def locked(line):
    """Hold the database's write lock, as another program might."""
    engine = create_engine(line.settings.database_url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.isolation_level = None
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sql("LOCK TABLE turns, served, contacts, conversations IN EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()
