"""Stories of operators who step in from Chatwoot, and step out again."""

import json
import threading
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from sqlalchemy import update

from simulator.whatsapp.client import voice_note
from storage.base import utc_now
from storage.models import Contact, Conversation, Message, WebhookEvent
from tests.fakes.chatwoot.fake import signature
from tests.fakes.openai.server import stalled, text, tool_call, transcript
from tests.journeys.people.chatwoot_setup import (
    ANA,
    SECRET,
    SOURCE,
    US,
    caller_of,
    mirror,
    person_of,
    settle,
    shown,
    work_off,
)
from tests.records import every, the_only

pytestmark = pytest.mark.quick


PUBLIC = "https://assistant.example.com"


@pytest.fixture
def talk(desk_line, chatwoot, twilio, openai):
    """A line, and a person who has written and was answered, which is shown."""

    def begin(**values):
        openai.enqueue(text("Hola, soy el asistente."))
        line = desk_line(**values)
        person = person_of(line, twilio)
        person.send("Hola")
        work_off(line)
        settle(chatwoot)
        return line, person

    return begin


def operator_writes(chatwoot, line, words, **options):
    """What an operator writes, taken here and sent."""
    message = chatwoot.operator_writes(42, words, **options)
    settle(chatwoot)
    work_off(line)
    return message


def arrived(line, openai, status):
    """Wait until the last message's receipts are in, and show them."""
    assert openai.wait_for(lambda: every(line.parts.database, Message)[-1].status == status, 5.0)
    work_off(line)


def pedro_takes_over(line):
    """In our own database, while nobody has told the assistant."""
    with line.parts.database.write() as connection:
        until = utc_now() + timedelta(hours=1)
        connection.execute(update(Conversation).values(human="Pedro", human_until=until))


def is_human(line):
    conversation = every(line.parts.database, Conversation)[0]
    return conversation.human_until is not None and conversation.human_until > utc_now()


def notes(chatwoot):
    return [words for kind, words in shown(chatwoot) if kind == "note"]


@pytest.mark.both_databases
def test_an_operator_writes_and_the_assistant_falls_silent_until_it_is_resolved(talk, chatwoot, openai):
    line, person = talk()

    operator_writes(chatwoot, line, "Hola, soy **Pedro** de ventas")
    person.send("¿Tienen stock?")
    assert len(openai.chats) == 1
    chatwoot.resolve(42)
    settle(chatwoot)
    openai.enqueue(text("Aquí el asistente otra vez."))
    person.send("Gracias")
    work_off(line)

    assert person.texts == [
        "Hola, soy el asistente.",
        "Hola, soy *Pedro* de ventas",
        "Aquí el asistente otra vez.",
    ]
    assert shown(chatwoot) == [
        ("incoming", "Hola"),
        ("outgoing", "Hola, soy el asistente."),
        ("outgoing", "Hola, soy **Pedro** de ventas"),
        ("incoming", "¿Tienen stock?"),
        ("incoming", "Gracias"),
        ("outgoing", "Aquí el asistente otra vez."),
    ]


def test_the_answer_that_is_being_written_is_stopped(talk, chatwoot, openai):
    line, person = talk(whatsapp_twiml_wait_s=0.2)
    openai.enqueue(stalled("Déjeme pen"))
    person.send("¿Cuánto cuesta?")
    stopped = openai.chats[-1]

    operator_writes(chatwoot, line, "Le atiendo yo")

    assert openai.wait_for(lambda: stopped.gone_at is not None, 3.0)
    work_off(line, seconds=60)
    assert person.texts == ["Hola, soy el asistente.", "Le atiendo yo"]


@pytest.mark.both_databases
def test_an_answer_that_is_on_its_way_is_held_back_and_shown_to_nobody(talk, chatwoot, openai):
    line, person = talk(whatsapp_twiml_wait_s=0.1)
    openai.enqueue(text("Llego tarde.", first_token_s=0.6))
    writing = threading.Thread(target=person.send, args=("¿Cuánto cuesta?",))
    writing.start()
    assert openai.wait_for(lambda: len(openai.chats) == 2, 5.0)
    pedro_takes_over(line)
    writing.join()

    assert openai.wait_for(lambda: "held" in {m.status for m in every(line.parts.database, Message)}, 5.0)
    work_off(line)

    assert person.texts == ["Hola, soy el asistente."]
    assert ("outgoing", "Llego tarde.") not in shown(chatwoot)


def test_an_answer_that_was_shown_and_is_then_held_back_is_marked_so(talk, chatwoot, openai):
    line, person = talk(whatsapp_twiml_wait_s=0.1)
    openai.enqueue(text("Llego tarde.", first_token_s=0.6))
    person.send("¿Cuánto cuesta?")
    assert openai.wait_for(lambda: "waiting" in {m.status for m in every(line.parts.database, Message)}, 5.0)
    mirror(line)
    assert shown(chatwoot)[-1] == ("outgoing", "Llego tarde.")

    pedro_takes_over(line)
    work_off(line)

    assert person.texts == ["Hola, soy el asistente."]
    voice, words = shown(chatwoot)[-1]
    assert (voice, "«Llego tarde.»" in words) == ("note", True)


