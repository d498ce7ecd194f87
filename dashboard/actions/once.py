"""Performs what a form asks for once, however often it is sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dashboard.actions.refusals import DoneBefore
from storage.database import Database
from storage.queries.webhook_events import forget_event, take_event

FORMS = "dashboard-form"
"""The source of forms among the events that happen once."""
MOST_FORM = 160


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form that an operator sent. number: its own, with a digest of what it says. Both empty where unknown."""

    number: str = ""
    operator: str = ""


NO_FORM = SentForm()


class Once:
    """The transactions of one form."""

    def __init__(self, database: Database, form: SentForm, clock: Callable[[], datetime]) -> None:
        self._database, self._number, self._clock = database, form.number[:MOST_FORM], clock

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the transaction that performs the action. Raises DoneBefore if the form was sent before."""
        with self._database.write() as connection:
            if self._number and not take_event(connection, FORMS, self._number, self._clock()):
                raise DoneBefore
            yield connection

    def take(self) -> None:
        """Record the form before an action that is no transaction. Raises DoneBefore if it was sent before."""
        with self.write():
            pass

    def forget(self) -> None:
        """Let the form be sent again: its action was refused."""
        with self._database.write() as connection:
            forget_event(connection, FORMS, self._number)
