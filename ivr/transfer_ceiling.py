"""Counts transfers: a person of ours is rung for one caller so often in a day, and then messages are taken."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.ledger import Kind, Ledger
from ivr.transfer import Transfer
from storage.base import utc_now
from storage.database import Database
from storage.ledger import accounts
from storage.models import LONGEST_CALL

log = structlog.get_logger()

RESERVED_FOR = LONGEST_CALL + timedelta(hours=1)
"""The time after which a transfer is given back whose call neither went on nor ended: nobody was rung."""


class TransferCeiling:
    """Reserves a transfer before anybody is rung. Without a database everybody is put through."""

    def __init__(self, database: Database, ledger: Ledger, clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._ledger, self._clock = database, ledger, clock

    def may_ring(self, key: str, turn: int) -> bool:
        """Reserve the transfer to which a turn of a call leads; False if a message is to be taken instead."""
        try:
            return self._database.run(lambda connection: self._reserve(connection, key, _entry(key, turn)))
        except SQLAlchemyError as error:
            log.error("transfer_not_counted", error=type(error).__name__)
            return True

    def _reserve(self, connection: Connection, key: str, entry: str, *, is_limited: bool = True) -> bool:
        account = accounts.of_key(connection, key)
        if account is None:
            return True
        return self._ledger.reserve(
            connection, account, Kind.TRANSFER, entry, self._clock(), lasts=RESERVED_FOR,
            is_limited=is_limited,
        ).is_granted  # fmt: skip

    def count(self, key: str, turn: int, mark: str) -> None:
        """Count a transfer that an operator has begun, whatever the ceiling. mark: its own within the turn."""
        try:
            with self._database.write() as connection:
                self._reserve(connection, key, _entry(key, turn, mark), is_limited=False)
        except SQLAlchemyError as error:
            log.error("transfer_not_counted", error=type(error).__name__)

    def has_ended(self, key: str, turn: int, talked_s: int, *, mark: str = "") -> None:
        """Count a transfer that has ended, and its seconds. mark: an operator's; empty for the assistant's."""
        also = [(Kind.TRANSFERRED_S, talked_s)]
        try:
            with self._database.write() as connection:
                self._ledger.settle(connection, _entry(key, turn, mark), self._clock(), also)
        except SQLAlchemyError as error:
            log.error("transfer_not_counted", error=type(error).__name__)


@dataclass(frozen=True, slots=True)
class Transfers:
    """The transfers of callers: to whom, and how often in a day."""

    to: Transfer
    ceiling: TransferCeiling


def settle_transfers(connection: Connection, ledger: Ledger, key: str, conversation_id: int) -> None:
    """Let the transfers of a call stand whose end no webhook told: whoever hangs up meanwhile has rung somebody."""
    account = accounts.of_conversation(connection, conversation_id)
    ledger.settle_all(connection, account, Kind.TRANSFER, _entries(key))


def _entry(key: str, turn: int, mark: str = "") -> str:
    return f"{_entries(key)}{turn}:{mark}" if mark else f"{_entries(key)}{turn}"


def _entries(key: str) -> str:
    """Return what the reservations of a call begin with."""
    return f"transfer:{key}:"
