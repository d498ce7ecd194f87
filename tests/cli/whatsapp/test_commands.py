"""`flask --app app whatsapp ...`: as the operator types it, against a Twilio on loopback."""

import json
import os
import re
import signal
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click import ClickException
from click.testing import CliRunner

from integrations.twilio.messages import TwilioMessages
from messaging.providers.base import TWILIO
from messaging.providers.twilio import TwilioProvider
from storage.base import utc_now
from storage.database import Database
from storage.models import Contact, Conversation, Message, MessageStatus
from storage.queries import contacts, messages, outgoing
from storage.queries.contacts import Sender
from storage.queries.messages import NewMessage
from tests.cli.whatsapp.groups import group_of
from tests.fakes.twilio.messages import WAITS, Receipt, failed, undelivered
from tests.fakes.twilio.server import Close, FakeTwilio, Page, Refuse
from tests.records import every, the_only

ANA, OTHER = "+34600000001", "+34600000002"
OURS = "whatsapp:+12025550100"
TEMPLATE = "HX" + "0123456789abcdef" * 2
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
IMAGE = "https://example.com/menu.png"


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def commands(database, twilio):
    return Commands(database, twilio)


@pytest.fixture
def command_line(sqlite_url, twilio):
    """For what is decided before the database is asked anything that two kinds could answer differently."""
    database = Database(sqlite_url)
    yield Commands(database, twilio)
    database.close()


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


# One message


def test_status_shows_what_twilio_says_and_what_is_known_here(twilio, commands):
    commands.wrote()
    twilio.messages.script(Receipt("failed", error_code=63016))
    commands.send("--text", "Hola", "--no-wait")

    ended = commands.run("status", twilio.messages.last.sid)

    assert ended.code == 0
    here, words, there, meaning = ended.out.splitlines()
    assert here.startswith("Here: queued · out · text · Ana +34600000001 · ") and words == "  Hola"
    assert there == "Twilio: failed [63016] · +12025550100 → +34600000001"
    assert meaning.startswith("[63016] ")
    assert "receipts do not arrive" in ended.err


def test_status_has_nothing_to_complain_of_where_both_agree(twilio, commands):
    commands.wrote()
    twilio.messages.script(Receipt("sent"), Receipt("delivered", price="-0.00500"))
    commands.send("--text", "Hola")

    ended = commands.run("status", commands.kept().sid, language="es")

    assert "Twilio: entregado · +12025550100 → +34600000001 · 0,005 USD" in ended.out
    assert (ended.code, ended.err) == (0, "")


def test_status_of_a_message_that_nobody_knows(commands):
    ended = commands.run("status", "SM" + "0" * 32)

    assert ended.code == 3
    assert "Here: not known." in ended.out
    assert "[20404]" in ended.err


def test_status_of_a_simulated_message_asks_nobody(twilio, commands):
    commands.wrote(simulated=True)
    sid = the_only(commands.database, Message).sid

    ended = commands.run("status", sid)

    assert ended.code == 0
    assert "(simulated)" in ended.out
    assert twilio.requests == []


def test_status_without_credentials_shows_what_is_known_here(commands):
    commands.wrote()

    known = commands.run("status", the_only(commands.database, Message).sid, rest=None)
    unknown = commands.run("status", "SM" + "0" * 32, rest=None)

    assert (known.code, known.out.startswith("Here: received · in · text")) == (0, True)
    assert unknown.code == 2 and "TWILIO_AUTH_TOKEN" in unknown.err


def test_status_of_what_is_no_sid_is_refused(command_line):
    assert command_line.run("status", "hola").code == 2


# The log


