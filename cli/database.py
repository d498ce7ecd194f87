"""`flask --app app db ...`: create, migrate and check the tables."""

import click
from sqlalchemy.exc import SQLAlchemyError

from cli.console import Terminal
from jobs.migrate import is_up_to_date, upgrade
from translations import lazy_gettext as _


def database_group(url: str) -> click.Group:
    """Return the group."""
    group = click.Group("db", help="Look after the database.")

    @group.command("upgrade", help="Make or migrate every table. Safe to run again.")
    def upgrade_command() -> None:
        upgrade(url)

    return group


def require_tables(url: str, terminal: Terminal) -> None:
    """Raise ClickException with one sentence if the database is empty, of another version or unreachable."""
    try:
        if is_up_to_date(url):
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
            _("The database is not prepared: run flask --app app db upgrade."),
        )
    )
