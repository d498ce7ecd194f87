"""The WhatsApp commands as the operator types them, and what they printed."""

import os
import re
from datetime import timedelta

from click.testing import CliRunner

from integrations.twilio.messages import TwilioMessages
from messaging.providers.base import TWILIO
from messaging.providers.twilio import TwilioProvider
from storage.base import utc_now
from storage.models import Message
from storage.queries import contacts, messages
from storage.queries.contacts import Sender
from storage.queries.messages import NewMessage
from tests.cli.whatsapp.groups import group_of
from tests.records import every

ANA, OTHER = "+34600000001", "+34600000002"
OURS = "whatsapp:+12025550100"
TEMPLATE = "HX" + "0123456789abcdef" * 2
IMAGE = "https://example.com/menu.png"


class Commands:
    """Runs `whatsapp ...`; `wrote` lets somebody write to us first."""

    def __init__(self, database, twilio):
        self.database, self.twilio = database, twilio
        self.rest = TwilioMessages(twilio.account_sid, twilio.auth_token, api_url=twilio.url, timeout_s=2)

    def run(self, *arguments, language="en", **parts):
        parts = {
            "rest": self.rest, "sender": OURS, "public_url": None, "template_sid": None,
        } | parts  # fmt: skip
        told = {name: parts.pop(name) for name in ("sender", "public_url", "template_sid")}
        parts["providers"] = {TWILIO: TwilioProvider(parts["rest"], **told)} if parts["rest"] else {}
        group = group_of(self.database, language, **parts)
        return Ended(CliRunner(env={"COLUMNS": "160"}).invoke(group, arguments))

    def send(self, *arguments, **parts):
        return self.run("send", ANA, *arguments, "--poll-s", "0.01", **parts)

    def wrote(self, number=ANA, *, ago=timedelta(minutes=1), body="Hola", name="Ana", **sender):
        sender = {"number": number, "address": f"whatsapp:{number}", "simulated": False} | sender
        at = utc_now() - ago
        self.twilio.messages.rules.hears(sender["address"], at.timestamp())
        with self.database.write() as connection:
            recipient = contacts.conversation_with(connection, Sender(name=name, **sender), OURS, at)
            new = NewMessage(f"SM{os.urandom(16).hex()}", "text", body, OURS)
            messages.keep_inbound(connection, recipient.conversation_id, new, body, at)
        return recipient

    def kept(self):
        """What we keep of the one message that went out."""
        (message,) = [message for message in every(self.database, Message) if message.outbound]
        return message


class Ended:
    def __init__(self, result):
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr

    @property
    def statuses(self):
        return re.findall(r"^ +\d+:\d\d  (.+)$", self.out, re.MULTILINE)
