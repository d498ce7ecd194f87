"""Webhooks of calls that come twice, that are of no call, or that ElevenLabs did not sign."""

import json
import threading

import pytest

from jobs.job import Job, run_pending
from people.elevenlabs.post_calls import AT_ONCE
from people.elevenlabs.views import LARGEST_BODY
from storage.models import Call, Contact, Conversation, Turn, WebhookEvent
from tests.people.elevenlabs.calls import waiting
from tests.records import every, the_only


def is_empty(database):
    return not every(database, Conversation) and not every(database, WebhookEvent)


# --- twice, at once, in between


def test_a_webhook_that_comes_twice_is_kept_once(elevenlabs, database, work):
    first, second = elevenlabs.post(elevenlabs.transcription(), times=2)

    assert (first.status, second.status, second.json) == (200, 200, {})
    assert len(every(database, Turn)) == 2
    assert sorted(waiting(work)) == ["note_topic", "show_postcall"]


@pytest.mark.both_databases
def test_a_webhook_ten_times_at_once_is_kept_once(elevenlabs, database):
    event, answers = elevenlabs.transcription(), []

    def post():
        [answer] = elevenlabs.post(event)
        while answer.status == 503:  # the others keep the database from it for too long: it is sent again
            [answer] = elevenlabs.post(event)
        answers.append(answer)

    threads = [threading.Thread(target=post) for _ in range(10)]
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


def work_off(work, postcalls):
    jobs = {"show_postcall": Job(postcalls.show), "note_topic": Job(lambda payload: None)}
    return run_pending(work, jobs)


@pytest.mark.both_databases
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
def test_what_is_signed_and_no_json_is_passed_over(elevenlabs, database, body):
    assert [answer.status for answer in elevenlabs.post(body)] == [200]  # again, it would be the same
    assert is_empty(database)


def test_a_transcript_larger_than_what_others_may_send_is_taken_whole(elevenlabs, database):
    event = elevenlabs.transcription(said=[("user", "palabra " * 200), ("agent", "sí " * 200)] * 1000)
    assert 256 * 1024 < len(json.dumps(event)) < LARGEST_BODY

    assert elevenlabs.post(event)[0].status == 200
    assert len(every(database, Turn)) == 1000


@pytest.mark.parametrize("in_chunks", [False, True])
def test_what_is_larger_than_any_transcript_is_taken_and_thrown_away(elevenlabs, database, in_chunks):
    """A refusal would count towards the webhook's being switched off."""
    (answer,) = elevenlabs.post(elevenlabs.audio(size=6_000_000), in_chunks=in_chunks)

    assert (answer.status, answer.json) == (200, {})
    assert is_empty(database)
