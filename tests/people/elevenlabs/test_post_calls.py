"""What ElevenLabs tells us after a call, over HTTP, and what is kept of it."""

from datetime import timedelta

import pytest

from people.elevenlabs.post_calls import MOST_HEARD
from storage.models import Call, Contact, Conversation, Turn
from tests.fakes.elevenlabs import AGENT_NUMBER, CONVERSATION_ID, PERSON
from tests.people.elevenlabs.calls import NOW, waiting
from tests.records import every, the_only


def said(database):
    """Every turn, as (heard, said)."""
    return [(turn.heard, "".join(turn.sentences)) for turn in every(database, Turn)]


# --- what is kept


def test_a_call_is_kept_with_its_contact_its_times_and_its_summary(elevenlabs, database):
    (answer,) = elevenlabs.post(elevenlabs.transcription())

    assert (answer.status, answer.json) == (200, {})
    assert the_only(database, Contact).address == PERSON
    conversation, call = the_only(database, Conversation), the_only(database, Call)
    assert (conversation.key, conversation.channel) == (f"elevenlabs:{CONVERSATION_ID}", "phone")
    assert conversation.summary == "The caller wanted an appointment."
    assert conversation.created_at == call.started_at == NOW - timedelta(seconds=42)
    assert conversation.closed_at == call.ended_at == NOW
    assert (call.call_sid, call.status, call.duration_s) == (CONVERSATION_ID, "completed", 42)
    assert (call.direction, call.from_number, call.to_number) == ("inbound", PERSON, AGENT_NUMBER)


def test_turns_are_what_was_heard_and_all_that_was_answered_to_it(elevenlabs, database):
    elevenlabs.post(
        elevenlabs.transcription(
            said=[
                ("agent", "Hola."),
                ("user", "Buenas."),
                ("user", "Quiero una cita."),
                ("agent", "Muy bien."),
                ("agent", "¿Cuándo?"),
                ("user", "Mañana."),
            ]
        )
    )

    turns = every(database, Turn)
    assert said(database) == [
        ("", "Hola."),
        ("Buenas. Quiero una cita.", "Muy bien. ¿Cuándo?"),
        ("Mañana.", ""),
    ]
    assert [turn.number for turn in turns] == [1, 2, 3]
    assert {turn.state for turn in turns} == {"complete"}
    seconds = [(turn.created_at - NOW).total_seconds() + 42 for turn in turns]
    assert seconds == [0, 5, 25]


@pytest.mark.both_databases
def test_who_called_before_is_the_same_contact_in_any_form_of_the_number(elevenlabs, database):
    elevenlabs.post(elevenlabs.transcription(person="+5215512345678"))
    elevenlabs.post(elevenlabs.transcription(person="+525512345678", conversation_id="conv_2"))

    assert the_only(database, Contact).address == "+525512345678"
    assert len(every(database, Call)) == 2


def test_a_call_that_was_placed_is_kept_with_the_person_who_was_called(elevenlabs, database):
    elevenlabs.post(elevenlabs.transcription(direction="outbound"))

    assert the_only(database, Contact).address == PERSON
    call = the_only(database, Call)
    assert (call.direction, call.from_number, call.to_number) == ("outbound", AGENT_NUMBER, PERSON)


def test_somebody_without_a_number_is_a_new_contact_for_each_call(elevenlabs, database):
    for conversation_id in ("conv_1", "conv_2"):
        elevenlabs.post(elevenlabs.transcription(person=None, conversation_id=conversation_id))

    addresses = [contact.address for contact in every(database, Contact)]
    assert addresses == ["withheld:conv_1", "withheld:conv_2"]


def test_secrets_that_were_said_are_not_kept(elevenlabs, database):
    key = "sk-proj-" + "a1b2" * 8
    elevenlabs.post(elevenlabs.transcription(said=[("user", key), ("agent", key)], summary=f"Said {key}"))

    assert key not in str(said(database)) + the_only(database, Conversation).summary


def test_a_call_without_a_word_is_kept_and_has_no_topic(elevenlabs, database, work):
    elevenlabs.post(elevenlabs.transcription(said=[], summary=""))

    assert the_only(database, Call).duration_s == 42
    assert waiting(work) == ["show_postcall"]


@pytest.mark.both_databases
def test_long_ids_that_begin_alike_are_two_calls(elevenlabs, database):
    for end in ("a", "b"):
        elevenlabs.post(elevenlabs.transcription(conversation_id="conv_" + "0" * 100 + end))

    assert len({call.call_sid for call in every(database, Call)}) == 2


def test_times_that_cannot_be_are_put_right(elevenlabs, database):
    event = elevenlabs.transcription(said=[("user", "Hola"), ("agent", "Hola")])
    event["data"]["metadata"] |= {
        "start_time_unix_secs": NOW.timestamp() + 9e8,
        "call_duration_secs": 2**31 - 1,
    }
    event["data"]["transcript"][1]["time_in_call_secs"] = 30_000_000_000

    assert elevenlabs.post(event)[0].status == 200
    call = the_only(database, Call)
    assert call.started_at < call.ended_at == NOW
    assert the_only(database, Turn).created_at == call.started_at


def test_a_call_without_times_is_as_long_as_its_words_and_ends_now(elevenlabs, database):
    event = elevenlabs.transcription()
    del event["data"]["metadata"]

    elevenlabs.post(event)

    call = the_only(database, Call)
    assert (call.ended_at - call.started_at, call.ended_at) == (timedelta(seconds=5), NOW)
    assert call.duration_s is None


def test_a_monologue_is_cut_where_every_utterance_is(elevenlabs, database):
    elevenlabs.post(elevenlabs.transcription(said=[("user", "palabra " * 400)] * 4))

    assert len(the_only(database, Turn).heard) == MOST_HEARD
