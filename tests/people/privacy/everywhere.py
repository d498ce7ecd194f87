"""Looks for words in every table of a database, DBOS's too, and in its files."""

from pathlib import Path

from sqlalchemy import MetaData, create_engine, select

from storage.database import sqlite_path


def tables_that_hold(database, texts, *, besides=()):
    """Return (table, column, text) wherever one of the texts stands. besides: tables that are not looked at."""
    engine = create_engine(database.url)
    found = []
    try:
        for schema in (None,) if database.is_sqlite else (None, "dbos"):
            metadata = MetaData()
            metadata.reflect(engine, schema=schema)
            with engine.connect() as connection:
                for table in metadata.tables.values():
                    if table.name not in besides:
                        found += _in_table(connection, table, texts)
    finally:
        engine.dispose()
    return sorted(set(found))


def _in_table(connection, table, texts):
    for row in connection.execute(select(table)):
        for column, value in row._mapping.items():
            said = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            yield from ((table.name, column, text) for text in texts if text in said)


def files_that_hold(folder, texts):
    """Return the names of files below a folder in whose bytes one of the texts stands."""
    return sorted(
        {
            path.name
            for path in Path(folder).rglob("*")
            if path.is_file()
            for text in texts
            if text.encode() in path.read_bytes()
        }
    )


def database_files(database):
    """Return SQLite's file, its log and its index."""
    path = sqlite_path(database.url)
    return [each for each in path.parent.glob(f"{path.name}*") if each.is_file()]
