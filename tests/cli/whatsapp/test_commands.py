"""`flask --app app whatsapp ...`: as the operator types it, against a Twilio on loopback."""

import json
import os
import signal
import threading

import pytest

from storage.models import Contact, Conversation, Message, MessageStatus
from tests.cli.whatsapp.command_line import ANA, IMAGE, OURS, TEMPLATE, Commands
from tests.fakes.twilio.message import WAITS, Receipt, failed, undelivered
from tests.fakes.twilio.server import Close, FakeTwilio, Page
from tests.records import every, the_only


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


# Sending


@pytest.mark.both_databases
def test_a_text_is_followed_until_it_is_delivered(twilio, commands):
    commands.wrote()

    ended = commands.send("--text", "¿A las 5?")

    message = commands.kept()
    assert ended.code == 0, ended.err
    assert ended.statuses == ["queued", "sent", "delivered"]
    assert twilio.messages.last.params["To"] == [f"whatsapp:{ANA}"]
    assert twilio.messages.last.params["From"] == [OURS]
    assert twilio.messages.bodies() == ["¿A las 5?"]
    assert (message.kind, message.body, message.sid) == ("text", "¿A las 5?", twilio.messages.last.sid)
    assert message.status == MessageStatus.DELIVERED
    assert message.turn_id is None
    assert message.sid in ended.out


def test_in_spanish_where_the_terminal_is(command_line):
    command_line.wrote()

    assert command_line.send("--text", "Hola", language="es").statuses == ["en cola", "enviado", "entregado"]


def test_a_message_that_was_read_at_once_is_followed_to_that(twilio, commands):
    commands.wrote()
    twilio.messages.script(Receipt("read"))

    assert commands.send("--text", "Hola").statuses == ["queued", "read"]


@pytest.mark.both_databases
def test_it_is_kept_before_twilio_has_it(twilio, commands):
    commands.wrote()
    twilio.fail(Close(), method="POST")
    twilio.fail(Close(), method="GET")

    ended = commands.send("--text", "Hola")

    message = commands.kept()
    assert (message.status, message.sid) == (MessageStatus.SENDING, None)
    assert ended.code == 4
    assert "It is not known whether the message was sent" in ended.err


def test_a_message_whose_sending_got_no_answer_is_looked_for_and_followed(twilio, commands):
    commands.wrote()
    twilio.fail(Close(after=True), method="POST")

    ended = commands.send("--text", "Hola")

    assert ended.code == 0, ended.err
    assert commands.kept().sid == twilio.messages.last.sid
    assert len(twilio.messages.bodies()) == 1


def test_another_message_with_the_same_words_is_not_taken_for_it(twilio, commands):
    commands.wrote()
    commands.send("--text", "Hola")
    twilio.fail(Close(), method="POST")

    ended = commands.send("--text", "Hola")

    *_, second = every(commands.database, Message)
    assert (second.sid, second.status) == (None, MessageStatus.SENDING)
    assert ended.code == 4


def test_an_image_goes_out_with_its_caption(twilio, command_line):
    command_line.wrote()

    ended = command_line.send("--image", IMAGE, "--text", "La carta")

    assert ended.code == 0, ended.err
    form = twilio.posted()[0].form
    assert (form["MediaUrl"], form["Body"]) == ([IMAGE], ["La carta"])
    assert (command_line.kept().kind, command_line.kept().body) == ("image", f"La carta\n{IMAGE}")


def test_a_template_reaches_somebody_who_never_wrote(twilio, commands):
    twilio.messages.rules.template(TEMPLATE, "Hola {{1}}, hasta el {{2}}.")

    ended = commands.send("--template", TEMPLATE, "--var", "1=Ana", "--var", "2=martes = 24")

    assert ended.code == 0, ended.err
    form = twilio.posted()[0].form
    assert form["ContentSid"] == [TEMPLATE]
    assert json.loads(form["ContentVariables"][0]) == {"1": "Ana", "2": "martes = 24"}
    assert "Body" not in form
    assert commands.kept().body == f"{TEMPLATE}\n1=Ana\n2=martes = 24"
    contact = the_only(commands.database, Contact)
    assert (contact.address, contact.simulated, contact.wrote_at) == (ANA, False, None)


