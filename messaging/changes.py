"""Changes and deletions of messages that came before, and the end of answers to what they replace.

An answer of which nothing has gone out is withdrawn: its turn is cancelled without a word in it, and the messages that
are left wait for their answer again. An answer that is on its way stays.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from conversation.message_kinds import DELETED
from conversation.observers import ConversationObserver
from messaging.told import told
from storage.after_commit import after_commit
from storage.models import Ending, MessageStatus, TurnState
from storage.queries import messages, outgoing, turns
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord
from storage.queries.turns import TurnRecord

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a change. is_applied: the message has its new words, and is answered by them.

    waiting: the newest message that waits for its answer again; None: none does.
    """

    is_applied: bool = False
    waiting: MessageRecord | None = None


class Changes:
    """Applies changes to messages, in the caller's transaction."""

    def __init__(self, observer: ConversationObserver) -> None:
        self._observer = observer

    def take_back(self, connection: Connection, recipient: Recipient, sid: str, now: datetime) -> Change:
        """Take a message from what the model is told, and leave it unanswered."""
        message = _theirs(connection, recipient, sid)
        if message is None or message.kind == DELETED:
            after_commit(connection, log.info, "deleted_message_unknown", contact_id=recipient.contact_id)
            return Change()
        gone = replace(message, kind=DELETED)
        messages.take_back(connection, message.id, DELETED)
        if message.turn_id is None:
            return Change(is_applied=True)
        turns.reword_overtaken(connection, message.turn_id, told(message), told(gone))
        if not self._withdraw(connection, recipient, message.turn_id, told(gone), now):
            turns.reword_turn(connection, message.turn_id, told(message), told(gone))
            return Change(is_applied=True)
        return Change(True, _released(connection, message.turn_id))

    def correct(
        self, connection: Connection, recipient: Recipient, sid: str, body: str, now: datetime
    ) -> Change:
        """Put new words into a message to which no answer has gone out."""
        message = _theirs(connection, recipient, sid)
        if message is None or message.kind == DELETED:
            return Change()
        if message.turn_id is None:
            if message.status is not MessageStatus.RECEIVED:
                return Change()
            messages.correct(connection, message.id, body)
            return Change(is_applied=True)
        if not self._withdraw(connection, recipient, message.turn_id, "", now):
            return Change()
        waiting = _released(connection, message.turn_id)
        messages.correct(connection, message.id, body)
        return Change(True, waiting)

    def _withdraw(
        self, connection: Connection, recipient: Recipient, turn_id: int, heard: str, now: datetime
    ) -> bool:
        """Cancel a turn of whose answer nothing has gone out; False for any other. heard: what is left of it."""
        turn = turns.turn_to_change(connection, turn_id)
        if turns.last_number(connection, recipient.conversation_id) != turn.number:
            return False
        if turn.state is not TurnState.WRITING and (
            turn.ending is not Ending.GATHER or not self._is_held(connection, recipient, turn, now)
        ):
            return False
        turns.withdraw(connection, turn_id, heard, now)
        where = {"conversation_id": recipient.conversation_id, "turn": turn.number}
        after_commit(connection, log.info, "answer_withdrawn", **where)
        return True

    def _is_held(self, connection: Connection, recipient: Recipient, turn: TurnRecord, now: datetime) -> bool:
        """Hold a complete answer; False if its first part is on its way."""
        held, words = MessageStatus.HELD, "".join(turn.sentences)
        if outgoing.claim_parts(connection, recipient.conversation_id, turn.id, [words], now, first=held):
            return True  # nobody had it yet
        parts = outgoing.hold_parts(connection, turn.id, now)
        for part in parts:
            self._observer.receipt(connection, part, held, None, now)
        return bool(parts)


def _theirs(connection: Connection, recipient: Recipient, sid: str) -> MessageRecord | None:
    found = messages.message_by_sid(connection, sid)
    is_theirs = found is not None and found.message.conversation_id == recipient.conversation_id
    return found.message if found is not None and is_theirs and not found.message.outbound else None


def _released(connection: Connection, turn_id: int) -> MessageRecord | None:
    """Let a turn's messages wait for another answer, but for deleted ones; return the newest of them."""
    left = [message for message in messages.asked_in(connection, turn_id) if message.kind != DELETED]
    messages.release(connection, [message.id for message in left])
    return replace(left[-1], turn_id=None, status=MessageStatus.RECEIVED) if left else None
