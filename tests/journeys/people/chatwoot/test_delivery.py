"""Stories of operators' messages outside the window, of opting out, and of forged webhooks."""

import json
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.base import utc_now
from storage.models import Contact, Conversation, Handoff, Message, WebhookEvent
from tests.fakes.chatwoot.fake import signature
from tests.fakes.openai.replies import text, tool_call
from tests.journeys.people.chatwoot_setup import (
    SECRET,
    US,
    caller_of,
    mirror,
    person_of,
    settle,
    work_off,
)
from tests.journeys.people.operators import notes, operator_writes
from tests.records import every, the_only

pytestmark = pytest.mark.quick

PUBLIC = "https://assistant.example.com"


def arrived(line, openai, status):
    """Wait until the last message's receipts are in, and show them."""
    assert openai.wait_for(lambda: every(line.parts.database, Message)[-1].status == status)
    work_off(line)


@pytest.mark.both_databases
def test_the_assistant_is_back_by_itself_after_a_while(talk, chatwoot, openai):
    line, person = talk(human_resume_h=2)
    operator_writes(chatwoot, line, "Le llamo luego")
    until = every(line.parts.database, Conversation)[0].human_until
    assert timedelta(minutes=119) < until - utc_now() <= timedelta(hours=2)
    with line.parts.database.write() as connection:
        connection.execute(update(Conversation).values(human_until=utc_now() - timedelta(seconds=1)))
    openai.enqueue(text("¿Le ayudo yo?"))

    person.send("¿Hola?")

    assert person.texts[-1] == "¿Le ayudo yo?"


def wrote_long_ago(line):
    with line.parts.database.write() as connection:
        connection.execute(update(Contact).values(wrote_at=utc_now() - timedelta(hours=25)))


def test_outside_the_window_an_operators_message_goes_out_where_twilio_takes_it(talk, chatwoot):
    line, person = talk()
    wrote_long_ago(line)

    operator_writes(chatwoot, line, "¿Sigue interesado?")
    work_off(line)

    assert person.texts == ["Hola, soy el asistente.", "¿Sigue interesado?"]
    assert notes(chatwoot) == []


def test_outside_the_window_the_operator_is_told_what_twilio_says(talk, chatwoot, openai):
    line, person = talk(webhook_url=PUBLIC)
    person.receipts = type(person.receipts)(error_code=63016)
    wrote_long_ago(line)

    operator_writes(chatwoot, line, "¿Sigue interesado?")
    arrived(line, openai, "failed")

    assert [note for note in notes(chatwoot) if "24 horas" in note] == notes(chatwoot)
    assert len(notes(chatwoot)) == 1


def test_with_a_users_token_what_became_of_an_operators_message_is_shown(talk, chatwoot, openai):
    line, _person = talk(token="user", webhook_url=PUBLIC)

    message = operator_writes(chatwoot, line, "Hola, soy Pedro")
    arrived(line, openai, "read")

    assert message.status == "read"


def test_what_cannot_be_delivered_is_marked_and_explained(talk, chatwoot, openai):
    line, person = talk(token="user", webhook_url=PUBLIC)
    person.receipts = type(person.receipts)(error_code=63024)

    message = operator_writes(chatwoot, line, "Hola, soy Pedro")
    arrived(line, openai, "failed")

    assert message.status == "failed"
    assert "63024" in message.external_error
    assert notes(chatwoot)[-1].startswith("⚠️ El mensaje no se entregó (63024).")


def test_who_opted_out_is_not_written_to_until_they_write(talk, chatwoot, openai):
    line, person = talk()
    person.send("BAJA")
    confirmed = list(person.texts)

    operator_writes(chatwoot, line, "¿Seguro?")
    assert person.texts == confirmed
    assert "pidió no recibir más mensajes" in notes(chatwoot)[-1]
    person.send("Una pregunta")
    operator_writes(chatwoot, line, "Dígame")

    assert person.texts[-1] == "Dígame"


