"""Notes of what was done at the dashboard, for operators who read them in Chatwoot."""

from datetime import datetime

import structlog
from sqlalchemy import Connection

from conversation.operators import Helpdesk
from conversation.phrases.words import Dashboard
from storage.after_commit import after_commit
from storage.reports.transcripts import ConversationReport

log = structlog.get_logger()


class Notes:
    """The notes of one operator. helpdesk: None without Chatwoot. operator: the name; "" if none was given."""

    def __init__(self, helpdesk: Helpdesk | None, words: Dashboard, operator: str) -> None:
        self._helpdesk, self._words, self._operator = helpdesk, words, operator

    @property
    def name(self) -> str:
        """Return who acts: the operator's name, or the dashboard's."""
        return self._operator or self._words.name

    def taken(self, connection: Connection, conversation: ConversationReport, now: datetime) -> None:
        """Note who has a conversation now, unless they had it already."""
        if conversation.human != self.name:
            self._note(connection, conversation, "taken", (self._words.taken, self._words.taken_by), now)
            after_commit(connection, log.info, "conversation_taken_over", conversation_id=conversation.id)

    def given_back(self, connection: Connection, conversation: ConversationReport, now: datetime) -> None:
        """Note who has given a conversation back."""
        words = (self._words.given_back, self._words.given_back_by)
        self._note(connection, conversation, "given-back", words, now)

    def settled(
        self, connection: Connection, conversation: ConversationReport, handoff_id: int, now: datetime
    ) -> None:
        """Note who says that somebody was answered."""
        words = (self._words.settled, self._words.settled_by)
        self._note(connection, conversation, f"settled:{handoff_id}", words, now)

    def _note(
        self,
        connection: Connection,
        conversation: ConversationReport,
        what: str,
        words: tuple[str, str],
        now: datetime,
    ) -> None:
        """Note what was done. words: without an operator's name, and with {name}."""
        if self._helpdesk is None or conversation.simulated:
            return
        nameless, named = words
        said = named.format(name=self._operator) if self._operator else nameless
        ref = f"dashboard:{conversation.id}:{what}:{int(now.timestamp())}"
        self._helpdesk.note(connection, conversation.contact_id, ref, said, now)
