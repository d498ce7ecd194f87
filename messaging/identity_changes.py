"""Keeps what WhatsApp says of people who have another number or user id than before."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from integrations.dialog360.webhooks import IdentityChange
from phone_numbers import matching_number
from storage.base import utc_now
from storage.database import Database
from storage.identities import pairing
from storage.identities.finding import IdentityKey, identity_of_number, identity_of_user


class IdentityChanges:
    """Keeps changes of identities, as often as they come. provider: where they come from."""

    def __init__(self, database: Database, *, provider: str, clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._provider, self._clock = database, provider, clock

    def keep(self, changes: Sequence[IdentityChange]) -> None:
        """Keep changes in their order. Raises SQLAlchemyError."""
        for change in changes:
            self._database.run(partial(self._keep, change))

    def _keep(self, change: IdentityChange, connection: Connection) -> None:
        pairing.change_user_id(
            connection,
            self._user(change.old_user_id),
            self._user(change.new_user_id),
            self._clock(),
            old_number=_number(change.old_number),
            new_number=_number(change.new_number),
        )

    def _user(self, user_id: str) -> IdentityKey:
        return identity_of_user(user_id, self._provider, simulated=False)


def _number(number: str) -> IdentityKey | None:
    return identity_of_number(matching_number(number), simulated=False) if number else None
