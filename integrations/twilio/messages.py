"""Sends, reads and finds WhatsApp messages through Twilio's REST API, and shows the typing indicator.

Follows https://www.twilio.com/docs/messaging/api/message-resource and
https://www.twilio.com/docs/whatsapp/api/typing-indicators-resource.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.plain_text import sendable
from integrations.twilio.account import TwilioAccount, one_error
from integrations.twilio.error_codes import receipt_is_permanent, what_to_do

__all__ = ["MessageState", "ReceivedMessage", "TwilioMessages", "receipt_is_permanent", "what_to_do"]

MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class MessageState:
    """A message's state as last reported by Twilio.

    status: accepted, scheduled, queued, sending, sent, delivered, read, undelivered, failed or canceled.
    to, sender: as Twilio writes them, whatsapp:+34600000001.
    error_code: the reason of a failure. created_at: UTC, in whole seconds.
    price: the cost, positive; None until billed. is_reply: it was in the reply to a webhook.
    """

    sid: str
    status: str
    to: str
    sender: str
    body: str
    error_code: int | None
    created_at: datetime | None
    price: Decimal | None
    price_unit: str | None
    is_reply: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message that somebody sent us. sender, to: as Twilio writes them. at: UTC. files: how many came with it."""

    sid: str
    sender: str
    to: str
    body: str
    at: datetime
    files: int


class TwilioMessages(TwilioAccount):
    """The WhatsApp messages of an account.

    A message accepted by Twilio can still fail: its receipt then carries a code, and receipt_is_permanent tells if a
    retry can help.
    """

    def send(
        self,
        *,
        to: str,
        sender: str,
        body: str | None = None,
        media_url: str | None = None,
        content_sid: str | None = None,
        content_variables: Mapping[str, str] | None = None,
        status_callback: str | None = None,
    ) -> MessageState:
        """Send a message and return it as queued. Never retried: a repeated message arrives twice.

        to, sender: whatsapp:+E164. body: at most 1600 characters. media_url: public; it may go with a body.
        content_sid: an approved template (HX...), in place of both.
        content_variables: values of its placeholders by number ("1"), none empty or with a line break.
        status_callback: the URL for receipts; there is none for queued.
        After an error, may_have_been_done tells if the message may be on its way.
        """
        with one_error():
            return _state(
                self._client.messages.create(
                    to=to,
                    from_=sender,
                    body=None if body is None else sendable(body),
                    media_url=None if media_url is None else [media_url],
                    content_sid=content_sid,
                    content_variables=_as_json(content_variables),
                    status_callback=status_callback,
                )
            )

    def fetch(self, sid: str) -> MessageState:
        """Return the message's present state."""
        with one_error():
            return _state(self._client.messages(sid).fetch())

    def last_sent(self, *, to: str, sender: str, since: datetime, limit: int = 50) -> list[MessageState]:
        """Return the messages sent to that address since then, newest first, including replies in TwiML.

        For messages whose SID never arrived. since: aware, on Twilio's clock; allow a margin.
        limit: how many of the latest messages to search, 1 to 1000.
        """
        # Not by DateSent: a message still in Twilio's queue has none, and would be sent again.
        earliest = since.replace(microsecond=0)
        with one_error():
            found = self._client.messages.list(to=to, from_=sender, limit=limit)
            sent = [_state(message) for message in found if _is_outbound(message)]
        dated = [(state.created_at, state) for state in sent if state.created_at is not None]
        recent = [pair for pair in dated if pair[0] >= earliest]
        return [state for _, state in sorted(recent, key=lambda pair: pair[0], reverse=True)]

    def received(self, *, since: datetime, limit: int = 100) -> list[ReceivedMessage]:
        """Return the WhatsApp messages that people sent us since then, newest first. since: aware."""
        with one_error():
            found = self._client.messages.list(date_sent_after=since, limit=limit, page_size=50)
            return [_received(message) for message in found if _is_received(message)]

    def media_of(self, sid: str) -> list[tuple[str, str]]:
        """Return the links of a message's files with their types, as a webhook has them."""
        with one_error():
            found = self._client.messages(sid).media.list(limit=MOST_FILES)
            return [
                (f"{self._base_url}{file.uri.removesuffix('.json')}", file.content_type or "")
                for file in found
                if file.uri
            ]

    def show_typing(self, message_sid: str) -> None:
        """Show "typing" to the writer of a received message, and mark the message as read.

        It ends with the answer, or after 25 s.
        """
        with one_error():
            indicators = self._client.messaging.v2.typing_indicator
            shown = indicators.create(channel="whatsapp", message_id=message_sid)
            if shown.success is not True:
                raise ValueError("no success in Twilio's answer")


def _as_json(variables: Mapping[str, str] | None) -> str | None:
    if variables is None:
        return None
    return json.dumps({name: sendable(value) for name, value in variables.items()}, ensure_ascii=False)


def _is_outbound(message: Any) -> bool:
    return str(message.direction).startswith("outbound")


def _is_received(message: Any) -> bool:
    is_whatsapp = str(message.from_).startswith("whatsapp:") and message.sid and message.date_created
    return str(message.direction) == "inbound" and bool(is_whatsapp)


def _received(message: Any) -> ReceivedMessage:
    files = str(message.num_media or "0")
    return ReceivedMessage(
        sid=message.sid,
        sender=message.from_,
        to=message.to or "",
        body=message.body or "",
        at=message.date_created,
        files=int(files) if files.isdigit() else 0,
    )


def _state(message: Any) -> MessageState:
    if not message.sid or not message.status:
        raise ValueError("no sid or status in Twilio's answer")
    return MessageState(
        sid=message.sid,
        status=message.status,
        to=message.to or "",
        sender=message.from_ or "",
        body=message.body or "",
        error_code=None if message.error_code is None else int(message.error_code),
        created_at=message.date_created,
        price=None if message.price is None else abs(Decimal(str(message.price))),
        price_unit=message.price_unit,
        is_reply=str(message.direction) == "outbound-reply",
    )
