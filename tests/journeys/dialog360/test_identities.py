"""Stories of people whose number or user id changes, and of those who give their number when they are asked."""

import pytest

from storage.models import Contact, Merge, Turn
from tests.fakes.dialog360.people import HIDDEN
from tests.fakes.openai.replies import text
from tests.journeys.dialog360.people import ANA, LUIS
from tests.journeys.whatsapp.people import asked
from tests.records import every, the_only

NEW = "ES.2"


@pytest.mark.both_databases
def test_who_has_another_id_goes_on_as_the_same_person(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."), text("A las nueve."))
    whatsapp.people.write(ANA, "Hola", from_user_id=HIDDEN)
    answers(line, 1)

    for _ in range(2):
        whatsapp.people.change_identity("user_changed_user_id", user_id=NEW, previous_user_id=HIDDEN)
    whatsapp.people.write(ANA, "¿A qué hora abren?", from_user_id=NEW)

    assert answers(line, 2) == ["Hola.", "A las nueve."]
    assert ("user", "Hola") in asked(openai)
    assert the_only(line.parts.database, Contact).whatsapp_user_id == NEW


@pytest.mark.both_databases
def test_who_has_another_number_goes_on_as_the_same_person(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."), text("A las nueve."))
    whatsapp.people.write(ANA, "Hola", from_user_id=HIDDEN)
    answers(line, 1)

    whatsapp.people.change_identity(
        "user_changed_number", number=ANA, wa_id=LUIS[1:], user_id=NEW, previous_user_id=HIDDEN
    )
    whatsapp.people.write(LUIS, "¿A qué hora abren?", from_user_id=NEW)

    assert answers(line, 2, of=LUIS) == ["A las nueve."]
    assert ("user", "Hola") in asked(openai)
    assert the_only(line.parts.database, Contact).address == LUIS


def test_a_number_that_somebody_else_has_by_now_brings_nothing_of_who_had_it(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."), text("Encantada."))
    whatsapp.people.write(ANA, "Hola", from_user_id=HIDDEN)
    answers(line, 1)

    whatsapp.people.write(ANA, "Buenas", from_user_id=NEW)
    answers(line, 2)

    assert ("user", "Hola") not in asked(openai)
    assert len(every(line.parts.database, Contact)) == 2
    assert the_only(line.parts.database, Merge).kind == "number-passed-on"


@pytest.mark.parametrize(("origin", "address"), [("contact_request", ANA), ("other", f"bsuid:{HIDDEN}")])
def test_only_a_number_that_is_given_by_the_button_is_theirs(
    line, whatsapp, openai, answers, origin, address
):
    openai.enqueue(text("Hola."), text("Gracias."))
    whatsapp.people.write(None, "Hola")
    answers(line, 1, of=HIDDEN)

    whatsapp.people.give_number(ANA, origin=origin)
    answers(line, 2)

    assert the_only(line.parts.database, Contact).address == address
    assert len(every(line.parts.database, Turn)) == 2
