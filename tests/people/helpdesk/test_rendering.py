"""What is shown of turns, calls, voice notes and receipts, from the rows as they are kept."""

from datetime import timedelta

import pytest

from people.helpdesk.rendering import Voice, is_to_wait, posts_of
from storage.models import Ending, MessageStatus, MirrorItem, TurnKind, TurnState
from storage.queries import calls, contacts, helpdesk, helpdesk_items, messages, outgoing, turns
from storage.queries.calls import CallFacts, CallProgress
from storage.queries.messages import Attachment
from storage.queries.turns import NewTurn
from tests.people.helpdesk.rows import ANA, NOW, WORDS, a_message
from tests.records import every


def a_call(connection, sid="CA1", simulated=False):
    facts = CallFacts(sid, "inbound", ANA, "+12025550100", "in-progress", ANA, simulated)
    return calls.open_call(connection, facts, NOW).id


def a_turn(connection, conversation_id, number, heard, said=(), *, state=TurnState.COMPLETE, kind="speech"):
    new = NewTurn(conversation_id, number, TurnKind(kind), heard, None, "owner")
    turn_id = turns.claim_turn(connection, new, NOW)
    if state is not TurnState.WRITING:
        turns.finish_turn(
            connection, turn_id, 1, state=state, sentences=list(said), ending=Ending.GATHER, finished_at=NOW
        )
    return turn_id


def all_shown(database):
    """All that there is to show, in order."""
    with database.read() as connection:
        items = [helpdesk_items.item_by_id(connection, row.id) for row in every(database, MirrorItem)]
        return [post for item in items for post in posts_of(connection, item, WORDS)]


def said(database):
    return [(post.voice.name.lower(), post.words) for post in all_shown(database)]


@pytest.mark.both_databases
def test_a_turn_is_what_was_heard_and_what_was_said(database, mirror):
    with database.write() as connection:
        call = a_call(connection)
        mirror.turn(connection, a_turn(connection, call, 1, "¿Abren hoy?", ["Sí. ", "Hasta las ocho."]), NOW)

    assert said(database) == [("person", "¿Abren hoy?"), ("assistant", "Sí. Hasta las ocho.")]


def test_turns_that_never_were_complete_are_shown_in_their_place(database, mirror):
    with database.write() as connection:
        call = a_call(connection)
        a_turn(connection, call, 1, "¿Hola?", ["Perdone."], state=TurnState.FAILED)
        mirror.turn(connection, a_turn(connection, call, 2, "¿Me oye?", ["Sí."]), NOW)
        a_turn(connection, call, 3, "Adiós", ["Has"], state=TurnState.CANCELLED)
        mirror.call_ended(connection, call, NOW)

    assert [words for _, words in said(database)][:-1] == [
        "¿Hola?",
        "Perdone.",
        "¿Me oye?",
        "Sí.",
        "Adiós",
        "Has",
    ]


@pytest.mark.parametrize(("author", "shown"), [
    ("", "Dígame"), ("automatic", "Dígame"), ("dashboard:Eva Núñez", "👤 Eva Núñez: Dígame"),
])  # fmt: skip
def test_an_operator_of_the_dashboard_is_named(database, mirror, author, shown):
    with database.write() as connection:
        recipient, _ = a_message(connection, "Hola")
        written = outgoing.add_outbound(
            connection, recipient.conversation_id, "text", "Dígame", NOW, MessageStatus.WAITING, author=author
        )
        mirror.message(connection, written, NOW)

    assert said(database) == [("assistant", shown)]


def test_words_that_a_later_turn_begins_with_are_shown_once(database, mirror):
    with database.write() as connection:
        call = a_call(connection)
        a_turn(connection, call, 1, "Quería", state=TurnState.SUPERSEDED)
        mirror.turn(connection, a_turn(connection, call, 2, "Quería una cita", ["¿Cuándo?"]), NOW)

    assert [words for _, words in said(database)] == ["Quería una cita", "¿Cuándo?"]


def test_of_an_answer_that_was_interrupted_what_was_heard_is_shown(database, mirror):
    with database.write() as connection:
        call = a_call(connection)
        turn = a_turn(connection, call, 1, "¿Horario?", ["De nueve a dos. ", "Y de cuatro a ocho."])
        turns.heard_upto(connection, turn, 15)
        mirror.turn(connection, turn, NOW)

    assert said(database)[-1] == ("assistant", "De nueve a dos.")


def test_the_end_of_a_call_is_a_note_with_how_long_it_was_and_what_it_was_about(database, mirror):
    with database.write() as connection:
        call = a_call(connection)
        calls.record_progress(connection, "CA1", CallProgress("completed", NOW, duration_s=83))
        calls.conversation_topic(connection, call, "una cita")
        mirror.call_ended(connection, call, NOW)

    assert said(database) == [("note", "📞 La llamada terminó. Duró 1:23 min.\n\nuna cita")]


def test_a_call_that_nobody_answered_says_so(database, mirror):
    with database.write() as connection:
        call = a_call(connection)
        calls.record_progress(connection, "CA1", CallProgress("no-answer", NOW, duration_s=0))
        mirror.call_ended(connection, call, NOW)

    assert said(database) == [("note", "📞 La llamada terminó. No llegó a contestarse.")]


