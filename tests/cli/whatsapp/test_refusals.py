"""What `flask --app app whatsapp ...` refuses, and what Twilio refuses it."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.models import Contact, Message, MessageStatus
from storage.queries import contacts
from tests.cli.whatsapp.command_line import ANA, IMAGE, TEMPLATE
from tests.fakes.twilio.server import FakeTwilio, Refuse
from tests.records import every, the_only

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


# What is refused


def test_who_opted_out_is_not_written_to_not_even_with_a_template(twilio, commands):
    ana = commands.wrote()
    with commands.database.write() as connection:
        contacts.opt_out(connection, ana.contact_id, NOON)

    for content in (("--text", "Hola"), ("--template", TEMPLATE)):
        ended = commands.send(*content)

        assert ended.code == 3
        assert "2026-11-21" in ended.err and "START" in ended.err
    assert twilio.requests == []
    assert [message.outbound for message in every(commands.database, Message)] == [False]


@pytest.mark.parametrize("content", [("--text", "Hola"), ("--image", IMAGE)])
def test_outside_the_24_hours_it_warns_sends_and_ends_as_twilio_says(twilio, commands, content):
    commands.wrote(ago=timedelta(hours=24, seconds=1))

    ended = commands.send(*content)

    assert ended.code == 1
    assert "Warning: the last message from" in ended.err and "--template" in ended.err
    assert "[63016]" in ended.err
    assert (commands.kept().status, commands.kept().error_code) == (MessageStatus.FAILED, 63016)


def test_just_within_the_24_hours_free_text_goes_out(commands):
    commands.wrote(ago=timedelta(hours=23, minutes=59))

    assert commands.send("--text", "Hola").code == 0


def test_who_joined_the_sandbox_is_written_to_though_no_message_of_theirs_is_known(twilio, commands):
    twilio.messages.rules.joins(f"whatsapp:{ANA}")

    ended = commands.send("--text", "Hola", language="es")

    assert ended.code == 0, ended.err
    assert "Aviso: aquí no consta ningún mensaje de" in ended.err and "--template" in ended.err
    assert ended.statuses[-1] == "entregado"


def test_who_never_wrote_to_anybody_is_not_reached_and_twilio_says_so(twilio, commands):
    ended = commands.send("--text", "Hola")

    assert ended.code == 1
    assert "Warning: no message from" in ended.err and "[63016]" in ended.err
    assert twilio.messages.bodies() == ["Hola"]


def test_what_twilio_refuses_at_once_as_outside_the_window_ends_with_3(twilio, commands):
    twilio.fail(Refuse(400, 63016), method="POST")

    assert commands.send("--text", "Hola").code == 3


def test_who_is_new_is_written_to_at_the_number_as_it_was_given(twilio, commands):
    twilio.messages.rules.joins("whatsapp:+5215555550100")

    ended = commands.run("send", "+52 1 55 5555 0100", "--text", "Hola", "--poll-s", "0.01")

    assert ended.code == 0, ended.err
    assert twilio.messages.last.to == "whatsapp:+5215555550100"
    contact = the_only(commands.database, Contact)
    assert (contact.address, contact.whatsapp_address) == ("+525555550100", "+5215555550100")


def test_what_twilio_refuses_is_told_with_what_to_do_and_kept_as_failed(twilio, commands):
    commands.wrote()
    twilio.messages.rules.owning("whatsapp:+14155238886")

    ended = commands.send("--text", "Hola")

    assert ended.code == 3
    assert "[63007]" in ended.err and "TWILIO_WHATSAPP_NUMBER" in ended.err
    message = commands.kept()
    assert (message.status, message.error_code) == (MessageStatus.FAILED, 63007)


def test_too_many_requests_leave_a_message_that_certainly_did_not_go(twilio, commands):
    commands.wrote()
    twilio.fail(Refuse(429, 20429), method="POST")

    ended = commands.send("--text", "Hola")

    assert ended.code == 4
    assert "not known" not in ended.err
    assert commands.kept().status == MessageStatus.FAILED


@pytest.mark.parametrize(
    ("parts", "arguments", "names"),
    [
        ({"rest": None}, ("--text", "Hola"), ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")),
        ({"sender": None}, ("--template", TEMPLATE), ("TWILIO_WHATSAPP_NUMBER",)),
        ({}, ("--template",), ("TWILIO_TEMPLATE_SID",)),
    ],
)
@pytest.mark.parametrize("language", ["es", "en"])
def test_a_setting_that_is_missing_is_named(command_line, parts, arguments, names, language):
    ended = command_line.send(*arguments, **parts, language=language)

    assert ended.code == 2
    assert all(name in ended.err for name in names)
    assert len(ended.err.splitlines()) == 1
    assert every(command_line.database, Contact) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "missing"),
        (("--text", "  "), "empty"),
        (("--text", "Hola", "--template", TEMPLATE), "alone"),
        (("--image", IMAGE, "--template", TEMPLATE), "alone"),
        (("--text", "Hola", "--var", "1=Ana"), "--template"),
        (("--template", "HX1"), "not a template's SID"),
        (("--template", TEMPLATE, "--var", "Ana"), "1=Ana"),
        (("--template", TEMPLATE, "--var", "1="), "variable"),
        (("--template", TEMPLATE, "--var", "1=a\nb"), "variable"),
        (("--image", "menu.png"), "https://"),
        (("--image", "http://[bad"), "https://"),
        (("--text", "x" * 1601), "1600"),
        (("--text", "😀" * 801), "1600"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_asked(twilio, command_line, arguments, said):
    command_line.wrote()

    ended = command_line.send(*arguments)

    assert ended.code == 2
    assert said in ended.err
    assert twilio.requests == []


@pytest.mark.parametrize("number", ["600000001", "Ana", "+3460", ""])
def test_a_number_that_cannot_be_is_refused(command_line, number):
    ended = command_line.run("send", number, "--text", "Hola", language="es")

    assert ended.code == 2
    assert "prefijo del país" in ended.err


def test_help_says_what_the_exit_codes_mean(command_line):
    assert "3    refused" in command_line.run("send", "--help").out
    assert "3    se rechazó" in command_line.run("send", "--help", language="es").out