@pytest.mark.both_databases
def test_the_log_shows_both_directions_newest_last_in_the_businesss_zone(commands):
    commands.wrote(body="¿Abren hoy?", ago=timedelta(minutes=5))
    commands.send("--text", "Sí, hasta las 8")

    ended = commands.run("log", language="es")

    rows = [line for line in ended.out.splitlines() if "+346" in line or "¿" in line or "8" in line]
    assert ended.out.index("¿Abren hoy?") < ended.out.index("Sí, hasta las 8")
    assert "entra" in ended.out and "sale" in ended.out and "entregado" in ended.out
    assert "Ana" in ended.out and ANA in ended.out
    at = the_first(commands).created_at.astimezone(ZoneInfo("Europe/Madrid"))
    assert f"{at:%Y-%m-%d %H:%M}" in "".join(rows)


def the_first(commands):
    return every(commands.database, Message)[0]


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_log_has_a_word_for_whatever_became_of_a_message(command_line, language):
    recipient = command_line.wrote()
    with command_line.database.write() as connection:
        for status in MessageStatus:
            outgoing.add_outbound(
                connection, recipient.conversation_id, "text", f"<{status.name}>", utc_now(), status
            )

    ended = command_line.run("log", language=language)

    assert ended.code == 0, ended.err
    assert all(f"<{status.name}>" in ended.out for status in MessageStatus)


def test_the_log_of_one_number_holds_nobody_elses_words(commands):
    commands.wrote(body="de Ana")
    commands.wrote(OTHER, body="de Luis", name="Luis")
    commands.wrote(simulated=True, body="de prueba")

    of_ana, of_all = commands.run("log", "+34 600 000 001").out, commands.run("log").out

    assert "de Ana" in of_ana and "de Luis" not in of_ana
    assert "de prueba" in of_ana and "(simulated)" in of_ana
    assert "de Luis" in of_all and of_all.count("(simulated)") == 1


def test_the_log_shows_as_many_as_asked_for(commands):
    for number in range(5):
        commands.wrote(body=f"mensaje {number}")

    shown = commands.run("log", "--last", "2").out

    assert re.findall(r"mensaje \d", shown) == ["mensaje 3", "mensaje 4"]


def test_the_log_says_what_the_codes_in_it_mean_once(twilio, commands):
    commands.wrote()
    twilio.messages.script(*failed(63015))
    for _ in range(2):
        commands.send("--text", "Hola")

    shown = commands.run("log").out

    assert shown.count("failed [63015]") == 2
    assert len(re.findall(r"^\[63015\] ", shown, re.MULTILINE)) == 1


def test_what_would_steer_the_terminal_is_made_visible(command_line):
    command_line.wrote(
        body="\x1b]0;title\x07\x1b[31mred\x1b[0m\r\x9b2J\u202egnp.exe [bold]👩‍🍳\nline two",
        name="A\x1b[2J\nna",
    )

    shown = command_line.run("log").out

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert "�[31mred�[0m" in shown
    assert "[bold]👩‍🍳" in shown and "line two" in shown


def test_an_empty_log_says_so(command_line):
    assert "There are no messages yet." in command_line.run("log").out
    assert "No hay mensajes todavía." in command_line.run("log", language="es").out


@pytest.mark.parametrize(
    "arguments", [("send", ANA, "--text", "Hola"), ("status", "SM" + "0" * 32), ("log",)]
)
def test_a_command_that_cannot_run_asks_nobody(twilio, command_line, arguments):
    def check():
        raise ClickException("not prepared")

    ended = command_line.run(*arguments, check=check)

    assert (ended.code, ended.err.strip()) == (1, "Error: not prepared")
    assert twilio.requests == []


@pytest.mark.both_databases
def test_a_database_that_somebody_holds_is_told_in_a_sentence_and_nothing_is_sent(
    twilio, command_line, sqlite_url
):
    command_line.wrote()
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    holder.execute("BEGIN IMMEDIATE")

    ended = command_line.send("--text", "Hola")
    holder.close()

    assert ended.code == 1
    assert "nothing was sent" in " ".join(ended.err.split())
    assert not [asked for asked in twilio.requests if asked.method == "POST"]
