"""Links that log somebody in, once and within ten minutes: for whoever can run a command on this machine."""

import secrets
from collections.abc import Callable
from datetime import datetime

from itsdangerous import BadSignature, URLSafeTimedSerializer

from storage.base import utc_now
from storage.database import Database
from storage.queries.webhook_events import take_event

VALID_S = 10 * 60
PATH = "/dashboard/open"
_SOURCE = "dashboard-link"


class OneTimeLinks:
    """Makes and takes links. secret_key: the application's; a link is used up for all that share its database."""

    def __init__(
        self, secret_key: str, database: Callable[[], Database], clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._signer, self._database, self._clock = (
            URLSafeTimedSerializer(secret_key, salt=_SOURCE), database, clock,
        )  # fmt: skip

    def make(self, base_url: str) -> str:
        """Return a link below a server's address."""
        return f"{base_url}{PATH}?key={self._signer.dumps(secrets.token_urlsafe(12))}"

    def take(self, key: str) -> bool:
        """Use a link up; return False if it was used before, is too old or is none of ours. Raises SQLAlchemyError."""
        try:
            number = self._signer.loads(key, max_age=VALID_S)
        except BadSignature:  # one that is too old too
            return False
        with self._database().write() as connection:
            return take_event(connection, _SOURCE, str(number), self._clock())
