"""The forms in which a message goes out: as it was written, or a notice as the template."""

from conversation.message_kinds import NOTICE, TEMPLATE
from integrations.plain_text import sendable
from messaging.providers.base import OutgoingMessage, Provider, SentMessage
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord


def has_template(provider: Provider, message: MessageRecord) -> bool:
    """Return True for a notice that may go out as the template in place of free text."""
    return message.kind == NOTICE and provider.template is not None


def give(provider: Provider, recipient: Recipient, message: MessageRecord) -> SentMessage:
    """Give a message to the provider in the form of its kind. Raises IntegrationError."""
    if message.kind == TEMPLATE and provider.template is not None:
        variables = {"1": _in_one_line(message.body)}
        wanted = OutgoingMessage(message.id, template=provider.template, variables=variables)
    else:
        file = message.attachments[0] if message.attachments else None
        wanted = OutgoingMessage(message.id, message.body, file)
    return provider.send(recipient, wanted)


def is_same(sent: SentMessage, message: MessageRecord) -> bool:
    """Return whether what the provider has may be this message: of a template it has the text, filled in."""
    if message.kind == TEMPLATE:
        return sendable(_in_one_line(message.body)) in sent.body
    return sent.body.strip() == sendable(message.body).strip()


def _in_one_line(words: str) -> str:
    """Return words as a template's placeholder takes them: without line breaks."""
    return " · ".join(" ".join(line.split()) for line in words.splitlines() if line.strip())
