"""Examines whether this machine allows as many calls at once as the settings promise."""

from collections.abc import Callable

from doctor.findings import Finding, Status
from launch.limits import Limits
from translations import Message
from translations import lazy_gettext as _
from translations.numbers import Number


class LimitsPart:
    """The limits of files, threads and database connections.

    limits: asks the system. few_connections: asks the database's server, and returns a sentence if it grants too few.
    """

    name = "limits"

    def __init__(self, limits: Callable[[], Limits], few_connections: Callable[[], Message | None]) -> None:
        self._limits, self._few_connections = limits, few_connections

    def check(self) -> list[Finding]:
        """Compare what is promised with what is granted."""
        limits = self._limits()
        if few := list(filter(None, (limits.too_few, self._few_connections()))):
            return [Finding(self.name, Status.FIX, sentence) for sentence in few]
        sentence = _(
            "This machine allows {threads} answers and {clients} connections at once in each web process."
        )
        numbers = {"threads": limits.threads, "clients": Number(f"{limits.clients:,}")}
        return [Finding(self.name, Status.OK, sentence.format(**numbers))]
