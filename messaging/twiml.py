"""Writes every <Message>. Source: https://www.twilio.com/docs/messaging/twiml."""

from collections.abc import Sequence
from dataclasses import dataclass

from twilio.twiml.messaging_response import MessagingResponse

from integrations.plain_text import sendable


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message of a reply. status_callback: the URL for Twilio's receipts."""

    body: str
    status_callback: str | None = None


def reply(messages: Sequence[Outgoing]) -> str:
    """Return a reply with these messages; with none it says nothing."""
    response = MessagingResponse()
    for message in messages:
        callback = {} if message.status_callback is None else {"status_callback": message.status_callback}
        response.message(sendable(message.body), **callback)
    return str(response)


def nothing() -> str:
    """Return a reply without a message."""
    return _NOTHING


_NOTHING = reply([])
