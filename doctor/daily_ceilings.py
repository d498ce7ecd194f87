"""Examines the ceilings on what the business begins in a day: which are set, and whether one is used up."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from doctor.findings import Finding, Status
from storage.database import Database
from translations import Message
from translations import lazy_gettext as _


class DailyCeilingsPart:
    """The ceilings. limits: those that are set, by setting, as they are written. spend, prices: of one message and one
    call, by setting; spend None: it has no ceiling. reached: returns the setting that is used up and when more begins.
    """

    name = "ceilings"

    def __init__(
        self,
        limits: Mapping[str, str],
        spend: float | None,
        prices: Mapping[str, float],
        database: Callable[[], Database],
        reached: Callable[[Connection], tuple[str, datetime] | None],
    ) -> None:
        self._limits, self._spend, self._prices = limits, spend, prices
        self._database, self._reached = database, reached

    def check(self) -> list[Finding]:
        """Compare what is set with what was begun today."""
        if not self._limits:
            sentence = _(
                "No ceiling is set on what campaigns and scripts begin in a day (DAILY_MESSAGES and others)."
            )
            return [Finding(self.name, Status.OFF, sentence)]
        too_dear = [
            name for name, price in self._prices.items() if self._spend is not None and price > self._spend
        ]
        if too_dear:
            sentence = _("DAILY_SPEND is less than {setting}: nothing of that kind is ever begun.")
            advice = _("Raise DAILY_SPEND, or lower {setting} to what one really costs.")
            values = {"setting": too_dear[0]}
            return [Finding(self.name, Status.FIX, sentence.format(**values), advice.format(**values))]
        listed = ", ".join(f"{name}={limit}" for name, limit in self._limits.items())
        return [Finding(self.name, Status.OK, self._sentence().format(listed=listed))]

    def _sentence(self) -> Message:
        try:
            with self._database().read() as connection:
                reached = self._reached(connection)
        except SQLAlchemyError:  # the database's own part says so
            reached = None
        if reached is None:
            return _("What is begun in a day has ceilings: {listed}.")
        setting, until = reached
        words = _("What is begun in a day has ceilings: {listed}. {setting} is used up until {until}.")
        return words.format(setting=setting, until=f"{until:%Y-%m-%d %H:%M}")
