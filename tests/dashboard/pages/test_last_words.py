"""The last words of a conversation in the list, whoever said or wrote them."""

import pytest
from sqlalchemy import update

from storage.identities import merging
from storage.identities.finding import Evidence
from storage.models import Handoff
from tests.dashboard.conversations import Talks
from tests.dashboard.pages.lists import last_words

pytestmark = pytest.mark.both_databases

PHOTO = {"url": "x", "type": "image/jpeg", "words": "[sent photo 1: una receta]"}
NOTHING = "Todavía no se ha dicho nada"


def waits_unanswered(talks):
    """Somebody who writes while a person has the conversation: no turn is made of it."""
    chat = talks.chat(talks.contact(wrote=1), human="Eva", human_until=talks.ago(-60))
    talks.message(chat, "¿Sigue ahí?", minutes=1)
    return chat


def answered(talks):
    chat = talks.chat(talks.contact(wrote=2), "Hola", minutes=2)
    turn = talks.turn(chat, "Hola", "Buenas", minutes=2)
    talks.message(chat, "Buenas, dígame", outbound=True, turn_id=turn, part=0, minutes=1)
    return chat


def written(author):
    def make(talks):
        chat = talks.chat(talks.contact(wrote=2), "Hola", minutes=2)
        talks.message(chat, "Dígame", outbound=True, author=author, minutes=1)
        return chat

    return make


def a_photo(talks):
    chat = talks.chat(talks.contact(wrote=1))
    talks.message(chat, "", attachments=[PHOTO])
    return chat


def greeted(talks):
    call = talks.call(talks.contact(), live=True)
    talks.prompt(call, "Buenas, soy Lucía.")
    return call


def spoken(talks):
    call = talks.call(talks.contact(), ("¿Abren hoy?", "Sí, hasta las ocho."))
    talks.prompt(call, "Buenas, soy Lucía.", minutes=6)
    return call


def asked_again(talks):
    call = talks.call(talks.contact(), ("¿Abren hoy?", "Sí."))
    talks.prompt(call, "No le he oído bien.", minutes=4)
    return call


def being_heard(talks):
    call = talks.call(talks.contact(), live=True)
    talks.turn(call, "¿Abren [keypad: 1] hoy?", "", state="writing", finished_at=None)
    return call


def a_message_left(talks):
    call = talks.call(talks.contact(), live=True)
    talks.turn(call, "Soy Ana, llámenme", "Queda anotado.", kind="message")
    return call


def held_back(talks):
    chat = talks.chat(talks.contact(wrote=5), "¿Sigue ahí?")
    talks.message(chat, "Sí, dígame", outbound=True, status="held", minutes=4)
    return chat


def handed_over(talks):
    """Somebody of another system's, who has said nothing here."""
    chat = talks.chat(talks.contact())
    talks.handoff(chat, "Quiere un presupuesto", source="api")
    return chat


def handed_over_without_a_word(talks):
    chat = talks.chat(talks.contact())
    talks.handoff(chat, "", source="api")
    return chat


def asked_for_a_person(talks):
    chat = talks.chat(talks.contact(wrote=5), "Quiero una persona")
    talks.handoff(chat, "Pide una persona", minutes=1)
    return chat


def erased(talks):
    chat = talks.chat(talks.contact(wrote=5))
    talks.message(chat, "", kind="erased")
    return chat


@pytest.mark.parametrize(("make", "words"), [
    (waits_unanswered, "¿Sigue ahí?"),
    (answered, "Asistente: Buenas, dígame"),
    (written("dashboard:Eva"), "Eva: Dígame"),
    (written("chatwoot:Eva: la de tarde"), "Eva: la de tarde: Dígame"),
    (written("el panel"), "el panel: Dígame"),
    (written("automatic"), "Automático: Dígame"),
    (a_photo, "Foto: una receta"),
    (greeted, "Asistente: Buenas, soy Lucía."),
    (spoken, "Asistente: Sí, hasta las ocho."),
    (asked_again, "Asistente: No le he oído bien."),
    (being_heard, "¿Abren (teclas: 1) hoy?"),
    (a_message_left, "Recado: Soy Ana, llámenme"),
    (held_back, "¿Sigue ahí?"),
    (handed_over, "Recado: Quiere un presupuesto"),
    (handed_over_without_a_word, "espera a una persona"),
    (asked_for_a_person, "Quiero una persona"),
    (erased, "borrado"),
    (lambda talks: talks.call(talks.contact(), live=True), NOTHING),
])  # fmt: skip
def test_the_last_words_are_shown_whoever_said_them(operator, talks, make, words):
    conversation = make(talks)

    assert last_words(operator.read("/dashboard/conversations"), conversation) == words


def test_of_two_chats_shown_as_one_the_last_words_of_both_count(operator, talks):
    ana, hidden = talks.contact("Ana", wrote=2), talks.contact("", number="bsuid:MX.1", wrote=9)
    first, second = talks.chat(ana, "Lo último", minutes=1), talks.chat(hidden, "Lo primero", minutes=9)
    with operator.parts.database.write() as connection:
        merging.merge(connection, ana, hidden, talks.now, Evidence.MESSAGE)

    page = operator.read("/dashboard/conversations")

    [shown] = [id_ for id_ in (first, second) if f'id="conversation-{id_}"' in page]
    assert last_words(page, shown) == "Lo último"


def test_they_are_also_beside_another_conversation_of_the_same_person(operator, talks):
    ana = talks.contact("Ana", wrote=1)
    chat, call = talks.chat(ana, "Hola"), talks.call(ana)
    talks.prompt(call, "Buenas, soy Lucía.")

    assert "Buenas, soy Lucía." in operator.read(f"/dashboard/conversations/{chat}")


def test_a_message_that_a_caller_left_is_read_without_the_programs_marks(operator, talks):
    call = talks.call(talks.contact("Ana"))
    talks.handoff(call, message="Llámenme [keypad: 1]", summary="Mandó [sent a photo]")
    with operator.parts.database.write() as connection:
        connection.execute(update(Handoff).values(state="closed", missed_at=talks.now))

    for path in ("", "handoffs", f"conversations/{call}"):
        page = operator.read(f"/dashboard/{path}")
        assert "[keypad" not in page and "[sent" not in page and "(teclas: 1)" in page, path


@pytest.mark.parametrize(("language", "photo"), [("es", "Foto: un perro"), ("en", "Photo: un perro")])
def test_what_is_found_is_shown_without_the_programs_marks(open_desk, language, photo):
    operator = open_desk(language=language)
    talks = Talks(operator.parts.database)
    chat = talks.chat(talks.contact(wrote=1))
    talks.message(chat, "", attachments=[PHOTO | {"words": "[sent photo 1: un perro marrón]"}])

    found = operator.read("/dashboard/conversations?q=perro")
    of_marks = operator.read("/dashboard/conversations?q=sent+photo")

    assert photo in found.replace("<mark>", "").replace("</mark>", "") and "[sent" not in found
    assert f'href="/dashboard/conversations/{chat}"' not in of_marks