def test_private_notes_never_leave(talk, chatwoot):
    line, person = talk()

    operator_writes(chatwoot, line, "Este cliente paga tarde", private=True)
    operator_writes(chatwoot, line, "/bot desconocido", private=True)

    assert person.texts == ["Hola, soy el asistente."]
    assert not is_human(line)
    assert [m.body for m in every(line.parts.database, Message)] == ["Hola", "Hola, soy el asistente."]


def test_the_assistant_is_switched_off_and_on_by_notes_which_are_answered(talk, chatwoot, openai):
    line, person = talk()

    operator_writes(chatwoot, line, "/bot off", private=True)
    assert is_human(line)
    operator_writes(chatwoot, line, " /BOT  status ", private=True)
    operator_writes(chatwoot, line, "/bot on", private=True)
    assert not is_human(line)
    operator_writes(chatwoot, line, "/bot status", private=True)

    answers = [words for words in notes(chatwoot) if "/bot " not in words.lower()[:9]]
    assert answers[0].startswith("El asistente calla hasta el ")
    assert answers[1].startswith("Contesta Pedro: el asistente calla hasta el ")
    assert answers[2] == "El asistente vuelve a contestar."
    assert answers[3].startswith("Contesta el asistente.")
    assert person.texts == ["Hola, soy el asistente."]


def test_what_is_attached_goes_out_one_by_one_after_the_words(talk, chatwoot, twilio):
    line, person = talk()
    files = [("piso.jpg", b"\xff\xd8\xff", "image/jpeg"), ("plano.pdf", b"%PDF-", "application/pdf")]

    operator_writes(chatwoot, line, "Mire", attachments=files)

    assert [received.text for received in person.received[1:]] == ["Mire", "", ""]
    urls = [message.attachments for message in every(line.parts.database, Message)][-2:]
    assert [attached[0]["type"] for attached in urls] == ["image/jpeg", "application/pdf"]
    assert all(attached[0]["url"].startswith(chatwoot.url) for attached in urls)


def test_a_long_message_goes_out_in_parts(talk, chatwoot):
    line, person = talk()

    operator_writes(chatwoot, line, "Una frase bastante larga. " * 100)

    assert len(person.texts) == 3
    assert all(len(words) <= 1600 for words in person.texts)


@pytest.mark.both_databases
@pytest.mark.parametrize("copies", [1, 3])
def test_webhooks_that_come_several_times_change_nothing_more(talk, chatwoot, copies):
    line, person = talk()
    chatwoot.webhooks.copies = copies

    operator_writes(chatwoot, line, "Hola, soy Pedro")
    operator_writes(chatwoot, line, "Hola, soy Pedro")

    assert person.texts[1:] == ["Hola, soy Pedro", "Hola, soy Pedro"]