def test_the_template_of_the_settings_needs_no_sid(twilio, command_line):
    command_line.send("--template", "--var", "1=Ana", template_sid=TEMPLATE)

    assert twilio.posted()[0].form["ContentSid"] == [TEMPLATE]


def test_who_is_written_to_twice_stays_one_conversation(commands):
    commands.send("--template", TEMPLATE)
    commands.wrote()
    commands.send("--text", "Hola")

    assert the_only(commands.database, Conversation).our_address == OURS
    assert the_only(commands.database, Contact).name == "Ana"


def test_who_is_known_is_written_to_at_the_address_they_write_from(twilio, commands):
    commands.wrote(number="+525512345678", address="whatsapp:+5215512345678")

    ended = commands.run("send", "whatsapp:+52 1 55 1234 5678", "--text", "Hola", "--poll-s", "0.01")

    assert ended.code == 0, ended.err
    assert twilio.messages.last.to == "whatsapp:+5215512345678"


def test_without_a_number_of_ours_the_one_they_wrote_to_is_used(twilio, commands):
    commands.wrote()

    commands.send("--text", "Hola", sender=None)

    assert twilio.messages.last.sender == OURS


def test_not_waiting_returns_at_once_with_the_sid(twilio, command_line):
    command_line.wrote()

    ended = command_line.send("--text", "Hola", "--no-wait")

    assert ended.code == 0
    assert ended.statuses == []
    assert f"whatsapp status {twilio.messages.last.sid}" in ended.out
    assert [request.method for request in twilio.requests] == ["POST"]


def test_patience_has_an_end_and_the_message_is_still_on_its_way(twilio, command_line):
    command_line.wrote()
    twilio.messages.script(*WAITS)

    ended = command_line.send("--text", "Hola", "--patience-s", "0.05")

    assert ended.code == 0
    assert "It is on its way" in ended.out


@pytest.mark.parametrize(
    ("script", "code", "advice"),
    [
        (failed(63015), 63015, "join"),
        (failed(63016), 63016, "template"),
        (undelivered(63024), 63024, "has WhatsApp"),
        (failed(64999), 64999, "https://www.twilio.com/docs/api/errors/64999"),
    ],
)
def test_what_fails_on_its_way_says_why_and_what_to_do(twilio, command_line, script, code, advice):
    command_line.wrote()
    twilio.messages.script(*script)

    ended = command_line.send("--text", "Hola")

    assert ended.code == 1
    assert f"[{code}]" in ended.err and advice in ended.err
    assert command_line.kept().error_code == code
    assert command_line.kept().status == script[-1].status


def test_a_failure_without_a_code_is_told_as_well(twilio, command_line):
    command_line.wrote()
    twilio.messages.script(Receipt("failed"))

    ended = command_line.send("--text", "Hola", language="es")

    assert (ended.code, ended.err.strip()) == (1, "Falló, y Twilio no dice por qué.")


def test_a_failure_of_twilios_that_passes_does_not_end_the_following(twilio, command_line):
    command_line.wrote()
    twilio.fail(Page(503), method="GET", times=2)

    ended = command_line.send("--text", "Hola")

    assert ended.code == 0, ended.err
    assert ended.statuses[-1] == "delivered"
    assert ended.out.count("still trying") == 1


def test_receipts_that_come_by_webhook_are_seen_though_twilio_cannot_be_asked(open_line):
    line = open_line(twilio_auth_token="0f" * 16)
    with FakeTwilio(send_webhooks=True) as twilio:
        twilio.messages.at_once = True
        twilio.fail(Page(503), method="GET", times=10_000)
        commands = Commands(line.parts.database, twilio)
        commands.wrote()

        ended = commands.send("--text", "Hola", public_url=line.url)

        assert ended.code == 0, ended.err
        assert ended.statuses[-1] in ("delivered", "read")
        twilio.webhooks.settle()
        assert commands.kept().status == MessageStatus.READ


def test_interrupting_ends_the_following_and_not_the_message(twilio, command_line):
    command_line.wrote()
    twilio.messages.script(*WAITS)
    interruption = threading.Thread(
        target=lambda: (
            twilio.wait_for(lambda fake: len(fake.requests) > 1),
            os.kill(os.getpid(), signal.SIGINT),
        )
    )
    interruption.start()

    ended = command_line.send("--text", "Hola")

    interruption.join()
    assert ended.code == 130
    assert command_line.kept().sid == twilio.messages.last.sid
