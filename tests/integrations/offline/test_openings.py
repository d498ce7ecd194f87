"""What people say first, to the receptionists of profiles/ without a language model: answered from the profile."""

from itertools import pairwise

import pytest

from conversation.phrases import catalogue_for
from conversation.profiles.profile import load_profile
from integrations.offline.model import OfflineModel
from settings import ROOT
from tests.integrations.offline.hearing import hears

UNKNOWN = ("no lo sé", "do not know")
POLICY = "24 horas"
OPENINGS = {
    "recepcion.es": [
        # what is said, the tool that is called or "", what the words must have, what they must not
        ("quiero cita", "", "necesito su nombre", POLICY),
        ("Quería pedir hora", "", "necesito su nombre", "Abrimos"),
        ("¿tenéis hueco mañana?", "", "necesito su nombre", POLICY),
        ("Buenas tardes", "", "demostración", "Abrimos"),
        ("Hola, buenas, ¿qué tal?", "", "demostración", "Abrimos"),
        ("me duele la espalda", "", "espalda", "112"),
        ("¿hablan inglés?", "", "solo hablo español", "demostración"),
        ("do you speak English?", "", "solo hablo español", "demostración"),
        ("¿me puede ayudar?", "", "dígame", "recado"),
        ("Llamaba para pedir información", "", "dígame", "nombre"),
        ("quiero hablar con una persona", "hand_off", "", "a"),
        ("¿Puedo hablar con Elena?", "hand_off", "", "a"),
        ("¿cuánto cuesta?", "", "45 euros", "bono"),
        ("¿cuánto sale una sesión?", "", "38 euros", "bono"),
        ("¿dónde están?", "", "calle de los Almendros", "coche"),
        ("Vale, gracias", "", "De nada", "euros"),
        ("¿Cuánto vale la sesión?", "", "38 euros", "bono"),
        ("¿abrís los sábados?", "", "cerrada", POLICY),
        ("¿a qué hora abrís?", "", "nueve de la mañana", "112"),
        ("Quiero anular la cita", "", POLICY, "necesito su nombre, su teléfono"),
        ("¿qué hacéis?", "", "suelo pélvico", "euros"),
        ("¿Cómo se llama?", "", "demostración automática", "112"),
        ("Perdón, me he equivocado", "end_call", "Hasta luego", "recado"),
    ],
    "reception.en": [
        ("I want an appointment", "", "I need your name", "free of charge"),
        ("I need a haircut", "", "I need your name", "dollars"),
        ("Do you have anything tomorrow?", "", "I need your name", "free of charge"),
        ("Good afternoon", "", "demonstration", "Saturday"),
        ("Hello, how are you today?", "", "demonstration", "open"),
        ("can you help me?", "", "go ahead", "message"),
        ("I'd like some information", "", "go ahead", "phone number"),
        ("Hi, I have a question", "", "go ahead", "message"),
        ("do you speak Spanish?", "", "only speak English", "demonstration"),
        ("¿Habla español?", "", "only speak English", "demonstration"),
        ("I want to speak to a person", "hand_off", "", "a"),
        ("Can I speak to Dana?", "hand_off", "", "a"),
        ("how much is it?", "", "65 dollars", "balayage"),
        ("where are you?", "", "210 Maple Street", "parking"),
        ("Great, thank you", "", "welcome", "dollars"),
        ("are you open on Saturdays?", "", "nine in the morning to five", "message"),
        ("what days are you open?", "", "Tuesday to Friday", "phone number"),
        ("I need to cancel my appointment", "", "free of charge", "front desk will call you back"),
        ("what services do you offer?", "", "beard trims", "message"),
        ("What's your name?", "", "demonstration", "phone number"),
        ("Sorry, wrong number", "end_call", "Goodbye", "message"),
    ],
}  # fmt: skip


@pytest.fixture
def receptionist():
    def make(name):
        profile = load_profile(name, ROOT / "profiles")
        return OfflineModel(
            business=profile.business,
            phrases=catalogue_for(profile.language).offline,
            faq=[(faq.questions, faq.answer) for faq in profile.faq],
            facts=profile.facts,
        )

    return make


@pytest.mark.parametrize("name", OPENINGS)
def test_what_people_say_first_is_answered(receptionist, name):
    model = receptionist(name)

    heard = {said: hears(model, said) for said, *_ in OPENINGS[name]}

    wrong = {
        said: heard[said]
        for said, tool, has, lacks in OPENINGS[name]
        if (heard[said][1].name if heard[said][1] else "") != tool
        or has not in heard[said][0]
        or any(words in heard[said][0] for words in (lacks, *UNKNOWN))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "questions", "reason"),
    [
        (
            "recepcion.es",
            ["¿Venden coches?", "¿Y motos?", "¿Y barcos?"],
            "Pregunta cosas que el asistente no sabe",
        ),
        (
            "reception.en",
            ["Do you sell cars?", "And bikes?", "And boats?"],
            "Asks what the assistant does not know",
        ),
    ],
)
def test_at_the_second_thing_that_it_does_not_know_it_takes_a_message(receptionist, name, questions, reason):
    model = receptionist(name)
    first, second = questions[:1], questions[:2]

    assert any(words in hears(model, *first)[0] for words in UNKNOWN)
    words, call = hears(model, *second)
    assert (words, call.name, call.arguments["reason"]) == ("", "hand_off", reason)
    assert call.arguments["summary"] == " ".join(second)


@pytest.mark.parametrize("name", OPENINGS)
def test_with_nobody_to_hand_over_to_it_does_not_say_the_same_twice_running(receptionist, name):
    model = receptionist(name)
    unknown = ["xyzzy plugh", "plover grue", "frotz blorb", "gnusto rezrov"]

    heard = [hears(model, *unknown[: count + 1], tools=())[0] for count in range(len(unknown))]

    assert all(before != after for before, after in pairwise(heard))


@pytest.mark.parametrize(
    ("name", "question", "again"),
    [
        ("recepcion.es", "¿Dónde están?", "No le he entendido"),
        ("reception.en", "Where are you?", "Say that again"),
    ],
)
def test_what_was_not_understood_is_said_again(receptionist, name, question, again):
    model = receptionist(name)

    assert hears(model, question, again) == hears(model, question)


def test_a_greeting_before_a_question_is_no_part_of_it(receptionist):
    model = receptionist("recepcion.es")

    assert hears(model, "Buenas tardes, ¿qué precio tiene la sesión?") == hears(
        model, "¿Qué precio tiene la sesión?"
    )
