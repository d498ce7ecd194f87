"""Operators who write in Chatwoot, and what came of it."""

from storage.base import utc_now
from storage.models import Conversation
from tests.journeys.people.chatwoot_setup import (
    settle,
    shown,
    work_off,
)
from tests.records import every


def operator_writes(chatwoot, line, words, **options):
    """What an operator writes, taken here and sent."""
    message = chatwoot.operator_writes(42, words, **options)
    settle(chatwoot)
    work_off(line)
    return message


def is_human(line):
    conversation = every(line.parts.database, Conversation)[0]
    return conversation.human_until is not None and conversation.human_until > utc_now()


def notes(chatwoot):
    return [words for kind, words in shown(chatwoot) if kind == "note"]
