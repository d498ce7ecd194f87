"""What operators do from a conversation's page."""

import pytest
from sqlalchemy import update

from storage.models import Handoff, Message, MirrorItem
from storage.reports import transcripts
from tests.dashboard.conversations import Talks
from tests.dashboard.submitting import do, talk
from tests.records import every, the_only


@pytest.fixture
def talks(operator):
    return Talks(operator.parts.database)


@pytest.mark.both_databases
def test_an_operator_takes_over_and_gives_back(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    taken = do(operator, chat, "take-over")
    held = talk(operator, chat)
    given = do(operator, chat, "give-back")

    assert "el asistente calla" in taken and "La lleva el panel" in taken
    assert held.human == "el panel" and held.human_until > talks.ago(0)
    assert "Contesta el asistente" in given
    assert talk(operator, chat).human_until is None


def test_taking_over_stops_the_answer_that_is_being_written(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    talks.turn(chat, "Hola", "Vamos", state="writing", finished_at=None)

    do(operator, chat, "take-over")

    with operator.parts.database.read() as connection:
        [turn] = transcripts.last_turns(connection, chat, limit=1)
    assert turn.state == "cancelled"


def test_writing_takes_the_conversation_over(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    page = do(operator, chat, "write", words="  Soy **Eva**, ¿en qué le ayudo?  ")

    [_, written] = every(operator.parts.database, Message)
    assert (written.body, written.author, written.status) == (
        "Soy *Eva*, ¿en qué le ayudo?",
        "dashboard:el panel",
        "waiting",
    )
    assert "La lleva el panel" in page and "Soy *Eva*" in page


@pytest.mark.parametrize(("person", "words", "sentence"), [
    ({"wrote": 1}, "   ", "No hay nada escrito"),
    ({"wrote": 1}, "a" * 4001, "demasiado largo"),
    ({"wrote": 1, "opted_out": True}, "Hola", "pidió no recibir más mensajes"),
])  # fmt: skip
def test_what_would_not_arrive_is_not_written(operator, talks, person, words, sentence):
    chat = talks.chat(talks.contact("Ana", **person))

    page = do(operator, chat, "write", words=words)

    assert sentence in page
    assert every(operator.parts.database, Message) == []
    assert talk(operator, chat).human_until is None


@pytest.mark.both_databases
@pytest.mark.parametrize("number", ["withheld:conv_abc123", "+266696687"])
def test_who_shows_no_number_cannot_be_written_to(operator, talks, number):
    chat = talks.chat(talks.contact("Ana", number=number))

    page = operator.read(f"/dashboard/conversations/{chat}")
    refused = [do(operator, chat, "write", words="Hola"), do(operator, chat, "take-over")]

    assert 'name="words"' not in page and "no hay adónde escribirle" in page and "do-take-over" not in page
    assert all("no hay adónde escribirle" in said for said in refused)
    assert every(operator.parts.database, Message) == [] and talk(operator, chat).human_until is None


def test_the_assistant_goes_on_with_somebody_who_cannot_be_written_to(operator, talks):
    chat = talks.chat(talks.contact("Ana", number="withheld:conv_abc123"))
    handoff = talks.handoff(chat)

    page = operator.read(f"/dashboard/conversations/{chat}")
    do(operator, chat, "take-handoff", handoff=handoff)

    assert "do-take-handoff" in page
    assert the_only(operator.parts.database, Handoff).owner == "el panel"
    assert talk(operator, chat).human_until is None


def test_who_shows_a_user_name_in_place_of_a_number_can_be_written_to(operator, talks):
    chat = talks.chat(talks.contact("Ana", number="bsuid:ES.1234", user_id="ES.1234", wrote=1))

    page = operator.read(f"/dashboard/conversations/{chat}")
    do(operator, chat, "write", words="Hola")

    assert 'name="words"' in page
    assert [m.body for m in every(operator.parts.database, Message)] == ["Hola"]


def test_who_wrote_after_opting_out_is_answered(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1, opted_out=True))
    talks.message(
        chat, "Una pregunta", minutes=-0.1
    )  # within the minute in which their last message is noted once

    do(operator, chat, "write", words="Dígame")

    assert [m.body for m in every(operator.parts.database, Message)] == ["Una pregunta", "Dígame"]


@pytest.mark.parametrize("wrote", [25 * 60, None])
def test_outside_the_24_hours_the_operator_is_warned_and_may_write(operator, talks, wrote):
    chat = talks.chat(talks.contact("Ana", wrote=wrote))

    assert "puede no entregar texto libre" in operator.read(f"/dashboard/conversations/{chat}")
    do(operator, chat, "write", words="Hola")

    assert [(m.body, m.status) for m in every(operator.parts.database, Message)] == [("Hola", "waiting")]


def test_a_person_is_told_once_and_the_operator_takes_it(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    told = do(operator, chat, "hand-off", reason="Quiere <b>otro</b> precio")
    again = do(operator, chat, "hand-off", reason="Otra vez")
    handoff = the_only(operator.parts.database, Handoff)
    taken = do(operator, chat, "take-handoff", handoff=handoff.id)
    late = do(operator, chat, "take-handoff", handoff=handoff.id)

    assert "Quiere &lt;b&gt;otro&lt;/b&gt; precio" in told and "Queda a la espera" in told
    assert "Ya está esperando" in again and "Ya lo tiene alguien" in late
    assert "Es suya" in taken and "La tiene el panel" in taken
    handoff = the_only(operator.parts.database, Handoff)
    assert (handoff.source, handoff.owner, handoff.state) == ("operator", "el panel", "owned")
    assert talk(operator, chat).human == "el panel"


def test_taking_over_takes_what_waited_for_a_person(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    talks.handoff(chat)

    do(operator, chat, "take-over")

    assert the_only(operator.parts.database, Handoff).owner == "el panel"


@pytest.mark.both_databases
def test_a_promise_that_nobody_kept_stands_on_the_first_page_until_it_is_done(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    handoff = talks.handoff(chat)
    with operator.parts.database.write() as connection:
        connection.execute(update(Handoff).values(state="closed", missed_at=talks.now))
    shown = [operator.read(path) for path in ("/dashboard/", "/dashboard/handoffs?which=missed")]

    done = do(operator, chat, "settle-handoff", handoff=handoff, back="/dashboard/")
    again = do(operator, chat, "settle-handoff", handoff=handoff)

    assert all("Ana" in page and "Ya está hecho" in page for page in shown)
    assert "Queda marcado como hecho." in done and "Ana" not in done
    assert "Ya lo tiene alguien" in again
    assert the_only(operator.parts.database, Handoff).owner == "el panel"


def test_a_handoff_is_taken_with_its_own_conversation_alone(operator, talks):
    chat, other = (talks.chat(talks.contact(wrote=1), "Hola") for _ in range(2))
    handoff = talks.handoff(chat)

    assert "ya no existe" in do(operator, other, "take-handoff", handoff=handoff)
    assert "ya no existe" in do(operator, other, "take-handoff", handoff="nonsense")
    assert the_only(operator.parts.database, Handoff).owner == ""


def test_a_person_is_left_in_peace_and_written_to_again(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    out = do(operator, chat, "opt-out")
    assert "no quiere mensajes" in out
    assert talk(operator, chat).opted_out_at is not None

    assert "no quiere mensajes" not in do(operator, chat, "opt-in")
    assert talk(operator, chat).opted_out_at is None


@pytest.mark.parametrize("action", ["hang-up", "transfer", "take-over"])
def test_nothing_is_done_about_a_call_that_is_over_simulated_or_out_of_reach(operator, talks, action):
    over = talks.call(talks.contact("Ana"))
    simulated = talks.call(talks.contact("Bea", simulated=True), live=True)
    live = talks.call(talks.contact("Carla"), live=True)

    assert "ya ha terminado" in do(operator, over, action)
    assert "simulada" in do(operator, simulated, action)
    assert "HUMAN_PHONE_NUMBER" in do(operator, live, action) or "TWILIO_ACCOUNT_SID" in do(
        operator, live, action
    )
    assert 'id="do-hang-up' not in operator.read(f"/dashboard/conversations/{live}")


@pytest.mark.both_databases
def test_operators_elsewhere_see_what_is_done_here(open_desk):
    operator = open_desk(
        chatwoot_enabled=True,
        chatwoot_url="http://127.0.0.1:9",
        chatwoot_inbox_id="inbox",
        chatwoot_account_id=1,
    )
    talks = Talks(operator.parts.database)
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    do(operator, chat, "write", words="Soy Eva")
    do(operator, chat, "give-back")

    shown = [(item.kind, item.body) for item in every(operator.parts.database, MirrorItem)]
    assert ("message", "") in shown
    assert ("note", "Una persona la lleva desde el panel.") in shown
    assert ("note", "El panel la ha devuelto al asistente.") in shown


def test_a_form_without_the_token_changes_nothing(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    for action in ("take-over", "write", "hand-off", "opt-out", "hang-up", "transfer", "give-back"):
        assert operator.client.post(f"/dashboard/conversations/{chat}/{action}").status_code == 400
    assert operator.get(f"/dashboard/conversations/{chat}/take-over").status_code in (404, 405)
    assert talk(operator, chat).human_until is None


def test_what_is_asked_of_a_conversation_that_is_not_there_is_refused(operator):
    response = operator.post("/dashboard/conversations/4711/take-over")

    assert response.status_code == 303
    assert operator.get(response.headers["Location"]).status_code == 404


def test_one_is_sent_back_to_the_dashboard_alone(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    there = operator.post(f"/dashboard/conversations/{chat}/take-over", back="/dashboard/handoffs")
    elsewhere = operator.post(
        f"/dashboard/conversations/{chat}/take-over", back="https://evil.example/dashboard/"
    )

    assert there.headers["Location"] == "/dashboard/handoffs"
    assert elsewhere.headers["Location"] == "/dashboard/"
