"""`flask --app app whatsapp ...` where 360dialog carries the messages, beside Twilio or in its place."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from conversation.observers import NullObserver
from integrations.dialog360.client import Dialog360, what_to_do
from integrations.twilio.messages import TwilioMessages
from messaging.providers.base import DIALOG360, TWILIO, Template
from messaging.providers.dialog360 import Dialog360Provider
from messaging.providers.twilio import TwilioProvider
from storage.base import utc_now
from storage.database import Database
from storage.models import Contact, Message, MessageStatus
from storage.queries import contacts
from storage.queries.contacts import Sender
from tests.cli.whatsapp.groups import group_of
from tests.fakes.dialog360.fake import API_KEY, OUR_NUMBER, Close, FakeDialog360
from tests.fakes.twilio.server import FakeTwilio
from tests.records import every

ANA, LUIS = "+34600000001", "+34600000002"
TWILIOS = "whatsapp:+12025550101"
TOKEN = "a-token-of-ours"
IMAGE = "https://example.com/menu.png"
SID = "HX" + "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def whatsapp():
    with FakeDialog360() as fake:
        yield fake


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def told(open_line, whatsapp):
    """Commands beside a server that 360dialog's webhooks reach."""
    line = open_line(d360_api_key=API_KEY, d360_api_url=whatsapp.url, d360_webhook_token=TOKEN)
    whatsapp.webhooks.url = f"{line.url}/webhook/360dialog"
    whatsapp.webhooks.headers = {"Authorization": f"Bearer {TOKEN}"}
    return Commands(line.parts.database, whatsapp)


@pytest.fixture
def commands(sqlite_url, whatsapp):
    """Commands alone: no receipt ever comes."""
    database = Database(sqlite_url)
    yield Commands(database, whatsapp)
    database.close()


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


def statuses(ended):
    return re.findall(r"^ +\d+:\d\d  (.+)$", ended.stdout, re.MULTILINE)


def test_a_text_is_followed_by_the_receipts_that_webhooks_bring(told, whatsapp):
    told.wrote()

    ended = told.send("--text", "¿A las 5?", patience_s=20)

    assert ended.exit_code == 0, ended.stderr
    assert statuses(ended)[-1] in ("delivered", "read")
    assert whatsapp.messages.words(ANA) == ["¿A las 5?"]
    whatsapp.webhooks.settle()
    [message] = told.kept()
    assert (message.kind, message.sid) == ("text", whatsapp.messages.last.wamid)
    assert message.status == MessageStatus.READ
    assert f"whatsapp status {message.sid}" in ended.stdout


def test_an_image_goes_out_with_its_caption(commands, whatsapp):
    commands.wrote()

    ended = commands.send("--image", IMAGE, "--text", "La carta", "--no-wait")

    assert ended.exit_code == 0, ended.stderr
    sent = whatsapp.messages.last
    assert (sent.kind, sent.content) == ("image", {"link": IMAGE, "caption": "La carta"})


def test_a_caption_that_whatsapp_does_not_take_follows_its_image(commands, whatsapp):
    commands.wrote()

    ended = commands.send("--image", IMAGE, "--text", "x" * 1025, "--no-wait")

    assert ended.exit_code == 0, ended.stderr
    image, text = whatsapp.messages.sent.values()
    assert (image.kind, image.content) == ("image", {"link": IMAGE})
    assert (text.kind, text.content["body"]) == ("text", "x" * 1025)
    assert [(message.kind, message.sid) for message in commands.kept()] == [
        ("image", image.wamid),
        ("text", text.wamid),
    ]


def test_what_follows_an_image_that_was_refused_is_not_sent(commands, whatsapp):
    commands.wrote()
    whatsapp.api_key = "another"

    ended = commands.send("--image", IMAGE, "--text", "x" * 1025, "--no-wait")

    assert ended.exit_code == 3
    assert [message.status for message in commands.kept()] == [MessageStatus.FAILED] * 2
    assert len([asked for asked in whatsapp.requests if asked.path.endswith("/messages")]) == 1


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [(("--template", "aviso:es"), None), (("--template",), "aviso:es")],
)
def test_a_template_reaches_somebody_who_never_wrote(commands, whatsapp, arguments, settings):
    whatsapp.messages.template("aviso", "es", "Aviso: {{1}}")

    ended = commands.send(*arguments, "--var", "1=Ana", "--no-wait", dialog360_template=settings)

    assert ended.exit_code == 0, ended.stderr
    assert whatsapp.messages.words(ANA) == ["Aviso: Ana"]
    assert commands.kept()[0].body == "aviso:es\n1=Ana"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--template", SID), "aviso:es"), (("--template",), "D360_TEMPLATE")],
)
def test_a_template_that_is_not_360dialogs_sends_nothing_and_leaves_no_trace(
    commands, whatsapp, arguments, said
):
    ended = commands.send(*arguments)

    assert ended.exit_code == 2
    assert said in ended.stderr and len(ended.stderr.splitlines()) == 1
    assert every(commands.database, Contact) == []
    assert whatsapp.requests == []


