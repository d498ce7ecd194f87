"""The WhatsApp commands where 360dialog carries the messages."""

from datetime import timedelta

from click.testing import CliRunner

from integrations.dialog360.client import Dialog360
from messaging.providers.base import DIALOG360, TWILIO, Template
from messaging.providers.dialog360 import Dialog360Provider
from messaging.providers.twilio import TwilioProvider
from storage.base import utc_now
from storage.models import Message
from storage.queries import contacts
from storage.queries.contacts import Sender
from tests.cli.whatsapp.groups import group_of
from tests.fakes.dialog360.fake import OUR_NUMBER
from tests.records import every

ANA, LUIS = "+34600000001", "+34600000002"
TWILIOS = "whatsapp:+12025550101"
TOKEN = "a-token-of-ours"


class Commands:
    def __init__(self, database, whatsapp):
        self.database, self.whatsapp = database, whatsapp
        self.client = Dialog360(whatsapp.api_key, api_url=whatsapp.url, total_s=2)

    def run(self, *arguments, language="en", **parts):
        parts = {
            "rest": None, "sender": None, "public_url": None, "template_sid": None, "dialog360_template": None,
        } | parts  # fmt: skip
        told = {name: parts.pop(name) for name in ("sender", "public_url", "template_sid")}
        template = parts.pop("dialog360_template")
        providers = {TWILIO: TwilioProvider(parts["rest"], **told)} if parts["rest"] else {}
        providers[DIALOG360] = Dialog360Provider(self.client, template=template and Template.named(template))
        parts["providers"] = providers if told["sender"] else dict(reversed(providers.items()))
        group = group_of(self.database, language, **parts)
        return CliRunner(env={"COLUMNS": "160"}).invoke(group, arguments)

    def send(self, *arguments, patience_s=2, **parts):
        times = ("--poll-s", "0.01", "--patience-s", str(patience_s))
        return self.run("send", ANA, *arguments, *times, **parts)

    def wrote(self, number=ANA, *, ago=timedelta(minutes=1), provider="360dialog"):
        twilios = provider == "twilio"
        address, ours = (f"whatsapp:{number}", TWILIOS) if twilios else (number, OUR_NUMBER)
        with self.database.write() as connection:
            sender = Sender(number, address, "Ana", simulated=False, provider=provider)
            contacts.conversation_with(connection, sender, ours, utc_now() - ago)
        self.whatsapp.messages.hears(number)

    def kept(self):
        return [message for message in every(self.database, Message) if message.outbound]
