"""Lets a campaign's first few messages go alone, so that what is refused to everybody is refused to few."""

import time
from collections.abc import Callable, Sequence

from storage.campaigns import campaign_recipients
from storage.database import Database

PROBED = 5
"""Messages that go alone."""
PATIENCE_S = 10.0
"""The longest wait for news of them: without receipts there are none."""


class Probe:
    """The first messages of a campaign since a process runs it. patience_s: the longest wait for news of them."""

    def __init__(
        self,
        database: Database,
        *,
        patience_s: float = PATIENCE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._patience_s, self._monotonic = database, patience_s, monotonic
        self._sent: list[int] = []
        self._sent_at = 0.0
        self._is_over = False

    def room(self, most: int) -> int:
        """Return how many messages may go now, of so many at most."""
        if self._is_over:
            return most
        if len(self._sent) < PROBED:
            return min(most, PROBED - len(self._sent))
        self._is_over = self._monotonic() - self._sent_at >= self._patience_s or self._has_arrived()
        return most if self._is_over else 0

    def going(self, message_ids: Sequence[int]) -> None:
        """Note which messages go."""
        if not self._is_over and message_ids:
            self._sent += message_ids
            self._sent_at = self._monotonic()

    def _has_arrived(self) -> bool:
        with self._database.read() as connection:
            return campaign_recipients.has_any_arrived(connection, self._sent)