@pytest.mark.both_databases
def test_what_is_shown_twice_is_shown_once(database, mirror):
    with database.write() as connection:
        call = a_call(connection)
        turn = a_turn(connection, call, 1, "Hola", ["Hola."])
        for _ in range(2):
            mirror.turn(connection, turn, NOW)
            mirror.call_ended(connection, call, NOW)
            mirror.note(connection, 1, "handoff:1", "Quiere un presupuesto", NOW)

    assert len(every(database, MirrorItem)) == 3


def test_of_a_simulated_contact_nothing_is_shown(database, mirror, work):
    with database.write() as connection:
        call = a_call(connection, simulated=True)
        mirror.turn(connection, a_turn(connection, call, 1, "Hola", ["Hola."]), NOW)
        mirror.call_ended(connection, call, NOW)
        recipient, message = a_message(connection, "Hola", simulated=True)
        mirror.message(connection, message, NOW)
        mirror.receipt(connection, message, MessageStatus.FAILED, 63016, NOW)
        mirror.note(connection, recipient.contact_id, "n", "words", NOW)
        mirror.opened(connection, recipient.contact_id, "o", NOW)

    assert every(database, MirrorItem) == []
    assert work.client.list_workflows() == []


def test_what_was_said_in_a_voice_note_is_shown_beside_it(database, mirror):
    note = Attachment("https://x/ME1", "audio/ogg", words="[voice note] ¿Abren hoy?", is_said=True)
    photo = Attachment("https://x/ME2", "image/jpeg", words="[sent photo 1]")
    with database.write() as connection:
        mirror.message(connection, a_message(connection, "Oiga", [note, photo])[1], NOW)

    [post] = all_shown(database)
    assert (post.words, post.attachments) == ("Oiga\n🎙 ¿Abren hoy?", (note, photo))


@pytest.mark.parametrize(
    ("words", "age_s", "is_kept_back"),
    [(None, 5, True), (None, 21, False), ("[voice note] Hola", 5, False)],
)
def test_a_voice_note_is_kept_back_a_moment_for_its_words(database, mirror, words, age_s, is_kept_back):
    note = Attachment("https://x/ME1", "audio/ogg", words=words)
    with database.write() as connection:
        mirror.message(connection, a_message(connection, "", [note])[1], NOW)
        item = helpdesk_items.first_open(connection, 1)

        assert is_to_wait(connection, item, NOW + timedelta(seconds=age_s)) is is_kept_back


def test_a_voice_note_that_nobody_will_open_is_not_kept_back(database, mirror):
    with database.write() as connection:
        _, message = a_message(connection, "", [Attachment("https://x/ME1", "audio/ogg")])
        messages.set_aside(connection, message)  # who writes is not answered
        mirror.message(connection, message, NOW)

        assert not is_to_wait(connection, helpdesk_items.first_open(connection, 1), NOW)


def test_a_voice_note_to_a_person_who_took_over_is_kept_back_for_its_words(database, mirror):
    with database.write() as connection:
        recipient, message = a_message(connection, "", [Attachment("https://x/ME1", "audio/ogg")])
        contacts.take_over(connection, recipient.conversation_id, "Eva", NOW + timedelta(hours=1))
        messages.set_aside(connection, message)
        mirror.message(connection, message, NOW)

        assert is_to_wait(connection, helpdesk_items.first_open(connection, 1), NOW)


def test_what_was_held_back_is_not_shown(database, mirror):
    with database.write() as connection:
        recipient, _ = a_message(connection, "Hola")
        held = outgoing.add_outbound(
            connection, recipient.conversation_id, "text", "Hola.", NOW, MessageStatus.HELD
        )
        mirror.message(connection, held, NOW)

    assert all_shown(database) == []


def test_what_is_held_back_before_it_was_shown_needs_no_note(database, mirror):
    with database.write() as connection:
        recipient, _ = a_message(connection, "Hola")
        answer = outgoing.add_outbound(
            connection, recipient.conversation_id, "text", "Hola.", NOW, MessageStatus.WAITING
        )
        mirror.message(connection, answer, NOW)
        outgoing.hold(connection, answer, NOW)
        mirror.receipt(connection, answer, MessageStatus.HELD, None, NOW)

    assert all_shown(database) == []


def test_what_was_written_in_chatwoot_is_not_shown_there_again_and_its_failure_is_a_note(database, mirror):
    with database.write() as connection:
        recipient, _ = a_message(connection, "Hola")
        wrote = outgoing.add_outbound(
            connection, recipient.conversation_id, "text", "Hola", NOW, MessageStatus.WAITING,
            author=f"{helpdesk.OPERATOR_AUTHOR}Pedro",
        )  # fmt: skip
        mirror.message(connection, wrote, NOW)
        helpdesk.keep_operators(connection, recipient.contact_id, [wrote], 903, NOW)
        mirror.receipt(connection, wrote, MessageStatus.DELIVERED, None, NOW)
        mirror.receipt(connection, wrote, MessageStatus.FAILED, 131047, NOW)

    [post] = all_shown(database)
    assert post.voice is Voice.NOTE
    assert "24 horas" in post.words
