"""`flask --app app db ...`: create, migrate and check the tables."""

import sqlite3
from collections.abc import Callable

import click
from sqlalchemy.exc import SQLAlchemyError

from cli.console import Terminal
from jobs.migrate import copy_before_upgrade, is_empty, is_up_to_date, upgrade
from storage.base import utc_now
from storage.copies import NoRoomError
from translations import lazy_gettext as _
from translations.system_errors import system_reason


def database_group(
    url: str, terminal: Terminal, afterwards: Callable[[], object] = lambda: None
) -> click.Group:
    """Return the group. afterwards: called once the tables are as they should be."""
    group = click.Group("db", help=terminal.translate(_("Look after the database.")))

    @group.command("upgrade", help=terminal.translate(_("Make or migrate every table. Safe to run again.")))
    def upgrade_command() -> None:
        _copy(url, terminal)
        upgrade(url)
        afterwards()

    return group


def _copy(url: str, terminal: Terminal) -> None:
    """Copy an SQLite database before it is migrated, and say so; without a copy nothing is migrated."""
    try:
        copied = copy_before_upgrade(url, utc_now())
    except NoRoomError as error:
        no_room = _(
            "There is no room for a copy of the database before it is migrated: {size} MB are needed in {folder}. "
            "Free that much space and start again."
        ).format(size=error.needed_mb, folder=error.folder)
        raise click.ClickException(terminal.translate(no_room)) from error
    except (OSError, sqlite3.Error) as error:
        no_copy = _(
            "The database could not be copied before it is migrated ({reason}). See that its folder can be written to, "
            "and start again."
        ).format(reason=system_reason(error) if isinstance(error, OSError) else type(error).__name__)
        raise click.ClickException(terminal.translate(no_copy)) from error
    if copied is not None:
        click.echo(terminal.translate(_("A copy of the database, as it was: {path}").format(path=copied)))


def prepare_tables(url: str, terminal: Terminal) -> None:
    """Make the tables of an empty database; raise ClickException if it is of another version or unreachable.

    A database with tables is migrated by `db upgrade` alone, for a server of its version may be running.
    """
    try:
        if is_up_to_date(url):
            return
        if is_empty(url):
            terminal.complain(_("Preparing the database…"))
            upgrade(url)
            return
    except SQLAlchemyError as error:
        raise click.ClickException(
            terminal.translate(
                _("The database of DATABASE_URL cannot be reached ({name}).").format(
                    name=type(error).__name__
                ),
            )
        ) from error
    raise click.ClickException(
        terminal.translate(
            _("The database is of another version: run flask --app app db upgrade."),
        )
    )
