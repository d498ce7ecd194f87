"""`flask --app app whatsapp status` and `log`: what is known of a message, and of all of them."""

import re
import sqlite3
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from click import ClickException

from storage.base import utc_now
from storage.models import Message, MessageStatus
from storage.queries import outgoing
from tests.cli.whatsapp.command_line import ANA, OTHER
from tests.fakes.twilio.message import Receipt, failed
from tests.fakes.twilio.server import FakeTwilio
from tests.records import every, the_only


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


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
