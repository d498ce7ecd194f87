"""What ElevenLabs tells us after a call, over HTTP, and what is kept of it."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from werkzeug.serving import make_server

from conversation.observers import NullObserver
from jobs.job import Job, run_pending
from people.elevenlabs import views
from people.elevenlabs.post_calls import AT_ONCE, MOST_HEARD, PostCalls
from people.elevenlabs.views import LARGEST_BODY, PATH, ElevenLabsGuard
from storage.models import Call, Contact, Conversation, Turn, WebhookEvent
from tests.fakes.elevenlabs import AGENT_NUMBER, CONVERSATION_ID, PERSON, FakeElevenLabs
from tests.records import every, the_only
from web.guards import GuardedBlueprints

SECRET = "wsec_test"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Watcher(NullObserver):
    """Writes down what a mirror is told."""

    def __init__(self):
        self.told = []

    def turn(self, connection, turn_id, now):
        self.told.append(("turn", turn_id))

    def call_ended(self, connection, conversation_id, now):
        self.told.append(("ended", conversation_id))


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def postcalls(database, work, watcher):
    return PostCalls(database, work, mirror=watcher, clock=lambda: NOW)


@pytest.fixture
def serve(postcalls):
    """Serve the route with a secret; return ElevenLabs on the other side of it."""
    servers = []

    def serve(secret):
        app = Flask(__name__)
        app.config["MAX_CONTENT_LENGTH"] = 256 * 1024
        views.postcalls.bind(app, lambda: postcalls)
        GuardedBlueprints(app).register(views.bp, ElevenLabsGuard(secret, lambda: NOW))
        servers.append(make_server("127.0.0.1", 0, app, threaded=True))
        threading.Thread(target=servers[-1].serve_forever, args=(0.02,), daemon=True).start()
        return FakeElevenLabs(f"http://127.0.0.1:{servers[-1].server_port}{PATH}", SECRET, NOW.timestamp)

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def elevenlabs(serve):
    return serve(SECRET)


def said(database):
    """Every turn, as (heard, said)."""
    return [(turn.heard, "".join(turn.sentences)) for turn in every(database, Turn)]


def is_empty(database):
    return not every(database, Conversation) and not every(database, WebhookEvent)


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


# --- twice, at once, in between


def test_a_webhook_that_comes_twice_is_kept_once(elevenlabs, database, work):
    first, second = elevenlabs.post(elevenlabs.transcription(), times=2)

    assert (first.status, second.status, second.json) == (200, 200, {})
    assert len(every(database, Turn)) == 2
    assert sorted(waiting(work)) == ["note_topic", "show_postcall"]


@pytest.mark.both_databases
def test_a_webhook_ten_times_at_once_is_kept_once(elevenlabs, database):
    event, answers = elevenlabs.transcription(), []
    threads = [threading.Thread(target=lambda: answers.extend(elevenlabs.post(event))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status for answer in answers] == [200] * 10
    assert len(every(database, Call)) == len(every(database, Contact)) == 1


def test_a_webhook_that_is_sent_again_after_its_event_was_forgotten_changes_nothing(elevenlabs, database):
    event = elevenlabs.transcription()
    elevenlabs.post(event)
    with database.write() as connection:
        connection.execute(WebhookEvent.__table__.delete())

    assert elevenlabs.post(event)[0].status == 200
    assert len(every(database, Turn)) == 2


@pytest.mark.both_databases
def test_a_database_that_cannot_be_written_has_it_sent_again(elevenlabs, database):
    event = elevenlabs.transcription()
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE calls RENAME TO elsewhere")
    (refused,) = elevenlabs.post(event)
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO calls")

    assert (refused.status, set(refused.json)) == (503, {"detail"})
    assert is_empty(database)
    assert elevenlabs.post(event)[0].status == 200
    assert len(every(database, Call)) == 1


# --- who is told


def waiting(work):
    return [row.input["kwargs"]["job"] for row in work.client.list_workflows(status=["ENQUEUED", "DELAYED"])]


def work_off(work, postcalls):
    jobs = {"show_postcall": Job(postcalls.show), "note_topic": Job(lambda payload: None)}
    return run_pending(work, jobs)


def test_people_see_the_turns_in_order_and_then_that_the_call_is_over(
    elevenlabs, database, work, postcalls, watcher
):
    elevenlabs.post(elevenlabs.transcription(said=[("user", "Sí"), ("agent", "No")] * (AT_ONCE + 1)))
    assert watcher.told == []

    work_off(work, postcalls)

    turns = [("turn", turn.id) for turn in every(database, Turn)]
    assert len(turns) == AT_ONCE + 1
    assert watcher.told == [*turns, ("ended", the_only(database, Conversation).id)]


@pytest.mark.parametrize("kind", ["audio", "initiation_failure"])
def test_sound_and_calls_that_never_were_are_acknowledged_and_not_kept(elevenlabs, database, kind):
    (answer,) = elevenlabs.post(getattr(elevenlabs, kind)())

    assert (answer.status, answer.json) == (200, {})
    assert is_empty(database)


@pytest.mark.parametrize(
    "body", [{}, [], 1, None, {"type": "voice_removal_notice", "data": {"voice_id": "v"}}]
)
def test_what_is_signed_and_of_another_kind_is_acknowledged(elevenlabs, database, body):
    assert elevenlabs.post(body)[0].status == 200
    assert is_empty(database)


def test_sound_does_not_keep_the_transcript_of_its_call_from_being_kept(elevenlabs, database):
    elevenlabs.post(elevenlabs.audio())
    elevenlabs.post(elevenlabs.transcription())

    assert len(every(database, Call)) == 1


# --- what is refused


def refusals(answers):
    assert all(set(answer.json) == {"detail"} for answer in answers)
    return [answer.status for answer in answers]


def test_what_elevenlabs_did_not_sign_or_signed_long_ago_is_refused(elevenlabs, database):
    event = elevenlabs.transcription()

    answers = [
        *elevenlabs.post(event, secret="wsec_other"),
        *elevenlabs.post(event, late_s=1801),
        *elevenlabs.post(event, header=""),
        *elevenlabs.post(event, header="t=x,v0=y"),
    ]

    assert refusals(answers) == [401] * 4
    assert is_empty(database)


def test_a_signature_of_almost_half_an_hour_ago_is_good(elevenlabs, database):
    assert elevenlabs.post(elevenlabs.transcription(), late_s=1799)[0].status == 200
    assert len(every(database, Call)) == 1


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_there_is_no_such_address(serve, database, secret):
    elevenlabs = serve(secret)

    assert refusals(elevenlabs.post(elevenlabs.transcription())) == [404]
    assert is_empty(database)


@pytest.mark.parametrize("body", [b"", b"no", b"\xff\xfe", b"[" * 100_000])
def test_what_is_signed_and_no_json_is_refused(elevenlabs, database, body):
    assert refusals(elevenlabs.post(body)) == [400]
    assert is_empty(database)


def test_a_transcript_larger_than_what_others_may_send_is_taken_whole(elevenlabs, database):
    event = elevenlabs.transcription(said=[("user", "palabra " * 200), ("agent", "sí " * 200)] * 1000)
    assert 256 * 1024 < len(json.dumps(event)) < LARGEST_BODY

    assert elevenlabs.post(event)[0].status == 200
    assert len(every(database, Turn)) == 1000


def test_what_is_larger_than_any_transcript_is_refused(elevenlabs, database):
    event = elevenlabs.transcription(summary="x" * LARGEST_BODY)

    assert refusals(elevenlabs.post(event)) == [413]
    assert is_empty(database)
