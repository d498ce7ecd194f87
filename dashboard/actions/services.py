"""What operators' actions work with: the services behind them, and what they are called."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from conversation.observers import ConversationObserver, HandoffListener
from conversation.operators import AnswerLeft, Helpdesk, MessageSender
from conversation.phrases import catalogue_for
from conversation.phrases.words import Dashboard
from storage.reports.transcripts import CallRecord


class CallControl(Protocol):
    """Controls a live call."""

    @property
    def can_hang_up(self) -> bool:
        """Return whether calls can be ended here."""
        ...

    @property
    def can_transfer(self) -> bool:
        """Return whether calls can be transferred to a person."""
        ...

    def comes_back(self, call: CallRecord) -> bool:
        """Return whether a transfer of a call would ring one of its own ends."""
        ...

    def hang_up(self, key: str, call: CallRecord) -> None:
        """End a call. key: the conversation's. Raises IntegrationError."""
        ...

    def transfer(self, key: str, call: CallRecord, *, withheld: bool) -> None:
        """Announce the transfer to the caller and ring a person. withheld: no caller id. Raises IntegrationError."""
        ...


@dataclass(frozen=True, slots=True)
class OperatorServices:
    """The services behind operators' actions. notes: None without Chatwoot.

    fit: splits a text into WhatsApp messages. stop: stops the answers in progress of a written conversation, by its
    key. answer_left: lets the assistant answer what nobody has answered in one, by its id.
    """

    writer: MessageSender
    handoffs: HandoffListener
    observer: ConversationObserver
    calls: CallControl
    notes: Helpdesk | None
    fit: Callable[[str], list[str]]
    stop: Callable[[str], None]
    answer_left: AnswerLeft


@dataclass(frozen=True, slots=True)
class OperatorPolicy:
    """What operators' actions are called, and the assistant's silence after a takeover."""

    words: Dashboard
    silent_for: timedelta


def policy_for(language: str, *, silent_for: timedelta) -> OperatorPolicy:
    """Return the policy for dashboard operators. language: the business's ("es-ES")."""
    return OperatorPolicy(catalogue_for(language).dashboard, silent_for)
