"""Compares the connections that the processes may open to PostgreSQL with those that it grants."""

from launch.texts import TEXTS
from settings import Settings
from storage.connections import FEWEST, granted_connections, plan_connections
from translations import Message

OF_COMMANDS = 3
"""Left over for commands, migrations and whoever looks into the database."""


def few_connections(settings: Settings) -> Message | None:
    """Return a sentence if they may open more than they get; None on SQLite, or if the server cannot be asked."""
    granted = granted_connections(settings.database_url)
    plan = plan_connections(
        settings.database_connections, web_processes=settings.web_concurrency, threads=settings.web_threads
    )
    if granted is None or plan.total + OF_COMMANDS <= granted:
        return None
    return TEXTS["few_connections"].format(
        granted=granted,
        wanted=plan.total,
        processes=settings.web_concurrency,
        web=plan.web,
        advised=max(FEWEST, granted - OF_COMMANDS),
    )
