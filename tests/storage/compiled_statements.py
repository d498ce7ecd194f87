"""Lets all engines of a test process share what SQLAlchemy compiles: a statement is compiled once, as in a server.

Each test has an engine of its own, and each engine a cache of its own, an eighth of all tests' processor time.
https://docs.sqlalchemy.org/en/21/core/connections.html#sql-caching says how a cache is given to connections.
"""

from collections import defaultdict

from sqlalchemy import event
from sqlalchemy.engine import Engine


class Shared(dict):
    """Compiled statements of one kind of database. The first part of each key is the engine's own dialect."""

    def get(self, key, default=None):
        return super().get(key[1:], default)

    def __getitem__(self, key):
        return super().__getitem__(key[1:])

    def __setitem__(self, key, compiled):
        super().__setitem__(key[1:], compiled)


_caches = defaultdict(Shared)


def share_compiled_statements():
    """Share them from now on."""
    event.listen(Engine, "engine_connect", _give)


def _give(connection):
    connection.execution_options(compiled_cache=_caches[connection.dialect.name])
