"""Reads what an action is about. Raises CannotBeDone where that is not there, or cannot be acted upon."""

from sqlalchemy import Connection

from dashboard.actions.refusals import CannotBeDone, Trouble
from storage.database import Database
from storage.queries import contacts, messages, offers
from storage.queries.contacts import Recipient
from storage.reports import transcripts
from storage.reports.transcripts import CallRecord, ConversationReport


def conversation_of(database: Database, conversation_id: int) -> ConversationReport:
    """Return a conversation."""
    with database.read() as connection:
        conversation = transcripts.conversation(connection, conversation_id)
    if conversation is None:
        raise CannotBeDone(Trouble.GONE)
    return conversation


def live_call_of(database: Database, conversation_id: int) -> tuple[ConversationReport, CallRecord]:
    """Return a call that is going on, and that is no simulation."""
    conversation = conversation_of(database, conversation_id)
    if conversation.call is None or not conversation.is_live:
        raise CannotBeDone(Trouble.CALL_OVER)
    if conversation.simulated:
        raise CannotBeDone(Trouble.SIMULATED)
    return conversation, conversation.call


def require_handoff(connection: Connection, conversation_id: int, handoff_id: int) -> None:
    """Raise unless a handoff is one of a conversation."""
    facts = offers.handoff_facts(connection, handoff_id)
    if facts is None or facts.conversation_id != conversation_id:
        raise CannotBeDone(Trouble.GONE)


def writable(connection: Connection, conversation_id: int) -> Recipient:
    """Return whom a written conversation is with, who can be reached and has not asked to be left alone."""
    recipient = contacts.find_recipient(connection, conversation_id=conversation_id)
    if recipient is None or not recipient.key.startswith("whatsapp:"):
        raise CannotBeDone(Trouble.GONE)
    if not recipient.is_reachable:
        raise CannotBeDone(Trouble.UNREACHABLE)
    if messages.wants_nothing(connection, conversation_id, recipient.opted_out_at):
        raise CannotBeDone(Trouble.OPTED_OUT)
    return recipient
