"""Limits of the files and connections that this process may have open, and of its clients among them."""

import resource
from contextlib import suppress

ENOUGH = 65_536
OF_THE_PROGRAM = 128
"""Files, the database's connections, pipes."""
FEWEST_CLIENTS = 32


def raise_descriptor_limit() -> int:
    """Raise this process's limit, and so its children's, as far as the system lets it; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # macOS permits less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else soft


def clients_at_most(descriptors: int) -> int:
    """Return how many clients may be connected: each may need a connection of ours as well, to a model."""
    return max(FEWEST_CLIENTS, (descriptors - OF_THE_PROGRAM) // 2)
