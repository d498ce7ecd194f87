"""What the stories of 360dialog share: who writes, with what, and how its webhooks are posted."""

import json
import urllib.error
import urllib.request

from storage.models import Conversation, Message
from storage.queries import contacts
from tests.journeys.whatsapp.people import sent
from tests.records import every, the_only

ANA, LUIS = "+34600000001", "+34600000002"
TOKEN = "a-token-of-ours"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200)
OGG = b"OggS" + bytes(24) + b"OpusHead" + bytes(200)


def came(line):
    """What is kept of people's messages, in order."""
    return [message for message in every(line.parts.database, Message) if not message.outbound]


def post(line, body, **headers):
    """Return the status and the body that a webhook is answered with."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{line.url}/webhook/360dialog", content, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def write(line, body, **options):
    """Let a person of ours write to the only contact."""
    conversation = the_only(line.parts.database, Conversation)
    with line.parts.database.write() as connection:
        recipient = contacts.find_recipient(connection, conversation_id=conversation.id)
        return line.parts.whatsapp.outbox.write(connection, recipient, body, author="Marta", **options)


def last(line):
    return sent(line)[-1]