def test_who_only_called_is_written_to_within_the_rules(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Hola."))
    line = desk_line(twilio_whatsapp_number=US, webhook_url=PUBLIC)
    person_of(line, twilio)
    phone = caller_of(line)
    phone.dial()
    phone.say("Hola")
    work_off(line)

    operator_writes(chatwoot, line, "Hola, soy Pedro")
    arrived(line, openai, "failed")

    assert "24 horas" in notes(chatwoot)[-1]


def test_a_withheld_number_cannot_be_written_to(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Hola."))
    line = desk_line()
    phone = caller_of(line, number="anonymous")
    phone.dial()
    phone.say("Hola")
    work_off(line)
    [conversation] = chatwoot.backend.conversations

    operator_writes(chatwoot, line, "Hola, soy Pedro")
    work_off(line)

    assert conversation.contact.name == "Número oculto"
    assert "no se conoce el número" in chatwoot.words(42)[-1][1]


def test_a_handoff_is_told_and_opens_the_conversation_and_an_operator_who_writes_has_it(
    desk_line, chatwoot, twilio, openai
):
    chatwoot.inbox.has_bot = True
    openai.enqueue(
        tool_call("hand_off", {"reason": "Una queja", "summary": "Le cobraron dos veces."}),
        text("Aquí sigo."),
    )
    line = desk_line()
    person = person_of(line, twilio)

    person.send("Esto es un desastre")
    work_off(line)
    settle(chatwoot)
    person.send("¿Y bien?")
    assert chatwoot.conversation(42).status == "open"
    assert notes(chatwoot) == ["Una queja\n\nLe cobraron dos veces."]
    operator_writes(chatwoot, line, "Soy Eva, dígame")
    person.send("¿Me oye?")

    assert len(openai.chats) == 2
    assert person.texts[1:] == ["Aquí sigo.", "Soy Eva, dígame"]
    assert the_only(line.parts.database, Handoff).state == "owned"
    chatwoot.resolve(42)
    settle(chatwoot)
    assert the_only(line.parts.database, Handoff).state == "closed"


# --- what comes to the door


def knock(line, body, *, secret=SECRET, skew=timedelta(0), raw=None, headers=None):
    """Return what a webhook with that body is answered with. skew: how wrong its clock is."""
    raw = json.dumps(body).encode() if raw is None else raw
    timestamp = str(int((utc_now() + skew).timestamp()))
    signed = {
        "Content-Type": "application/json",
        "X-Chatwoot-Timestamp": timestamp,
        "X-Chatwoot-Signature": signature(secret, timestamp, raw),
    }
    request = urllib.request.Request(
        f"{line.url}/webhook/chatwoot", raw, signed if headers is None else headers
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status
    except urllib.error.HTTPError as error:
        assert "detail" in json.load(error)
        return error.code


FORGED = {"event": "message_created", "id": 5, "message_type": "outgoing", "content": "Hola"}


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"secret": "another"}, 401),
        ({"skew": timedelta(minutes=-6)}, 401),
        ({"skew": timedelta(minutes=6)}, 401),
        ({"headers": {"Content-Type": "application/json"}}, 401),
        ({"raw": b"{not json"}, 400),
        ({"raw": b""}, 400),
        ({"raw": b"[" * 100_000}, 400),
        ({"raw": b" " * (2 * 1024 * 1024 + 1)}, 413),
        ({"raw": b"[]"}, 200),
        ({"raw": b'{"event": "message_created"}'}, 200),
    ],
)
def test_what_is_forged_stale_or_broken_is_refused_and_nothing_kept(desk_line, how, status):
    line = desk_line()

    assert knock(line, FORGED, **how) == status

    assert every(line.parts.database, WebhookEvent) == []


def test_a_replay_changes_nothing(talk, chatwoot):
    line, person = talk()
    operator_writes(chatwoot, line, "Hola, soy Pedro")
    [told] = [
        webhook for webhook in chatwoot.webhooks.sent if webhook.body.get("content") == "Hola, soy Pedro"
    ]
    raw = json.dumps(told.body, ensure_ascii=False).encode()

    assert knock(line, None, raw=raw, headers=told.headers) == 200
    work_off(line)

    assert person.texts[1:] == ["Hola, soy Pedro"]


@pytest.mark.parametrize("off", [{"chatwoot_webhook_secret": None}, {"chatwoot_enabled": False}])
def test_without_its_settings_the_door_is_closed(desk_line, off):
    assert knock(desk_line(**off), FORGED) == 403


def test_without_whatsapp_the_operator_is_told(talk, chatwoot, desk_line):
    talk()
    line = desk_line(twilio_account_sid=None)

    chatwoot.operator_writes(42, "Hola")
    settle(chatwoot)
    mirror(line)

    assert "WhatsApp no está configurado" in notes(chatwoot)[-1]


def test_operators_read_english_where_the_assistant_speaks_it(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Hello."))
    line = desk_line(assistant_profile="reception.en")
    person_of(line, twilio).send("Hello")
    work_off(line)

    operator_writes(chatwoot, line, "/bot on", private=True)

    assert notes(chatwoot)[-1] == "The assistant answers again."
    assert the_only(line.parts.database, Contact).name == "Ana"
