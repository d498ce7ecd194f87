"""Protocols of what operators work with, wherever they do: the dashboard, Chatwoot, a seller's phone.

The container connects them. Each method is called inside the caller's transaction, and enqueues its work there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from sqlalchemy import Connection

from phone_numbers import MatchingNumber
from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment

DASHBOARD_AUTHOR = "dashboard:"
"""The prefix of the author of a message written at the dashboard."""
TO_CUSTOMERS, NOTICES = "automatic", "handoff"
"""The authors of texts that are sent by themselves: to customers, and to sellers."""
AUTOMATIC = (TO_CUSTOMERS, NOTICES)


@dataclass(frozen=True, slots=True)
class StaffMessage:
    """A message that may be a seller's.

    number: what its author is found by. payload: of the button that was pressed, as the template's author
    chose it. answers: the SID of the message of ours that it answers; empty if it names none.
    """

    number: MatchingNumber
    words: str
    payload: str = ""
    answers: str = ""


class MessageSender(Protocol):
    """Sends messages by people of ours, and notices to sellers."""

    def write(
        self,
        connection: Connection,
        recipient: Recipient,
        body: str,
        *,
        author: str,
        kind: str = "text",
        attachments: Sequence[Attachment] = (),
    ) -> int:
        """Keep a message and hand over its sending; return its id."""
        ...

    def send_later(self, connection: Connection, conversation_id: int) -> None:
        """Hand over the sending of what a conversation has unsent."""
        ...


AnswerLeft: TypeAlias = Callable[[Connection, int], None]
"""Lets the assistant answer what nobody has answered in a written conversation, by its id."""


@dataclass(frozen=True, slots=True)
class Assistant:
    """Silences the assistant, and lets it go on. stop: stops a conversation's answers in progress, by its key."""

    stop: Callable[[str], None]
    answer_left: AnswerLeft


class Helpdesk(Protocol):
    """The helpdesk that shows conversations to operators: Chatwoot."""

    def note(self, connection: Connection, contact_id: int, ref: str, words: str, now: datetime) -> None:
        """Show a private note. ref: shown once, however often it is said."""
        ...

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, sender: Recipient | None = None
    ) -> None:
        """Show a written message."""
        ...

    def opened(self, connection: Connection, contact_id: int, ref: str, now: datetime) -> None:
        """Show that the conversation waits for a person."""
        ...