def test_our_own_messages_are_not_sent_even_when_the_webhook_is_first(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Hola."), text("Adiós."))
    chatwoot.webhooks.before_reply = True
    for token in ("bot", "user"):
        line = desk_line(token=token)
        person = person_of(line, twilio)
        person.send("Hola")
        work_off(line)

        assert not is_human(line)
    assert [m.body for m in every(line.parts.database, Message)] == ["Hola", "Hola.", "Hola", "Adiós."]


def test_greetings_of_chatwoots_own_and_its_bots_are_not_passed_on(talk, chatwoot):
    line, person = talk()

    chatwoot.chatwoot_writes(42, "Gracias por escribir. ¿Nos valora?")
    chatwoot.backend.add_message(chatwoot.conversation(42), "Otro bot", "outgoing", chatwoot.bot)
    chatwoot.webhooks.add(chatwoot.backend.take_events())
    settle(chatwoot)
    work_off(line)

    assert person.texts == ["Hola, soy el asistente."]
    assert not is_human(line)


def test_what_is_written_in_another_inbox_to_the_same_person_is_not_passed_on(talk, chatwoot):
    line, person = talk()
    other = chatwoot.add_inbox("WhatsApp Cloud", identifier="cloud", id=9)
    link = chatwoot.backend.make_contact(other, {"source_id": SOURCE, "phone_number": ANA})
    chatwoot.backend.make_conversation(link, {}, set())

    chatwoot.operator_writes(43, "Por la otra bandeja")
    settle(chatwoot)
    work_off(line)

    assert person.texts == ["Hola, soy el asistente."]


def test_an_operator_who_begins_another_conversation_with_the_person_is_passed_on(talk, chatwoot, openai):
    line, person = talk()
    link = chatwoot.backend.link(chatwoot.inbox, SOURCE)
    chatwoot.backend.make_conversation(link, {}, set())

    chatwoot.operator_writes(43, "Empiezo aquí")
    settle(chatwoot)
    person.send("Muy bien")
    work_off(line)

    assert person.texts[1:] == ["Empiezo aquí"]
    assert chatwoot.words(43) == [("outgoing", "Empiezo aquí"), ("incoming", "Muy bien")]


def test_a_pending_conversation_is_opened_when_an_operator_writes_and_given_back_when_made_pending(
    desk_line, chatwoot, twilio, openai
):
    chatwoot.inbox.has_bot = True
    openai.enqueue(text("Hola."), text("Aquí otra vez."))
    line = desk_line()
    person = person_of(line, twilio)
    person.send("Hola")
    work_off(line)
    assert chatwoot.conversation(42).status == "pending"

    operator_writes(chatwoot, line, "Le atiendo yo")
    settle(chatwoot)
    assert chatwoot.conversation(42).status == "open"
    assert is_human(line)
    chatwoot.pend(42)
    settle(chatwoot)
    person.send("¿Y ahora?")

    assert person.texts[-1] == "Aquí otra vez."


def test_who_opens_a_pending_conversation_has_it(desk_line, chatwoot, twilio, openai):
    chatwoot.inbox.has_bot = True
    openai.enqueue(text("Hola."))
    line = desk_line()
    person = person_of(line, twilio)
    person.send("Hola")
    work_off(line)

    chatwoot.open(42)
    settle(chatwoot)
    person.send("¿Hay alguien?")

    assert len(openai.chats) == 1
    assert is_human(line)


def test_what_we_opened_ourselves_is_not_taken_for_an_operators(desk_line, chatwoot, twilio, openai):
    chatwoot.inbox.has_bot = True
    line = desk_line()
    phone = caller_of(line)
    phone.dial()
    phone.press("0")
    phone.hang_up()
    work_off(line)
    settle(chatwoot)
    openai.enqueue(text("Sí, dígame."))

    assert chatwoot.conversation(42).status == "open"
    assert person_of(line, twilio).send("¿Hola?").text == "Sí, dígame."


@pytest.mark.parametrize("takes_over", [True, False])
def test_assigning_takes_over_where_it_is_set_to(talk, chatwoot, openai, takes_over):
    line, person = talk(chatwoot_assigning_takes_over=takes_over)
    openai.enqueue(text("Sigo aquí."))

    chatwoot.assign(42)
    settle(chatwoot)

    assert is_human(line) is takes_over
    assert person.send("¿Sigue ahí?").text == ("" if takes_over else "Sigo aquí.")


def test_what_is_said_to_an_operator_is_written_down_for_them(talk, chatwoot, openai):
    line, person = talk()
    openai.enqueue_transcripts(transcript("Soy yo otra vez."))
    operator_writes(chatwoot, line, "Le atiendo yo")

    person.send(media=[voice_note()])
    work_off(line, seconds=5)

    assert shown(chatwoot)[-1] == ("incoming", "🎙 Soy yo otra vez.")
    assert [m.content_type for m in chatwoot.messages(42)[-1].blobs] == ["audio/ogg"]


def test_a_conversation_that_a_person_reopens_by_writing_is_not_taken_for_an_operators(
    talk, chatwoot, openai
):
    line, person = talk()
    chatwoot.assign(42)
    operator_writes(chatwoot, line, "Hecho")
    chatwoot.resolve(42)
    settle(chatwoot)
    openai.enqueue(text("Uno."), text("Dos."))

    person.send("Otra cosa")
    work_off(line)
    settle(chatwoot)
    assert chatwoot.conversation(42).status == "open"
    person.send("¿Y?")

    assert person.texts[-2:] == ["Uno.", "Dos."]


@pytest.mark.both_databases
def test_disordered_webhooks_end_as_they_happened(talk, chatwoot):
    line, person = talk()
    chatwoot.webhooks.hold()
    chatwoot.operator_writes(42, "Un momento")
    body = chatwoot.webhooks._held[0].build()
    chatwoot.resolve(42)
    chatwoot.webhooks._held[0].build = lambda: body  # made up before it was resolved
    chatwoot.webhooks.release(lambda held: held[::-1])
    settle(chatwoot)
    work_off(line)

    assert person.texts[-1] == "Un momento"
    assert not is_human(line)


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


def test_a_handoff_is_told_and_opens_the_conversation(desk_line, chatwoot, twilio, openai):
    chatwoot.inbox.has_bot = True
    openai.enqueue(tool_call("hand_off", {"reason": "Una queja", "summary": "Le cobraron dos veces."}))
    line = desk_line()
    person = person_of(line, twilio)

    person.send("Esto es un desastre")
    work_off(line)
    settle(chatwoot)
    person.send("¿Y bien?")

    assert len(openai.chats) == 1
    assert len(person.texts) == 1
    assert chatwoot.conversation(42).status == "open"
    assert notes(chatwoot) == ["Una queja\n\nLe cobraron dos veces."]


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
