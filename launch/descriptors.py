"""Limits of the files and connections that this process may have open, and of its clients among them."""

import resource
from contextlib import suppress
from pathlib import Path

ENOUGH = 65_536
OF_THE_PROGRAM = 128
"""Files, pipes, SQLite's connections with their three files each."""
FEWEST_CLIENTS = 32
FEWEST_THREADS = 4
OTHER_THREADS = 100
"""The worker's, and those that answers, tools and files have beside the ones of requests."""


def raise_descriptor_limit() -> int:
    """Raise this process's limit, and so its children's, as far as the system lets it; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # macOS permits less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else soft


def clients_at_most(descriptors: int, database_connections: int = 0) -> int:
    """Return how many clients may be connected: each may need a connection of ours as well, to a model.

    database_connections: the most of this process, to Postgres.
    """
    return max(FEWEST_CLIENTS, (descriptors - OF_THE_PROGRAM - database_connections) // 2)


def container_limit(pids_max: Path = Path("/sys/fs/cgroup/pids.max")) -> int | None:
    """Return how many processes and threads this container may have; None without a limit."""
    try:
        return int(pids_max.read_text("ascii"))
    except (OSError, ValueError):  # "max", or no such file
        return None


def threads_at_most(limit: int | None, *, web_processes: int, wanted: int) -> int:
    """Return how many threads each web process may have of those that are wanted. limit: the container's."""
    if limit is None:
        return wanted
    return min(wanted, max(FEWEST_THREADS, (limit - OTHER_THREADS) // web_processes))
