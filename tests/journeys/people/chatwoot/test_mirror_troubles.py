"""Stories of a Chatwoot that fails, hangs or is not set up right."""

import json

import pytest

from simulator.whatsapp.client import ReceiptConfig, photo
from storage.models import Mirror
from tests.fakes.chatwoot.fake import FakeChatwoot, Hang, Page, Status
from tests.fakes.openai.replies import text
from tests.journeys.people.chatwoot_posts import write_many
from tests.journeys.people.chatwoot_setup import (
    SOURCE,
    mirror,
    person_of,
    shown,
    states,
    work_off,
)
from tests.records import the_only


@pytest.mark.both_databases
def test_an_hour_without_chatwoot_loses_nothing_and_doubles_nothing(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    work_off(line)
    chatwoot.down()

    for minute in (0, 20, 40):
        write_many(line, twilio, openai, 2)
        work_off(line, seconds=minute * 60)
    chatwoot.up()
    work_off(line, seconds=3600)

    assert len(shown(chatwoot)) == 2 * 7
    assert [words for kind, words in shown(chatwoot) if kind == "incoming"] == ["Mensaje 0"] + [
        "Mensaje 0",
        "Mensaje 1",
    ] * 3


def test_nobody_waits_for_a_chatwoot_that_hangs(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    chatwoot.fail(Hang(), times=100)

    write_many(line, twilio, openai, 3)

    assert chatwoot.hanging == 0
    assert {state for _, state in states(line)} == {"waiting"}


def test_a_conversation_that_was_deleted_is_made_again_once(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    mirror(line)
    chatwoot.delete_conversation(42)
    write_many(line, twilio, openai, 1)

    mirror(line)

    assert [words for _, words in shown(chatwoot)] == ["Mensaje 0", "Respuesta 0."]
    assert the_only(line.parts.database, Mirror).conversation_id == 43


def test_a_contact_that_was_deleted_is_made_again(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    mirror(line)
    chatwoot.delete_contact(SOURCE)
    write_many(line, twilio, openai, 1)

    mirror(line)

    assert len(shown(chatwoot)) == 2


@pytest.mark.parametrize(
    "wrong", [{"chatwoot_inbox_id": "nobodys"}, {"token": "wrong"}, {"chatwoot_account_id": 9}]
)
def test_nothing_is_lost_while_it_is_not_set_up_right(desk_line, chatwoot, twilio, openai, wrong):
    line = desk_line(**wrong)
    write_many(line, twilio, openai, 1)

    mirror(line)
    mirror(line)

    assert {state for _, state in states(line)} <= {"waiting", "done"}
    assert dict(states(line))["message:2"] == "waiting"
    assert len(chatwoot.conversations_of(SOURCE)) <= 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_chatwoot_with_troubles_is_asked_again_later(desk_line, chatwoot, twilio, openai, status):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    chatwoot.fail(Status(status), method="POST", path="/messages")

    mirror(line)
    assert "done" not in dict(states(line)).values()
    work_off(line, seconds=10)

    assert len(shown(chatwoot)) == 2


def test_a_flood_passes_and_all_of_it_is_there(desk_line, twilio, openai):
    now = [1_700_000_000.0]
    with FakeChatwoot(flood_limit=3, clock=lambda: now[0]) as chatwoot:
        line = desk_line(chatwoot_url=chatwoot.url)
        write_many(line, twilio, openai, 4)
        for _ in range(4):
            mirror(line)
            now[0] += 61

        assert [words for kind, words in shown(chatwoot) if kind == "incoming"] == [
            f"Mensaje {n}" for n in range(4)
        ]
        assert len(shown(chatwoot)) == 8


def test_what_chatwoot_will_never_take_does_not_keep_the_next_from_it(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 2)
    chatwoot.fail(Status(422, {"message": "Content is strange"}), method="POST", path="/messages")

    mirror(line)

    assert [words for _, words in shown(chatwoot)] == ["Respuesta 0.", "Mensaje 1", "Respuesta 1."]
    assert states(line)[0][1] == "failed"


def test_without_a_token_the_assistants_words_are_marked_and_the_log_says_why_once(
    desk_line, chatwoot, twilio, openai, capsys
):
    line = desk_line(token=None)
    write_many(line, twilio, openai, 2)

    work_off(line)

    assert shown(chatwoot)[:2] == [("incoming", "Mensaje 0"), ("incoming", "🤖 Respuesta 0.")]
    logged = [json.loads(each) for each in capsys.readouterr().err.splitlines() if each.startswith("{")]
    assert [each["event"] for each in logged].count("chatwoot_without_token") == 1


def test_a_file_that_is_too_large_for_chatwoot_leaves_its_words(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Gracias."))
    line = desk_line()
    person_of(line, twilio).send("Mi DNI", media=[photo()])
    chatwoot.fail(Page(413), method="POST", path="/messages")

    mirror(line)

    assert shown(chatwoot)[0] == ("incoming", "Mi DNI\n[un archivo que no se pudo copiar aquí: image/jpeg]")


def test_a_file_that_is_gone_leaves_its_words(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Gracias."))
    line = desk_line()
    person_of(line, twilio).send("Mi DNI", media=[photo(status=404)])

    for _ in range(3):
        mirror(line)

    assert shown(chatwoot)[0] == ("incoming", "Mi DNI\n[un archivo que no se pudo copiar aquí: image/jpeg]")


def test_receipts_are_shown_with_a_users_token(desk_line, chatwoot, twilio, openai):
    line = desk_line(token="user")
    write_many(line, twilio, openai, 1)

    work_off(line)

    [_, answer] = chatwoot.messages(42)
    assert answer.status == "read"


def test_a_bots_token_is_refused_receipts_once_and_then_not_asked_again(desk_line, chatwoot, twilio, openai):
    line = desk_line(token="bot")
    write_many(line, twilio, openai, 3)
    work_off(line)
    again = desk_line(token="bot")  # another process, later

    write_many(again, twilio, openai, 2)
    work_off(again)

    patches = [asked for asked in chatwoot.requests if asked.method == "PATCH"]
    assert len(patches) == 1
    assert len(shown(chatwoot)) == 10


def test_an_answer_that_failed_is_marked_so(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Hola."))
    line = desk_line(token="user")
    person_of(line, twilio, receipts=ReceiptConfig(error_code=63024)).send("Hola")

    work_off(line)

    answer = chatwoot.messages(42)[-1]
    assert answer.status == "failed"
    assert "63024" in answer.external_error
