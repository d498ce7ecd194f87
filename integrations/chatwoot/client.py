"""An inbox of Chatwoot's kind API: contacts, conversations and messages, in and out.

Follows Chatwoot 4.16's own code, where its documentation is silent or wrong; the public client API of
https://developers.chatwoot.com/api-reference, and the application API with the token of an agent bot or of a user.
Nothing here is repeated by itself: Chatwoot has no idempotency key, and a message posted twice is there twice.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

from pydantic import AliasPath, Field, OnErrorOmit

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
from integrations.json_models import Model
from integrations.plain_text import sendable

__all__ = ["MOVED", "NOT_CONFIGURED", "TOO_MANY_MESSAGES", "Chatwoot"]

_SOURCE_ID = re.compile(r"[\w:+-]+", re.ASCII)
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


class Chatwoot:
    """One inbox of one installation. Thread-safe.

    url: the installation's, with or without /public/api/v1. inbox_identifier: of the inbox, not its number.
    account_id, api_token: of an agent bot or a user; what needs them says so. total_s: seconds for a whole request.

    Every method raises IntegrationError, with the codes of json_client and integrations.errors and: TOO_MANY_MESSAGES,
    a flood that passes within a minute; MOVED, where the address sends one on (http to https, mostly); NOT_CONFIGURED.
    A status of 404 means that Chatwoot has no such contact, conversation or inbox (any more).
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
        """Look at what is configured, and change nothing. Does not raise.

        source_id: a contact that there is; by its conversations a wrong account_id shows with any token.
        """
        return find_problems(self._api, source_id)

    # --- as the contact, with the inbox's identifier alone

    def inbox(self) -> Inbox:
        """Return the inbox."""
        return understood(Inbox.model_validate, self._api.public("GET", ""))

    def make_contact(self, source_id: str, name: str = "", phone: str = "") -> Contact:
        """Return the contact of that source_id, made where there was none; one that there was is not changed.

        source_id: the caller's choice, and for good: letters, digits and _:+- alone. phone: E.164, with or without
        whatsapp: before it; anything else is left out.
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
        """Return the contact of that source_id, as it is called by now."""
        return understood(Contact.model_validate, self._api.public("GET", f"/contacts/{_checked(source_id)}"))

    def rename_contact(self, source_id: str, name: str) -> None:
        """Have a contact called otherwise."""
        path = f"/contacts/{_checked(source_id)}"
        self._api.public("PATCH", path, json={"name": sendable(name)})

    def conversations(self, source_id: str) -> list[Conversation]:
        """Return the contact's conversations, in no order; `choose` says which one to go on with.

        Not for every message: Chatwoot sends all their messages along.
        """
        return understood(CONVERSATIONS.validate_python, self._api.public("GET", _of(source_id)))

    def make_conversation(self, source_id: str) -> Conversation:
        """Return a new conversation or, in an inbox locked to a single one, the last that there was.

        Two at once make two, even in such an inbox: a lock per contact is the caller's.
        """
        return understood(Conversation.model_validate, self._api.public("POST", _of(source_id), json={}))

    def newest_messages(self, source_id: str, conversation_id: int) -> list[Message]:
        """Return the last 20 messages, the oldest first; without private notes."""
        path = f"{_of(source_id)}/{conversation_id}/messages"
        found = understood(MESSAGES.validate_python, self._api.public("GET", path))
        return sorted(found, key=lambda message: message.id)

    def post_incoming(
        self, source_id: str, conversation_id: int, content: str, attachments: Sequence[Upload] = ()
    ) -> Message:
        """Post what the contact said. It opens a resolved conversation again."""
        path = f"{_of(source_id)}/{conversation_id}/messages"
        fields: dict[str, Any] = {"content": sendable(content)}
        return understood(
            Message.model_validate, self._api.public("POST", path, **_body(fields, attachments))
        )

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
        """Post what the assistant said, word by word. Needs a token. It opens no resolved conversation.

        source_id: the message's, not a contact's: it comes back in the webhook, by which we know our own, and that
        can be before this returns. private: a note that operators alone see.
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
        """Set it and return what it is now. Needs a token; a user's that opens can get the conversation assigned."""
        path = f"/conversations/{conversation_id}/toggle_status"
        answer = self._api.application("POST", path, json={"status": str(status)})
        return understood(_Status.model_validate, answer).current

    def set_typing(self, conversation_id: int, on: bool) -> None:
        """Show operators that the assistant is writing. Needs a token (a bot's: Chatwoot 4.12)."""
        path = f"/conversations/{conversation_id}/toggle_typing_status"
        json = {"typing_status": "on" if on else "off", "is_private": False}
        self._api.application("POST", path, json=json)

    def labels(self, conversation_id: int) -> list[str]:
        """Return the conversation's labels. Needs a token (a bot's: Chatwoot 4.15)."""
        path = f"/conversations/{conversation_id}/labels"
        return understood(_Labels.model_validate, self._api.application("GET", path)).payload

    def set_labels(self, conversation_id: int, labels: Sequence[str]) -> list[str]:
        """Put these in place of the labels that there were. Needs a token (a bot's: Chatwoot 4.15)."""
        path = f"/conversations/{conversation_id}/labels"
        answer = self._api.application("POST", path, json={"labels": list(labels)})
        return understood(_Labels.model_validate, answer).payload

    def set_receipt(
        self,
        conversation_id: int,
        message_id: int,
        status: ReceiptStatus,
        external_error: str | None = None,
    ) -> None:
        """Show what became of a message. Needs a user's token: a bot's gets 401. external_error: why it failed."""
        path = f"/conversations/{conversation_id}/messages/{message_id}"
        reason = {} if external_error is None else {"external_error": sendable(external_error)}
        self._api.application("PATCH", path, json={"status": str(status), **reason})

    # --- files

    @cached_property
    def _files(self) -> FileStore:  # not before it is wanted: its connections cost a megabyte and 30 ms
        return FileStore(self._api.base_url)

    def download(self, data_url: str, *, most_bytes: int = 16 * 1024 * 1024) -> File:
        """Return an attachment's file, as FileStore.download does; without the token."""
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


class _Labels(Model):
    payload: list[OnErrorOmit[str]]
