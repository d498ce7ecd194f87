"""Shares out the connections to PostgreSQL among all processes, and asks the server how many it grants."""

from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

USUAL = 90
"""PostgreSQL grants 100 by default, three of them to its superuser alone; the rest is for commands and migrations."""
FEWEST = 11
_MOST_OF_A_PROCESS = 40
_MOST_OF_JOBS = 8

_GRANTED = text(
    "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int, "
    "(SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), "
    "(SELECT datconnlimit FROM pg_database WHERE datname = current_database())"
)


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """The most connections of each part. web: of each web process.

    worker: of the worker's services; queue: of its lease and its orders; jobs: of DBOS.
    """

    web: int
    worker: int
    queue: int
    jobs: int
    web_processes: int = 1

    @property
    def total(self) -> int:
        """All of them together."""
        return self.web * self.web_processes + self.worker + self.queue + self.jobs


def plan_connections(total: int = USUAL, *, web_processes: int = 1, threads: int = 400) -> ConnectionPlan:
    """Share out `total` connections. threads: of a web process, each of which needs one at a time."""
    background = max(3, total // 9)
    jobs = min(background, _MOST_OF_JOBS)
    left = (total - 2 * background - jobs) // web_processes
    web = max(1, min(left, threads, _MOST_OF_A_PROCESS))
    return ConnectionPlan(web, background, background, jobs, web_processes)


USUAL_PLAN = plan_connections()


def granted_connections(url: str) -> int | None:
    """Return how many connections the server grants our role; None for SQLite, or if it cannot be asked."""
    if make_url(url).get_backend_name() != "postgresql":
        return None
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"connect_timeout": 2})
    try:
        with closing(engine.connect()) as connection:
            limits = connection.execute(_GRANTED).one()
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()
    return min(int(limit) for limit in limits if limit is not None and limit >= 0)