def test_outside_the_24_hours_it_warns_and_360dialog_decides(commands, whatsapp):
    commands.wrote(ago=timedelta(hours=25))  # 360dialog has heard of them since

    ended = commands.send("--text", "Hola", patience_s=0.05)

    assert ended.exit_code == 0 and "--template" in ended.stderr
    assert whatsapp.messages.words(ANA) == ["Hola"]


# Which of the two


@pytest.mark.parametrize(
    ("provider", "sender", "goes_by"),
    [
        ("twilio", TWILIOS, "twilio"),
        ("360dialog", TWILIOS, "360dialog"),
        (None, TWILIOS, "twilio"),
        (None, None, "360dialog"),
    ],
)
def test_each_is_written_to_through_whoever_brought_their_last_message(
    commands, whatsapp, twilio, provider, sender, goes_by
):
    whatsapp.messages.template("aviso", "es", "Aviso")
    rest = TwilioMessages(twilio.account_sid, twilio.auth_token, api_url=twilio.url)
    if provider is not None:
        commands.wrote(provider=provider)

    ended = commands.send(
        "--template", "--no-wait",
        rest=rest, sender=sender, template_sid=SID, dialog360_template="aviso:es",
    )  # fmt: skip

    assert ended.exit_code == 0, ended.stderr
    went_by = "twilio" if twilio.posted() else "360dialog" if whatsapp.messages.sent else None
    assert went_by == goes_by


def test_a_channel_without_credentials_is_named(commands, whatsapp):
    commands.wrote(provider="twilio")

    ended = commands.send("--text", "Hola")

    assert ended.exit_code == 2 and "TWILIO_ACCOUNT_SID" in ended.stderr
    assert whatsapp.requests == [] and commands.kept() == []


def test_360dialogs_templates_are_not_twilios(commands, twilio):
    commands.wrote(provider="twilio")
    rest = TwilioMessages(twilio.account_sid, twilio.auth_token, api_url=twilio.url)

    ended = commands.send("--template", "aviso:es", rest=rest, sender=TWILIOS)

    assert ended.exit_code == 2 and "HX" in ended.stderr
    assert twilio.requests == []


# What goes wrong


def test_what_fails_on_its_way_says_what_metas_code_means(told, whatsapp):
    told.wrote()
    whatsapp.messages.failing(ANA, 131026)

    ended = told.send("--text", "Hola", language="es", patience_s=20)

    assert ended.exit_code == 1
    assert f"[131026] {what_to_do(131026, 'es')}" in ended.stderr


def test_what_is_refused_is_told_with_what_to_do_and_kept_as_failed(commands, whatsapp):
    commands.wrote()
    whatsapp.api_key = "another"

    ended = commands.send("--text", "Hola")

    assert ended.exit_code == 3 and "D360_API_KEY" in ended.stderr and "Twilio" not in ended.stderr
    assert commands.kept()[0].status == MessageStatus.FAILED


def test_a_message_whose_sending_got_no_answer_is_said_to_be_unknown(commands, whatsapp):
    commands.wrote()
    whatsapp.fail(Close(), path="/messages")

    ended = commands.send("--text", "Hola")

    assert ended.exit_code == 4 and "360dialog cannot be asked" in ended.stderr
    assert (commands.kept()[0].status, commands.kept()[0].sid) == (MessageStatus.SENDING, None)


def test_a_message_that_no_receipt_comes_for_is_on_its_way_and_why_is_said(commands):
    commands.wrote()

    ended = commands.send("--text", "Hola", patience_s=0.05)

    assert ended.exit_code == 0
    assert "the receipts of 360dialog" in ended.stdout


# One message


def test_status_of_a_message_of_360dialogs_says_what_is_known_here(commands, whatsapp, twilio):
    rest = TwilioMessages(twilio.account_sid, twilio.auth_token, api_url=twilio.url)
    commands.wrote()
    commands.send("--text", "Hola", "--no-wait")

    known = commands.run("status", whatsapp.messages.last.wamid, rest=rest)
    unknown = commands.run("status", "wamid.HBgLMzQ2MDA", rest=rest)

    assert (known.exit_code, known.stdout.startswith("Here: queued · out · text")) == (0, True)
    assert (unknown.exit_code, unknown.stdout.strip()) == (3, "Here: not known.")
    assert twilio.requests == []


# Who is shown it


class Watcher(NullObserver):
    def __init__(self):
        self.seen = []

    def message(self, connection, message_id, now, **how):
        self.seen.append("message")

    def receipt(self, connection, message_id, status, code, now):
        self.seen.append(status)


def test_what_is_sent_is_shown_to_people_and_that_it_failed_as_well(commands, whatsapp):
    watcher = Watcher()
    commands.wrote()

    commands.send("--text", "Hola", "--no-wait", mirror=watcher)
    whatsapp.api_key = "another"
    commands.send("--text", "Hola", "--no-wait", mirror=watcher)

    assert watcher.seen == ["message", "message", MessageStatus.FAILED]
