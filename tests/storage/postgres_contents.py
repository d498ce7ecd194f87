"""What a PostgreSQL database holds before anybody has used it, and how it gets there again."""

from dataclasses import dataclass

import psycopg

SHAPE = """
SELECT md5(ROW(
  (SELECT array_agg((oid, relname, relkind, relnatts, relchecks, relhastriggers) ORDER BY oid)
     FROM pg_class WHERE oid >= 16384 AND relkind <> 't'),
  (SELECT array_agg((attrelid, attname, atttypid, attnotnull, attisdropped) ORDER BY attrelid, attnum)
     FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0),
  (SELECT count(*) FROM pg_constraint WHERE oid >= 16384), (SELECT count(*) FROM pg_trigger WHERE oid >= 16384),
  (SELECT count(*) FROM pg_proc WHERE oid >= 16384), (SELECT count(*) FROM pg_rewrite WHERE oid >= 16384),
  (SELECT array_agg(setconfig) FROM pg_db_role_setting JOIN pg_database ON setdatabase = pg_database.oid
     WHERE datname = current_database())
)::text)
"""
"""What a test may have changed besides rows: tables, columns, constraints, triggers, functions, settings."""
TABLES = "SELECT oid::regclass::text FROM pg_class WHERE oid >= 16384 AND relkind = 'r' ORDER BY 1"
MOST_GROWTH = 1.5


@dataclass
class Contents:
    """What is in a database that nobody has used yet: its shape, its tables, and the rows of those that have any."""

    shape: str
    size: int
    tables: list[str]
    rows: dict[str, list[str]]

    @classmethod
    def of(cls, connection: psycopg.Connection) -> "Contents":
        tables = [name for (name,) in connection.execute(TABLES)]
        assert not used_sequences(connection)  # restore() begins every sequence anew
        rows = {name: rows_of(connection, name) for name in filled(connection, tables)}
        return cls(shape_of(connection), size_of(connection), tables, rows)

    def restore(self, connection: psycopg.Connection) -> bool:
        """Delete what was written; return False where more than rows was changed, or so many that traces slow it."""
        if size_of(connection) > MOST_GROWTH * self.size or shape_of(connection) != self.shape:
            return False
        if any(rows_of(connection, name) != rows for name, rows in self.rows.items()):
            return False
        connection.execute("SET session_replication_role = replica")  # no foreign key says in which order
        for name in set(filled(connection, self.tables)) - set(self.rows):
            connection.execute(f"DELETE FROM {name}")
        for name in used_sequences(connection):
            connection.execute(f"ALTER SEQUENCE {name} RESTART")
        return True


def shape_of(connection: psycopg.Connection) -> str:
    """Return a hash of it."""
    row = connection.execute(SHAPE).fetchone()
    assert row is not None
    return str(row[0])


def size_of(connection: psycopg.Connection) -> int:
    """Return how many bytes the database takes."""
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])


def filled(connection: psycopg.Connection, tables: list[str]) -> list[str]:
    each = [f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables]
    return [name for (name,) in connection.execute(" UNION ALL ".join(each))]


def used_sequences(connection: psycopg.Connection) -> list[str]:
    name = "quote_ident(schemaname) || '.' || quote_ident(sequencename)"
    return [
        name
        for (name,) in connection.execute(f"SELECT {name} FROM pg_sequences WHERE last_value IS NOT NULL")
    ]


def rows_of(connection: psycopg.Connection, table: str) -> list[str]:
    return sorted(row for (row,) in connection.execute(f"SELECT t::text FROM {table} t"))
