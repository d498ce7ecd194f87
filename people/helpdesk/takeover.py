"""Carries out operators' actions in Chatwoot: takeover, messages, and giving back.

An operator who writes takes over: their message is sent, the assistant falls silent, and the answer in
progress is stopped. The conversation is given back when it is resolved or made pending, by /bot on, or by
time. Webhooks come twice, late and out of order: each message is taken once, and events older than the known
state change nothing, but an operator's words are always sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from conversation import takeover
from conversation.observers import NULL_OBSERVER, HandoffListener
from conversation.operators import Assistant, Helpdesk, MessageSender
from integrations.chatwoot.shapes import MessageType, Status
from integrations.chatwoot.webhooks import (
    ConversationEvent,
    ConversationState,
    Event,
    MessageEvent,
    SenderType,
)
from people.helpdesk.contact_sync import inbox_fact
from people.helpdesk.delivery import OWN
from people.helpdesk.phrases import HelpdeskPhrases
from phone_numbers import shown_number
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.database import Database
from storage.queries import (
    contacts,
    helpdesk,
    helpdesk_events,
    helpdesk_facts,
    helpdesk_items,
    messages,
    promises,
)
from storage.queries.contacts import Recipient
from storage.queries.helpdesk import OPERATOR_AUTHOR, ContactPlace
from storage.queries.helpdesk_events import take_in_order
from storage.queries.messages import Attachment
from storage.queries.webhook_events import take_event

log = structlog.get_logger()

OURS_FOR = timedelta(seconds=60)
"""A conversation opened within this time after we opened it was opened by us."""
SOMEBODY = "Chatwoot"
_COMMANDS = ("/bot on", "/bot off", "/bot status")
_GIVES_BACK = (Status.RESOLVED, Status.PENDING)


@dataclass(frozen=True, slots=True)
class TakeoverPolicy:
    """The rules of takeover. zone: for times. silent_for: the assistant's longest silence.

    inbox: Chatwoot's identifier of ours. assigning_takes_over: silence the assistant as soon as a
    conversation is assigned, before the operator writes; not if Chatwoot assigns by itself.
    """

    words: HelpdeskPhrases
    zone: ZoneInfo
    silent_for: timedelta
    inbox: str
    assigning_takes_over: bool = False


class Takeover:
    """Handles Chatwoot's webhooks. Thread-safe.

    writer: None if nothing can be sent. fit: turns an operator's Markdown into messages of WhatsApp. assistant: goes on
    when a conversation is given back, but not where it was resolved, which says that nothing is left.
    """

    def __init__(
        self,
        database: Database,
        chatwoot: Helpdesk,
        writer: MessageSender | None,
        policy: TakeoverPolicy,
        *,
        people: HandoffListener = NULL_OBSERVER,
        fit: Callable[[str], list[str]],
        assistant: Assistant,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._helpdesk, self._writer, self._policy = database, chatwoot, writer, policy
        self._people, self._fit, self._assistant, self._clock = people, fit, assistant, clock

    def take(self, event: Event) -> None:
        """Handle a webhook, once. Raises SQLAlchemyError if it cannot be kept."""
        if isinstance(event, MessageEvent) and event.created:
            if event.source_id.startswith(OWN):
                self._echo(event)
            elif event.sender.type is SenderType.USER and event.message_type is MessageType.OUTGOING:
                self._operator_wrote(event)
        elif isinstance(event, ConversationEvent) and event.conversation.id is not None:
            self._conversation_changed(event, event.conversation.id)

    # Our own

    def _echo(self, event: MessageEvent) -> None:
        """Our own message: its number, should the answer to its post be lost."""
        item_id, _, step = event.source_id.removeprefix(OWN).partition(":")
        if not (_is_number(item_id) and _is_number(step)):
            return
        with self._database.read() as connection:
            item = helpdesk_items.item_by_id(connection, int(item_id))
        if item is None or item.state not in helpdesk_items.OPEN_STATES or item.step != int(step):
            return
        with self._database.write() as connection:
            helpdesk_items.echoed(connection, item.id, int(step), event.id)

    # An operator wrote

    def _operator_wrote(self, event: MessageEvent) -> None:
        command = " ".join(event.content.casefold().split()) if event.private else None
        if command is not None and command not in _COMMANDS:
            return  # a note is nobody's but theirs
        now = self._clock()
        with self._database.write() as connection:
            place = self._place_of(connection, event, now)
            if place is None or not take_event(connection, helpdesk_events.SOURCE, str(event.key), now):
                return
            recipient = _recipient(connection, place, now)
            if command is not None:
                self._obey(connection, event, place, recipient, command, now)
            elif recipient is None:
                self._tell(connection, event, place, self._policy.words.no_number, now)
            else:
                self._pass_on(connection, event, place, recipient, now)
        if recipient is not None and command in (None, "/bot off"):
            self._assistant.stop(recipient.key)

    def _pass_on(
        self,
        connection: Connection,
        event: MessageEvent,
        place: ContactPlace,
        recipient: Recipient,
        now: datetime,
    ) -> None:
        if self._writer is None:
            self._tell(connection, event, place, self._policy.words.no_whatsapp, now)
            return
        if messages.wants_nothing(connection, recipient.conversation_id, recipient.opted_out_at):
            self._tell(connection, event, place, self._policy.words.opted_out, now)
        else:
            sent = self._write(connection, self._writer, event, recipient)
            helpdesk.keep_operators(connection, place.contact_id, sent, event.id, now)
            after_commit(
                connection, log.info, "operator_wrote", contact_id=place.contact_id, messages=len(sent)
            )
        if _is_latest(connection, event.conversation, f"message:{event.id}", event.created_at or now, now):
            self._take_over(connection, recipient, event.sender.name or SOMEBODY, now)
            if event.conversation.status == Status.PENDING:
                self._helpdesk.opened(connection, place.contact_id, f"chatwoot:{event.id}:open", now)

    def _write(
        self, connection: Connection, writer: MessageSender, event: MessageEvent, recipient: Recipient
    ) -> list[int]:
        author = f"{OPERATOR_AUTHOR}{event.sender.name or SOMEBODY}"
        ids = [
            writer.write(connection, recipient, words, author=author) for words in self._fit(event.content)
        ]
        for file in event.attachments:  # WhatsApp takes one with each message
            attachment = Attachment(file.url, file.content_type, words="", is_readable=False)
            ids.append(
                writer.write(connection, recipient, "", author=author, kind="media", attachments=[attachment])
            )
        return ids

    def _obey(
        self,
        connection: Connection,
        event: MessageEvent,
        place: ContactPlace,
        recipient: Recipient | None,
        command: str,
        now: datetime,
    ) -> None:
        words = self._policy.words
        if recipient is None:
            self._tell(connection, event, place, words.no_number, now)
            return
        if command == "/bot status":
            self._tell(connection, event, place, self._state_of(connection, recipient, now), now)
            return
        if not _is_latest(connection, event.conversation, f"note:{event.id}", event.created_at or now, now):
            return
        if command == "/bot on":
            self._give_back(connection, recipient, now)
            self._assistant.answer_left(connection, recipient.conversation_id)
            said = words.bot_on
        else:
            until = self._take_over(connection, recipient, event.sender.name or SOMEBODY, now)
            said = words.bot_off.format(until=self._time(until))
        self._tell(connection, event, place, said, now)

    def _state_of(self, connection: Connection, recipient: Recipient, now: datetime) -> str:
        words, until = self._policy.words, recipient.human_until
        if until is None or not contacts.is_with_a_person(recipient, now):
            return words.is_bot
        name = helpdesk.human_of(connection, recipient.conversation_id)
        said = words.is_human if name else words.is_somebody
        return said.format(name=name, until=self._time(until))

    # A conversation changed

    def _conversation_changed(self, event: ConversationEvent, conversation_id: int) -> None:
        state, now = event.conversation, self._clock()
        gives_back = event.status_changed and state.status in _GIVES_BACK
        if not gives_back and not self._may_take_over(event):
            return
        with self._database.write() as connection:
            place = helpdesk.place_by_conversation(connection, conversation_id)
            if place is None:
                return
            self._learn_inbox(connection, state.inbox_id, now)
            what = f"{state.status}:{state.assignee_id}"
            if not _is_latest(connection, state, what, state.updated_at or now, now):
                return
            if state.status == Status.RESOLVED and state.assignee_type == "User" and state.assignee_name:
                promises.settle_all(connection, place.contact_id, state.assignee_name, now)
            recipient = _recipient(connection, place, now)
            if recipient is None:  # a caller without a number: there is nothing to take over, only to end
                if gives_back:
                    takeover.end_all(connection, self._people, place.contact_id, now)
                return
            if gives_back:
                if self._give_back(connection, recipient, now):
                    if state.status == Status.PENDING:
                        self._assistant.answer_left(connection, recipient.conversation_id)
                    after_commit(
                        connection, log.info, "conversation_given_back",
                        contact_id=place.contact_id, status=state.status,
                    )  # fmt: skip
                return
            taken = self._taken_by_hand(connection, place, recipient, state, now)
        if taken:
            self._assistant.stop(recipient.key)

    def _may_take_over(self, event: ConversationEvent) -> bool:
        state = event.conversation
        if state.status != Status.OPEN:
            return False
        if event.status_changed and event.previous_status == Status.PENDING:
            return True  # resolved to open is what a customer's own message does, too
        is_assigned = event.assignee_changed and state.assignee_type == "User"
        return is_assigned and self._policy.assigning_takes_over

    def _taken_by_hand(
        self,
        connection: Connection,
        place: ContactPlace,
        recipient: Recipient,
        state: ConversationState,
        now: datetime,
    ) -> bool:
        has_it = contacts.is_with_a_person(recipient, now)
        if has_it or helpdesk_items.was_opened(connection, place.contact_id, now - OURS_FOR):
            return False
        self._take_over(connection, recipient, state.assignee_name or SOMEBODY, now)
        return True

    # Common to them

    def _take_over(self, connection: Connection, recipient: Recipient, name: str, now: datetime) -> datetime:
        until = now + self._policy.silent_for
        takeover.take_over(connection, self._people, recipient.conversation_id, name, until, now)
        after_commit(
            connection, log.info, "conversation_taken_over", conversation_id=recipient.conversation_id
        )
        return until

    def _give_back(self, connection: Connection, recipient: Recipient, now: datetime) -> bool:
        return takeover.give_back(connection, self._people, recipient.conversation_id, now)

    def _tell(
        self, connection: Connection, event: MessageEvent, place: ContactPlace, words: str, now: datetime
    ) -> None:
        self._helpdesk.note(connection, place.contact_id, f"chatwoot:{event.id}", words, now)

    def _time(self, at: datetime) -> str:
        return f"{at.astimezone(self._policy.zone):%d/%m %H:%M}"

    def _place_of(self, connection: Connection, event: MessageEvent, now: datetime) -> ContactPlace | None:
        """Return whom an operator writes to: in our conversation, or in another of the same contact in our inbox."""
        state = event.conversation
        if state.id is None:
            return None
        place = helpdesk.place_by_conversation(connection, state.id)
        if place is not None:
            self._learn_inbox(connection, event.inbox_id, now)
            return place
        # Inboxes of other kinds have people under the same name: their number's digits
        fact = inbox_fact(self._policy.inbox, event.inbox_id or 0)
        if not state.source_id or not helpdesk_facts.is_fact(connection, fact):
            return None
        place = helpdesk.place_by_source(connection, state.source_id)
        if place is not None and state.status != Status.RESOLVED:
            helpdesk.keep_conversation(connection, place.contact_id, state.id)  # where operators go on
        return place

    def _learn_inbox(self, connection: Connection, inbox_id: int | None, now: datetime) -> None:
        if inbox_id is not None:
            helpdesk_facts.note_fact(connection, inbox_fact(self._policy.inbox, inbox_id), now)


def _recipient(connection: Connection, place: ContactPlace, now: datetime) -> Recipient | None:
    """Return the contact's written conversation, created if they only called; None without a number."""
    found = contacts.recipient_of(connection, place.contact_id)
    if found is not None:
        return found if found.is_reachable else None
    return None if not shown_number(place.number) else contacts.recipient_for(connection, place.number, now)


def _is_latest(
    connection: Connection, state: ConversationState, what: str, at: datetime, now: datetime
) -> bool:
    assert state.id is not None
    return take_in_order(connection, state.id, what[:100], at, now)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
