"""Finds or creates a contact in Chatwoot, once. Called only by the job that holds the contact."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog

from integrations.chatwoot.client import Chatwoot
from integrations.chatwoot.shapes import Conversation, choose
from integrations.errors import IntegrationError
from integrations.http.json_client import TOO_LARGE
from people.helpdesk.phrases import HelpdeskPhrases
from phone_numbers import shown_number
from storage.database import Database
from storage.queries import helpdesk, helpdesk_facts
from storage.queries.helpdesk import ContactPlace

log = structlog.get_logger()

_NOT_IN_A_NAME = re.compile(r"[^\w:+-]", re.ASCII)


class ContactSync:
    """Finds and creates contacts. inbox: Chatwoot's identifier of ours, under which its number is noted."""

    def __init__(
        self,
        database: Database,
        client: Chatwoot,
        words: HelpdeskPhrases,
        *,
        inbox: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._client, self._words = database, client, words
        self._inbox, self._clock = inbox, clock
        self._named: set[int] = set()

    def forget(self, place: ContactPlace) -> None:
        """Forget a contact's ids: Chatwoot does not have them (any more)."""
        log.warning("chatwoot_conversation_gone", contact_id=place.contact_id)
        with self._database.write() as connection:
            helpdesk.keep_conversation(connection, place.contact_id, None)

    def make(self, place: ContactPlace) -> ContactPlace:
        """Return a contact's ids: found, or created. Raises IntegrationError."""
        source_id = place.source_id or source_id_of(place.address)
        with self._database.write() as connection:
            helpdesk.keep_source(connection, place.contact_id, source_id, self._clock())
        contact = self._client.make_contact(source_id, self._name_of(place), _number_of(place))
        if place.name and contact.name == place.name:
            self._note_named(place)
        conversation = choose(self._conversations(source_id)) or self._client.make_conversation(source_id)
        with self._database.write() as connection:
            helpdesk.keep_conversation(connection, place.contact_id, conversation.id)
            if conversation.inbox_id is not None:
                fact = inbox_fact(self._inbox, conversation.inbox_id)
                helpdesk_facts.note_fact(connection, fact, self._clock())
        return replace(place, source_id=source_id, conversation_id=conversation.id)

    def name(self, place: ContactPlace) -> None:
        """Set a contact's name, if it was unknown at creation and no operator has set one.

        Raises IntegrationError if it is worth another try.
        """
        if not place.name or place.conversation_id is None or self._is_named(place):
            return
        try:
            if self._client.contact(place.source_id).name == self._name_of(replace(place, name="")):
                self._client.rename_contact(place.source_id, place.name)
        except IntegrationError as error:
            if not error.permanent:
                raise
            log.warning("chatwoot_contact_not_named", contact_id=place.contact_id, status=error.status)
            self._named.add(place.contact_id)
            return
        self._note_named(place)

    def _is_named(self, place: ContactPlace) -> bool:
        if place.contact_id in self._named:
            return True
        with self._database.read() as connection:
            is_named = helpdesk_facts.is_fact(connection, _named_fact(place))
        if is_named:
            self._named.add(place.contact_id)
        return is_named

    def _note_named(self, place: ContactPlace) -> None:
        with self._database.write() as connection:
            helpdesk_facts.note_fact(connection, _named_fact(place), self._clock())
        self._named.add(place.contact_id)

    def _conversations(self, source_id: str) -> list[Conversation]:
        try:
            return self._client.conversations(source_id)
        except IntegrationError as error:
            if error.code != TOO_LARGE:  # they come with all that was ever said in them
                raise
            log.warning("chatwoot_conversations_too_large")
            return []

    def _name_of(self, place: ContactPlace) -> str:
        """Chatwoot would think of a name itself."""
        return place.name or _number_of(place) or self._words.withheld


def _number_of(place: ContactPlace) -> str:
    return shown_number(place.number)


def _named_fact(place: ContactPlace) -> str:
    return f"named:{place.contact_id}"


def source_id_of(address: str) -> str:
    """Return the contact's identifier in Chatwoot: the number's digits."""
    return address[1:] if address.startswith("+") else _NOT_IN_A_NAME.sub("_", address)


def inbox_fact(inbox: str, inbox_id: int) -> str:
    """Return the fact that records an inbox's number under its identifier."""
    return f"inbox:{inbox[:100]}:{inbox_id}"
