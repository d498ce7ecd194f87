"""Defers what a transaction does outside the database, such as a log line or a count, until it is committed.

A function that writes may run twice before its commit, or be rolled back after it has run (storage/group_commit.py).
"""

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec

import structlog
from sqlalchemy import Connection

P = ParamSpec("P")

log = structlog.get_logger()

_ACTIONS = "after_commit"


def after_commit(connection: Connection, action: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call `action` once the transaction is committed, and never if it is not.

    Only for the connections of `Database.write` and `Database.run`. An error of `action` is logged.
    """
    waiting: list[Callable[[], Any]] = connection.info.setdefault(_ACTIONS, [])
    waiting.append(partial(copy_context().run, partial(action, *args, **kwargs)))


def take_actions(connection: Connection) -> list[Callable[[], Any]]:
    """Return what waits for the commit, and forget it: before a transaction, or when one is committed."""
    actions: list[Callable[[], Any]] = connection.info.pop(_ACTIONS, [])
    return actions


def run_actions(actions: list[Callable[[], Any]]) -> None:
    """Run what waited for the commit."""
    for action in actions:
        try:
            action()
        except Exception as error:  # noqa: BLE001  (what is written is written)
            log.error("after_commit_failed", error=type(error).__name__)
