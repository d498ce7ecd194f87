"""Performs what a form asks for once, however often it is sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from sqlalchemy import Connection

from dashboard.actions.refusals import CannotBeDone, DoneBefore, Trouble
from storage.after_commit import after_commit
from storage.database import Database
from storage.queries.webhook_events import forget_event, has_come, take_event, take_event_within

FORMS = "dashboard-form"
"""The source of forms among the events that happen once."""
BEGUN = "dashboard-begun"
"""The source of those whose action is being asked of somebody else."""
ASKED_WITHIN = timedelta(seconds=30)
"""The longest that an action takes; a form begun longer ago, and not done, was broken off and may be sent again."""
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
        self._is_noted = Event()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the transaction that performs the action. Raises DoneBefore if the form was sent before."""
        with self._database.write() as connection:
            self.done(connection)
            yield connection

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Begin an action that asks somebody else; `done` ends it, and a refusal lets the form be sent again.

        What must not happen twice, whatever dies, is noted as done before that. Raises DoneBefore if it was
        done before, CannotBeDone while another request is at it.
        """
        self._begin()
        try:
            yield
        except CannotBeDone:
            with self._database.write() as connection:
                forget_event(connection, BEGUN, self._number)
                if self._is_noted.is_set():
                    forget_event(connection, FORMS, self._number)
            raise

    def was_done(self) -> bool:
        """Return whether the action was performed before."""
        if not self._number:
            return False
        with self._database.read() as connection:
            return has_come(connection, FORMS, self._number)

    def done(self, connection: Connection) -> None:
        """Record that the action is done, in the caller's transaction. Raises DoneBefore if it was before."""
        if not self._number:
            return
        if not take_event(connection, FORMS, self._number, self._clock()):
            raise DoneBefore
        forget_event(connection, BEGUN, self._number)
        after_commit(connection, self._is_noted.set)

    def _begin(self) -> None:
        if not self._number:
            return
        with self._database.write() as connection:
            if has_come(connection, FORMS, self._number):
                raise DoneBefore
            if not take_event_within(connection, BEGUN, self._number, self._clock(), ASKED_WITHIN):
                raise CannotBeDone(Trouble.BEING_DONE)
