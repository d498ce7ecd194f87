"""Examines the database: whether it can be reached, read and written, and has this version's tables."""

from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from doctor.findings import Finding, Status
from storage.database import Database
from translations import Message
from translations import lazy_gettext as _


class DatabasePart:
    """The database. kind: its name.

    is_up_to_date: tells if it has this version's tables. is_empty: if it has none yet. Both raise SQLAlchemyError.
    """

    name = "database"

    def __init__(
        self,
        database: Callable[[], Database],
        is_up_to_date: Callable[[], bool],
        is_empty: Callable[[], bool],
        *,
        kind: str,
    ) -> None:
        self._database, self._kind = database, kind
        self._is_up_to_date, self._is_empty = is_up_to_date, is_empty

    def check(self) -> list[Finding]:
        """Reach it, and begin a transaction that could write."""
        try:
            if self._is_empty():
                sentence = _("The database has no tables yet: the assistant has not been started with it.")
                return [self._wrong(sentence, _("Start ./start.sh, which makes them."), stops_calls=True)]
            if not self._is_up_to_date():
                sentence = _("The database is not of this version.")
                advice = _("Run flask --app app db upgrade, which ./start.sh does by itself.")
                return [self._wrong(sentence, advice, stops_calls=True)]
        except SQLAlchemyError as error:
            sentence = _("{kind} cannot be reached ({error}).").format(
                kind=self._kind, error=type(error).__name__
            )
            return [
                self._wrong(
                    sentence, _("Check DATABASE_URL, and that its server is running."), stops_calls=True
                )
            ]
        try:
            with self._database().write():
                pass
        except SQLAlchemyError as error:
            sentence = _(
                "{kind} can be read and not written ({error}): answers are spoken and not kept."
            ).format(kind=self._kind, error=type(error).__name__)
            advice = _("See if another program holds a lock on it, and if its disk is full.")
            return [self._wrong(sentence, advice, stops_calls=False)]
        fine = _("{kind} can be read and written, and has this version's tables.").format(kind=self._kind)
        return [Finding(self.name, Status.OK, fine)]

    def _wrong(self, sentence: Message, advice: Message, *, stops_calls: bool) -> Finding:
        return Finding(self.name, Status.FIX, sentence, advice, stops_calls=stops_calls)
