"""Keeps what commands and scripts begin within the ceilings of a day."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import SQLAlchemyError

from cli.console import Terminal
from cli.exit_codes import ExitCode
from conversation.daily_ceilings import Begun, DailyCeilings, Reached
from integrations.errors import IntegrationError, may_have_been_done
from integrations.twilio.calls import CallState, TwilioRest
from storage.base import utc_now
from storage.database import Database
from translations import lazy_gettext as _

if TYPE_CHECKING:
    from container import Container
    from settings import Settings

Place = Callable[[TwilioRest], CallState]


class CeilingReachedError(click.ClickException):
    """No more begins today: one sentence with the ceiling, exit code 3."""

    exit_code = ExitCode.REFUSED

    def show(self, file: Any = None) -> None:
        """Print the sentence alone."""
        click.echo(self.message, file=file, err=True)


def ceiling_reached(terminal: Terminal, reached: Reached | None, zone: ZoneInfo) -> CeilingReachedError:
    """Return the error for a ceiling. reached: None: what was asked for at once is more than it leaves."""
    if reached is None:
        words = _(
            "That is more than the day's ceilings leave (DAILY_MESSAGES, DAILY_CALLS, DAILY_SPEND): nothing was begun."
        )
        return CeilingReachedError(terminal.translate(words))
    words = _(
        "{setting} is used up for today ({limit}): nothing was begun. More may begin from {time} on, or with a "
        "higher {setting} in .env."
    )
    time = f"{reached.until.astimezone(zone):%Y-%m-%d %H:%M}"
    return CeilingReachedError(
        terminal.translate(words.format(setting=reached.setting, limit=reached.limit, time=time))
    )


def counted(
    terminal: Terminal, settings: "Settings", container: Callable[["Settings"], "Container"], place: Place
) -> Place:
    """Return what places a call, and counts it first where there is a ceiling. Raises CeilingReachedError then."""
    if settings.daily_calls is None and settings.daily_spend is None:
        return place

    def place_counted(twilio: TwilioRest) -> CallState:
        made = container(settings)
        counter = _Counter(terminal, made.database, made.daily_ceilings, made.profile.time_zone)
        taken_at = utc_now()
        counter.take(taken_at)
        try:
            return place(twilio)
        except IntegrationError as error:
            if not may_have_been_done(error):
                counter.give_back(taken_at)
            raise

    return place_counted


class _Counter:
    """Counts a call."""

    def __init__(
        self, terminal: Terminal, database: Database, ceilings: DailyCeilings, zone: ZoneInfo
    ) -> None:
        self._terminal, self._database, self._ceilings, self._zone = terminal, database, ceilings, zone

    def take(self, now: datetime) -> None:
        try:
            with self._database.write() as connection:
                is_taken = self._ceilings.take(connection, Begun.CALL, 1, now) == 1
                reached = None if is_taken else self._ceilings.reached(connection, Begun.CALL, now)
        except SQLAlchemyError as error:
            words = _(
                "The day's calls cannot be counted ({name}), and nobody was called: start the program first."
            )
            raise click.ClickException(
                self._terminal.translate(words.format(name=type(error).__name__))
            ) from error
        if not is_taken:
            raise ceiling_reached(self._terminal, reached, self._zone)

    def give_back(self, taken_at: datetime) -> None:
        with self._database.write() as connection:
            self._ceilings.give_back(connection, Begun.CALL, taken_at)
