"""Stories of posts to Chatwoot whose answers were lost: nothing is shown twice."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from storage.base import utc_now
from storage.models import HelpdeskFact, Mirror, MirrorItem
from tests.fakes.chatwoot.fake import Close, Meanwhile, Page, Status
from tests.fakes.openai.replies import text
from tests.journeys.people.chatwoot_posts import write_many
from tests.journeys.people.chatwoot_setup import SOURCE, mirror, person_of, settle, shown, states
from tests.journeys.people.operators import notes
from tests.records import every


@pytest.mark.both_databases
@pytest.mark.parametrize("fault", [Close(after=True), Status(502, after=True), Page(504, after=True)])
def test_a_post_whose_answer_was_lost_is_found_and_not_doubled(desk_line, chatwoot, twilio, openai, fault):
    line = desk_line()
    write_many(line, twilio, openai, 2)
    chatwoot.fail(fault, method="POST", path="/messages", times=2)

    for _ in range(3):
        mirror(line)

    assert [words for _, words in shown(chatwoot)] == [
        "Mensaje 0",
        "Respuesta 0.",
        "Mensaje 1",
        "Respuesta 1.",
    ]
    assert {state for _, state in states(line)} == {"done"}


def test_the_same_words_again_are_not_taken_for_those_whose_answer_was_lost(
    desk_line, chatwoot, twilio, openai
):
    openai.enqueue(text("¿Sí?"), text("¿Sí?"))
    line = desk_line()
    person = person_of(line, twilio)
    person.send("Hola")
    mirror(line)
    person.send("Hola")
    chatwoot.fail(Close(), method="POST", path="/messages")  # this one was not done

    for _ in range(2):
        mirror(line)

    assert [words for _, words in shown(chatwoot)] == ["Hola", "¿Sí?"] * 2


def test_a_note_whose_answer_was_lost_is_known_by_its_webhook(talk, chatwoot):
    line, _ = talk()
    chatwoot.operator_writes(42, "/bot status", private=True)
    settle(chatwoot)
    chatwoot.fail(Close(after=True), method="POST", path="/messages")

    mirror(line)
    settle(chatwoot)
    mirror(line)

    assert len(notes(chatwoot)) == 2  # the operator's own, and our answer


@pytest.mark.both_databases
def test_what_a_dead_worker_was_at_is_looked_for_before_it_is_posted_again(
    desk_line, chatwoot, twilio, openai
):
    line = desk_line()
    write_many(line, twilio, openai, 2)
    mirror(line)
    [*_, last] = every(line.parts.database, MirrorItem)
    with line.parts.database.write() as connection:  # it died after the post, before it could note so
        dead = update(MirrorItem).where(MirrorItem.id == last.id)
        connection.execute(dead.values(state="sending", step=0, remote_id=None, changed_at=utc_now()))

    mirror(line)
    assert states(line)[-1][1] == "sending"  # it may live
    with line.parts.database.write() as connection:
        connection.execute(update(MirrorItem).values(changed_at=utc_now() - timedelta(seconds=41)))
    mirror(line)

    assert {state for _, state in states(line)} == {"done"}
    assert len(shown(chatwoot)) == 4


@pytest.mark.parametrize("token", ["bot", None])
def test_without_a_token_too_a_lost_answer_is_not_doubled(desk_line, chatwoot, twilio, openai, token):
    line = desk_line(token=token)
    write_many(line, twilio, openai, 1)
    chatwoot.fail(Close(after=True), method="POST", path="/messages", times=2)

    for _ in range(3):
        mirror(line)

    assert len(shown(chatwoot)) == 2


FORGOTTEN = {
    "the conversation": (update(Mirror).values(conversation_id=None), "/conversations"),
    "the name": (delete(HelpdeskFact).where(HelpdeskFact.fact == "named:1"), f"/contacts/{SOURCE}"),
}
"""What a worker must ask Chatwoot for before it looks for a post, once it is deleted here; and where."""


@pytest.fixture(params=FORGOTTEN)
def lose(chatwoot, request):
    """Let a post's answer be lost, and its webhook come when a worker is about to look for it."""

    def lose_one(line):
        chatwoot.webhooks.hold()
        chatwoot.fail(Close(after=True), method="POST", path="/api/v1/accounts/1/conversations/42/messages")
        mirror(line)
        assert "unsure" in dict(states(line)).values()
        forget, path = FORGOTTEN[request.param]
        with line.parts.database.write() as connection:
            connection.execute(forget)
        arrives = Meanwhile(lambda: (chatwoot.webhooks.release(), settle(chatwoot)))
        chatwoot.fail(arrives, method="GET", path=path)
        mirror(line)
        assert chatwoot.webhooks.held == 0

    return lose_one


@pytest.mark.both_databases
@pytest.mark.parametrize("first_id", [1000, 2**31])
def test_a_message_whose_webhook_comes_before_it_is_looked_for_is_not_doubled(
    talk, lose, chatwoot, openai, first_id
):
    line, person = talk()
    chatwoot.backend.number_messages_from(first_id)
    openai.enqueue(text("Abrimos a las nueve."))
    person.send("¿A qué hora abren?")

    lose(line)

    assert [words for _, words in shown(chatwoot)][2:] == ["¿A qué hora abren?", "Abrimos a las nueve."]
    assert {state for _, state in states(line)} == {"done"}


@pytest.mark.both_databases
@pytest.mark.parametrize("first_id", [1000, 2**31])
def test_a_note_whose_webhook_comes_before_it_is_posted_again_is_not_doubled(talk, lose, chatwoot, first_id):
    line, _ = talk()
    chatwoot.operator_writes(42, "/bot status", private=True)
    settle(chatwoot)
    chatwoot.backend.number_messages_from(first_id)

    lose(line)

    assert len(notes(chatwoot)) == 2  # the operator's own, and our answer
    assert {state for _, state in states(line)} == {"done"}
