"""`flask --app app whatsapp ...` where 360dialog carries the messages, beside Twilio or in its place."""

import re
from datetime import timedelta

import pytest

from integrations.twilio.messages import TwilioMessages
from storage.database import Database
from storage.models import Contact, MessageStatus
from tests.cli.whatsapp.command_line_360dialog import ANA, TWILIOS, Commands
from tests.fakes.twilio.server import FakeTwilio
from tests.records import every

IMAGE = "https://example.com/menu.png"
SID = "HX" + "0123456789abcdef" * 2


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def commands(sqlite_url, whatsapp):
    """Commands alone: no receipt ever comes."""
    database = Database(sqlite_url)
    yield Commands(database, whatsapp)
    database.close()


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
