"""Client for an API inbox of Chatwoot: contacts, conversations, messages and files.

Follows https://developers.chatwoot.com/api-reference, and the source code of Chatwoot 4.16 where that is silent or
wrong. The public API takes the inbox's identifier; the application API takes the token of an agent bot or a user.
No request is retried: Chatwoot has no idempotency key, and a repeated post would show twice.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

from pydantic import AliasPath, Field

from integrations.chatwoot.api import MOVED, NOT_CONFIGURED, TOO_MANY_MESSAGES, Api, understood
from integrations.chatwoot.fields import Filled
from integrations.chatwoot.files import File, FileStore
from integrations.chatwoot.liquid import escape
from integrations.chatwoot.setup_check import Findings, find_problems
from integrations.chatwoot.shapes import (
    CONVERSATIONS,
    MESSAGES,
    Contact,
    Conversation,
    Inbox,
    Message,
    ReceiptStatus,
    Status,
    Upload,
)
from integrations.errors import IntegrationError
from integrations.json_models import Model
from integrations.plain_text import sendable

__all__ = ["MOVED", "NOT_CONFIGURED", "TOO_MANY_MESSAGES", "Chatwoot"]

_SOURCE_ID = re.compile(r"[\w:+-]+", re.ASCII)
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


class Chatwoot:
    """One inbox of one installation. Thread-safe.

    url: the installation's, with or without /public/api/v1.
    inbox_identifier: the inbox's identifier, not its number.
    account_id, api_token: of an agent bot or a user; needed by some methods.
    total_s: seconds for a whole request.

    Every method raises IntegrationError with the codes of json_client and integrations.errors, and: TOO_MANY_MESSAGES,
    a limit that ends within a minute; MOVED, a redirect (mostly http to https); NOT_CONFIGURED.
    Status 404 means a missing contact, conversation or inbox.
    """

    def __init__(
        self,
        url: str,
        *,
        inbox_identifier: str,
        account_id: int | None = None,
        api_token: str | None = None,
        total_s: float = 10,
        connections: int = 10,
    ) -> None:
        self._api = Api(
            url,
            inbox_identifier=inbox_identifier,
            account_id=account_id,
            api_token=api_token,
            total_s=total_s,
            connections=connections,
        )

    @property
    def can_post_outgoing(self) -> bool:
        """Return whether a token is set, as posting outgoing messages requires."""
        return self._api.has_token

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        if "_files" in self.__dict__:
            self._files.close()

    def check(self, source_id: str | None = None) -> Findings:
        """Check the configuration without changing anything. Does not raise.

        source_id: an existing contact, whose conversations reveal a wrong account_id.
        """
        return find_problems(self._api, source_id)

    # --- as the contact, with the inbox's identifier alone

    def inbox(self) -> Inbox:
        """Return the inbox."""
        return understood(Inbox.model_validate, self._api.public("GET", ""))

    def make_contact(self, source_id: str, name: str = "", phone: str = "") -> Contact:
        """Return the contact with this source_id. Create it if there is none; an existing one is not changed.

        source_id: cannot be changed later; letters, digits and _:+- alone.
        phone: E.164, with or without whatsapp: before it; anything else is left out.
        """
        # Chatwoot would keep the prefix, and never find the number again.
        number = phone.removeprefix("whatsapp:")
        given = {
            "source_id": _checked(source_id),
            "name": sendable(name),
            "phone_number": number if _E164.fullmatch(number) else "",
        }
        made = self._api.public(
            "POST", "/contacts", json={key: value for key, value in given.items() if value}
        )
        return understood(Contact.model_validate, made)

    def contact(self, source_id: str) -> Contact:
        """Return the contact with this source_id and its present name."""
        return understood(Contact.model_validate, self._api.public("GET", f"/contacts/{_checked(source_id)}"))

    def rename_contact(self, source_id: str, name: str) -> None:
        """Change a contact's name."""
        path = f"/contacts/{_checked(source_id)}"
        self._api.public("PATCH", path, json={"name": sendable(name)})

    def conversations(self, source_id: str) -> list[Conversation]:
        """Return the contact's conversations in no order, for `choose`.

        Avoid it for every message: Chatwoot includes all messages of the conversations.
        """
        return understood(CONVERSATIONS.validate_python, self._api.public("GET", _of(source_id)))

    def make_conversation(self, source_id: str) -> Conversation:
        """Create a conversation, or return the last one in an inbox with a single conversation per contact.

        Two requests at once create two, even in such an inbox: the caller must lock the contact.
        """
        return understood(Conversation.model_validate, self._api.public("POST", _of(source_id), json={}))

    def newest_messages(self, source_id: str, conversation_id: int) -> list[Message]:
        """Return the last 20 messages, oldest first; without private notes."""
        path = f"{_of(source_id)}/{conversation_id}/messages"
        found = understood(MESSAGES.validate_python, self._api.public("GET", path))
        return sorted(found, key=lambda message: message.id)

    def post_incoming(
        self, source_id: str, conversation_id: int, content: str, attachments: Sequence[Upload] = ()
    ) -> Message:
        """Post the contact's words. This reopens a resolved conversation."""
        path = f"{_of(source_id)}/{conversation_id}/messages"
        fields: dict[str, Any] = {"content": sendable(content)}
        return understood(
            Message.model_validate, self._api.public("POST", path, **_body(fields, attachments))
        )

    def delete_contact(self, source_id: str) -> None:
        """Delete a contact with all its conversations, if it is there. Needs an administrator's token.

        Its conversations in other inboxes of the account are deleted too.
        """
        try:
            contact_id = self.contact(source_id).id
            self._api.application("DELETE", f"/contacts/{contact_id}")
        except IntegrationError as error:
            if error.status != 404:
                raise

    # --- as the assistant, with a token

    def post_outgoing(
        self,
        conversation_id: int,
        content: str,
        *,
        source_id: str,
        private: bool = False,
        attachments: Sequence[Upload] = (),
    ) -> Message:
        """Post the assistant's words, unchanged. Needs a token. Does not reopen a resolved conversation.

        source_id: the message's own, by which its webhook is recognized; the webhook can arrive before this returns.
        private: a note for operators only.
        """
        fields: dict[str, Any] = {
            "content": escape(sendable(content)),
            "message_type": "outgoing",
            "source_id": source_id,
            **({"private": True} if private else {}),
        }
        path = f"/conversations/{conversation_id}/messages"
        return understood(
            Message.model_validate, self._api.application("POST", path, **_body(fields, attachments))
        )

    def set_status(self, conversation_id: int, status: Status) -> str:
        """Set the status and return the new one. Needs a token; opening with a user's may assign the conversation."""
        path = f"/conversations/{conversation_id}/toggle_status"
        answer = self._api.application("POST", path, json={"status": str(status)})
        return understood(_Status.model_validate, answer).current

    def set_receipt(
        self,
        conversation_id: int,
        message_id: int,
        status: ReceiptStatus,
        external_error: str | None = None,
    ) -> None:
        """Set a message's delivery status. A bot's token gets 401. external_error: the reason of a failure."""
        path = f"/conversations/{conversation_id}/messages/{message_id}"
        reason = {} if external_error is None else {"external_error": sendable(external_error)}
        self._api.application("PATCH", path, json={"status": str(status), **reason})

    # --- files

    @cached_property
    def _files(self) -> FileStore:  # made when first needed: its connections cost a megabyte and 30 ms
        return FileStore(self._api.base_url)

    def download(self, data_url: str, *, most_bytes: int = 16 * 1024 * 1024) -> File:
        """Return an attachment's file, as FileStore.download does; sends no token."""
        return self._files.download(data_url, most_bytes=most_bytes)


def _checked(source_id: str) -> str:
    if not _SOURCE_ID.fullmatch(source_id):  # a dot or a slash would lead to another route
        raise ValueError("a source_id is of letters, digits and _:+- alone")
    return source_id


def _of(source_id: str) -> str:
    return f"/contacts/{quote(_checked(source_id), safe='')}/conversations"


def _body(fields: dict[str, Any], attachments: Sequence[Upload]) -> dict[str, Any]:
    """Return a message's request body: JSON, or a form when it has files."""
    if not attachments:
        return {"json": fields}
    files = [("attachments[]", (file.name, file.content, file.content_type)) for file in attachments]
    written = {name: "true" if value is True else value for name, value in fields.items()}
    return {"data": written, "files": files}


class _Status(Model):
    current: Filled = Field(validation_alias=AliasPath("payload", "current_status"))
