"""Contacts of the fake Chatwoot, and their places in inboxes."""

import hashlib
import hmac
import random
import re
import uuid
from collections.abc import Callable
from typing import Any

from tests.fakes.chatwoot.records import Contact, ContactInbox, Inbox
from tests.fakes.chatwoot.refusals import Invalid, broken

_NAMES = ("weathered-grass", "silent-river", "crimson-leaf")


class Contacts:
    """Not thread-safe, as Backend. key: the next id of a kind. links: a contact's places in inboxes."""

    def __init__(self, clock: Callable[[], float], random: random.Random, key: Callable[[str], int]) -> None:
        self.clock = clock
        self.all: list[Contact] = []
        self.links: list[ContactInbox] = []
        self._random = random
        self._key = key

    def make(self, inbox: Inbox, given: dict[str, Any]) -> ContactInbox:
        source_id = given.get("source_id")
        if source_id is None:
            source_id = str(uuid.uuid4())
        existing = self.link(inbox, source_id)
        if existing is not None:
            return existing
        contact = self._known(inbox, given) or self._new(inbox, given)
        if not source_id:
            raise broken()  # the contact is made, and its place in the inbox is not
        link = ContactInbox(self._key("link"), contact, inbox, source_id, self.clock())
        self.links.append(link)
        return link

    def update(self, link: ContactInbox, given: dict[str, Any]) -> ContactInbox:
        contact = link.contact
        _check_phone(given.get("phone_number"))
        for name in ("name", "email", "phone_number"):
            if given.get(name):
                setattr(contact, name, str(given[name])[:255])
        contact.custom_attributes.update(given.get("custom_attributes") or {})
        return link

    def link(self, inbox: Inbox, source_id: str) -> ContactInbox | None:
        return next((link for link in self.links if (link.inbox, link.source_id) == (inbox, source_id)), None)

    def check_identity(self, inbox: Inbox, given: dict[str, Any], link: ContactInbox | None) -> None:
        if not inbox.hmac_mandatory and not given.get("identifier_hash"):
            return
        expected = hmac.new(
            inbox.hmac_token.encode(), str(given.get("identifier", "")).encode(), hashlib.sha256
        ).hexdigest()
        if not hmac.compare_digest(str(given.get("identifier_hash")), expected):
            raise broken()
        if link is not None:
            link.hmac_verified = True

    def _known(self, inbox: Inbox, given: dict[str, Any]) -> Contact | None:
        own = [contact for contact in self.all if contact.account_id == inbox.account_id]
        for name in ("identifier", "email", "phone_number"):
            for contact in own:
                if given.get(name) and getattr(contact, name) == given[name]:
                    return contact
        return None

    def _new(self, inbox: Inbox, given: dict[str, Any]) -> Contact:
        _check_phone(given.get("phone_number"))
        email = given.get("email") or None
        if email and "@" not in email:
            raise Invalid("Email is invalid", "email")
        name = given.get("name") or f"{self._random.choice(_NAMES)}-{self._random.randrange(1000)}"
        contact = Contact(
            id=self._key("contact"),
            name=str(name)[:255],
            created_at=self.clock(),
            account_id=inbox.account_id,
            email=email,
            phone_number=given.get("phone_number") or None,
            identifier=given.get("identifier") or None,
            custom_attributes=dict(given.get("custom_attributes") or {}),
        )
        self.all.append(contact)
        return contact


def _check_phone(number: Any) -> None:
    # Not anchored where it begins: whatsapp:+34600000001 passes, and is kept so.
    if number and not re.search(r"\+[1-9]\d{1,14}\Z", str(number)):
        raise Invalid("Phone number should be in e164 format", "phone_number")
