"""A throwaway PostgreSQL for the tests that run on both databases.

`postgres` (session) starts one on a free loopback port, or takes the server that TEST_POSTGRES_URL names;
`postgres_url` is a fresh, empty database on it for one test. Both skip where no PostgreSQL is installed.

A prepared database is made once and copied; a copy that a test gives back is emptied for the next, which takes a tenth
of a copy's time.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import SystemRandom

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import URL, make_url

from tests.storage.postgres_contents import Contents

PROGRAMS = ("initdb", "pg_ctl")
DEBIANS = Path("/usr/lib/postgresql")
# Nothing here outlives the tests, so nothing is worth waiting for a disk.
CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
CUT_OFF_AT_MOST = 1000
"""How often those who are connected to a database that is given back are cut off before that is an error."""
OPTIONS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 "
    "-c autovacuum=off -c jit=off -c max_connections=300"
)


class NoPostgresError(Exception):
    """No server can be started here; the message says why."""


@dataclass
class Prepared:
    """A database that is copied: its name, its shape and rows, and copies of it that nobody uses."""

    name: str
    contents: Contents
    spare: list[str] = field(default_factory=list)


class PostgresServer:
    """A server on which databases are made and dropped. `url` is one that may do so."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._numbers = count(1)
        self._prepared: dict[str, Prepared] = {}

    def create(self, template: str | None = None) -> str:
        """Make a database, empty or a copy of `template`, and return its SQLAlchemy URL."""
        name = self._new_name()
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return self._url_of(name)

    def create_like(self, key: str, prepare: Callable[[str], None]) -> str:
        """Return a database like the one that `prepare` (given its URL) filled once for this `key`.

        `prepare` must close its connections: PostgreSQL copies only what nobody is connected to.
        """
        if key not in self._prepared:
            url = self.create()
            prepare(url)
            with connect(url) as connection:
                contents = Contents.of(connection)
            self._prepared[key] = Prepared(str(make_url(url).database), contents)
        prepared = self._prepared[key]
        return prepared.spare.pop() if prepared.spare else self.create(prepared.name)

    def give_back(self, url: str, key: str) -> None:
        """Empty a database that create_like() returned, for its next call; drop it where its tables were changed.

        It has a new name then: whoever was connected is cut off, and does not find it again.
        """
        prepared = self._prepared[key]
        renamed = self._rename(url)
        with connect(renamed) as connection:
            is_like_new = prepared.contents.restore(connection)
        if is_like_new:
            prepared.spare.append(renamed)
        else:
            self.drop(renamed)

    def drop(self, url: str) -> None:
        """Drop a database, and whoever is still connected to it."""
        name = sql.Identifier(str(make_url(url).database))
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def drop_prepared(self) -> None:
        for prepared in self._prepared.values():
            for url in [*prepared.spare, self._url_of(prepared.name)]:
                self.drop(url)

    def _rename(self, url: str) -> str:
        before, after = str(make_url(url).database), self._new_name()
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        renaming = statement.format(sql.Identifier(before), sql.Identifier(after))
        with connect(self._url_of(self.url.database)) as connection:
            for _ in range(CUT_OFF_AT_MOST):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [before]
                )
                with suppress(errors.ObjectInUse):  # somebody connects again, or has not heard yet
                    connection.execute(renaming)
                    return self._url_of(after)
        raise AssertionError(f"somebody connects to {before} again and again")

    def _new_name(self) -> str:
        return f"test_{os.getpid()}_{next(self._numbers)}"

    def _url_of(self, name: str | None) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: sql.Composed) -> None:
        with connect(self._url_of(self.url.database)) as connection:
            connection.execute(statement)


def connect(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        server = PostgresServer(make_url(given).set(drivername="postgresql+psycopg"))
        yield server
        server.drop_prepared()
        return
    try:
        with run_server() as url:
            yield PostgresServer(url)
    except NoPostgresError as error:
        pytest.skip(str(error))


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    url = postgres.create()
    yield url
    postgres.drop(url)


@contextmanager
def run_server() -> Iterator[URL]:
    """Run a server in a temporary folder, as the user postgres where we are root (it refuses to be root).

    Raises NoPostgresError.
    """
    initdb, pg_ctl = find_programs()
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if user:
            chown(folder, user)
        data = str(folder / "data")
        run(
            [initdb, "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "-D", data],
            folder,
            user,
        )
        port = free_port()
        options = f"{OPTIONS} -c listen_addresses=127.0.0.1 -p {port} -k {folder}"
        run([pg_ctl, "start", "--wait", "-D", data, "-l", str(folder / "log"), "-o", options], folder, user)
        try:
            yield URL.create(
                "postgresql+psycopg", "postgres", host="127.0.0.1", port=port, database="postgres"
            )
        finally:
            run([pg_ctl, "stop", "--wait", "--mode=immediate", "-D", data], folder, user)
    finally:
        shutil.rmtree(folder)


def find_programs() -> list[str]:
    """Return where initdb and pg_ctl are: in PATH, or where Debian keeps them out of it."""
    newest_first = sorted(DEBIANS.glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    path = os.pathsep.join([*map(str, newest_first), os.environ.get("PATH", "")])
    found = [shutil.which(name, path=path) for name in PROGRAMS]
    if not all(found):
        raise NoPostgresError("PostgreSQL is not installed (Debian: apt install postgresql; macOS: brew)")
    return [str(program) for program in found]


def chown(folder: Path, user: str) -> None:
    try:
        shutil.chown(folder, user, user)
    except LookupError as error:
        raise NoPostgresError(f"root cannot run PostgreSQL and there is no user {user}") from error


def free_port() -> int:
    """Return a port that is free, of those that no system gives to outgoing connections meanwhile."""
    while True:
        port = SystemRandom().randrange(12_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def run(command: list[str], folder: Path, user: str | None) -> None:
    # To a file: the server inherits it, and a pipe would not end before the server does.
    with (folder / "output").open("a+") as output:
        ended = subprocess.run(
            command, cwd=folder, user=user, group=user, extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if ended.returncode != 0:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read()}")
