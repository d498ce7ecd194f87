"""Counts the photos and voice notes that are opened for a person, and refuses more than a day's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.ledger import Kind, Ledger
from integrations.language_model import Usage
from storage.base import utc_now
from storage.database import Database
from storage.ledger import accounts
from storage.queries.messages import Attachment, MessageRecord

log = structlog.get_logger()

RESERVED_FOR = timedelta(hours=1)
"""Longer than a file takes to be opened; if its process has died, whoever opens it next has the same reservation."""
FAILED = "which could not be opened"
_OVER_PHOTO = "[sent a photo, which cannot be opened today]"
_OVER_VOICE_NOTE = "[sent a voice note, which cannot be opened today]"


@dataclass(frozen=True, slots=True)
class MediaCeiling:
    """Reserves before a file is opened. Without a database every file is opened."""

    database: Database
    ledger: Ledger
    clock: Callable[[], datetime] = utc_now

    def over(self, message: MessageRecord, number: int, kind: Kind, units: int = 1) -> Attachment | None:
        """Return a file as one that is not opened today; None if it may be."""
        try:
            is_granted = self.database.run(
                lambda connection: self._reserve(connection, message, number, kind, units)
            )
        except SQLAlchemyError as error:
            log.error("media_not_counted", message_id=message.id, error=type(error).__name__)
            return None
        if is_granted:
            return None
        words = _OVER_PHOTO if kind is Kind.PHOTO else _OVER_VOICE_NOTE
        return replace(message.attachments[number], words=words, is_readable=False)

    def _reserve(
        self, connection: Connection, message: MessageRecord, number: int, kind: Kind, units: int
    ) -> bool:
        account = accounts.of_conversation(connection, message.conversation_id)
        return self.ledger.reserve(
            connection, account, kind, _key(message.id, number), self.clock(), units=units, lasts=RESERVED_FOR
        ).is_granted

    def count_tokens(self, connection: Connection, message: MessageRecord, tokens: Usage) -> None:
        """Count the tokens of a photo's description."""
        account = accounts.of_conversation(connection, message.conversation_id)
        used = [
            (Kind.PROMPT_TOKENS, tokens.prompt_tokens),
            (Kind.COMPLETION_TOKENS, tokens.completion_tokens),
        ]
        self.ledger.count(connection, account, used, self.clock())

    def settle(self, connection: Connection, message_id: int, opened: Sequence[Attachment]) -> None:
        """Let what was opened stand, in the transaction that keeps it; give back what could not be."""
        for number, attachment in enumerate(opened):
            if FAILED in (attachment.words or ""):
                self.ledger.release(connection, _key(message_id, number))
            elif attachment.type.startswith(("image/", "audio/")):
                self.ledger.settle(connection, _key(message_id, number), self.clock())


def is_over(attachment: Attachment) -> bool:
    """Return True if a file was not opened because its sender has sent more than a day's."""
    return attachment.words in (_OVER_PHOTO, _OVER_VOICE_NOTE)


def _key(message_id: int, number: int) -> str:
    return f"media:{message_id}:{number}"
