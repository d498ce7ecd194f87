"""OfflineModel as a caller meets it: what it knows, what it does not, and who takes over then."""

import pytest

from integrations.language_model import ToolCall
from integrations.offline.model import OfflineModel
from tests.integrations.offline.hearing import hears

# --- what it knows


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("¿A qué hora abrís?", "nueve a dos"),
        ("a que hora cierran", "nueve a dos"),
        ("¿Cuándo abren?", "nueve a dos"),
        ("Hola, buenas, ¿abrís los SÁBADOS?", "domingos cerramos"),
        ("¿Dónde estáis?", "calle Mayor"),
        ("dónde están", "calle Mayor"),
        ("me podría decir el precio de un corte de pelo", "18 euros"),
        ("¿cuánto vale el tinte?", "35 euros"),
        ("¿puedo pagar con tarjeta?", "en efectivo"),
        ("quería reservar para mañana", "Dígame su nombre"),
        ("¿qué día corta Marta?", "los martes"),
    ],
)
def test_it_answers_what_the_profile_says(spanish: OfflineModel, question: str, answer: str) -> None:
    words, call = hears(spanish, question)

    assert answer in words
    assert call is None


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("what time do you open?", "nine to two"),
        ("are you open on Saturdays", "closed on Saturday"),
        ("where are you located", "High Street"),
        ("How much do you charge for haircuts?", "18 dollars"),
        ("is Dana in today", "Dana colors"),
    ],
)
def test_it_answers_in_english(english: OfflineModel, question: str, answer: str) -> None:
    assert answer in hears(english, question)[0]


def test_facts_that_answer_alike_are_said_together(spanish: OfflineModel) -> None:
    words, _ = hears(spanish, "¿abren en agosto?")

    assert words == "En agosto abrimos del 1 al 9. En agosto abrimos del 24 al 31."


@pytest.mark.parametrize(
    "question",
    [
        "¿Venden coches?",
        "¿Cuánto cuesta la luna?",
        "¿Cuál es la capital de Francia?",
        "¿Qué tiempo hace?",
        "asdf",
    ],
)
def test_what_it_was_not_told_it_does_not_know(spanish: OfflineModel, question: str) -> None:
    words, call = hears(spanish, question)

    assert words == "Eso no lo sé. ¿Quiere que tome un recado o le pase con una persona?"
    assert call is None


def test_it_does_not_know_in_english_either(english: OfflineModel) -> None:
    assert hears(english, "do you sell cars?")[0].startswith("I do not know that.")


# --- small talk


@pytest.mark.parametrize("greeting", ["Hola", "buenas tardes", "¡Hola, buenos días!", "", "¿?"])
def test_it_greets_as_a_demonstration(spanish: OfflineModel, greeting: str) -> None:
    words, _ = hears(spanish, greeting)

    assert "demostración" in words
    assert "Peluquería Sol" in words


@pytest.mark.parametrize(
    "question", ["¿Quién eres?", "¿con quién hablo?", "¿Eres un robot?", "¿hablo con una persona?"]
)
def test_it_says_what_it_is(spanish: OfflineModel, question: str) -> None:
    words, call = hears(spanish, question)

    assert "demostración automática" in words
    assert "No soy una persona" in words
    assert call is None


def test_it_says_what_it_is_in_english(english: OfflineModel) -> None:
    assert "automated demonstration" in hears(english, "are you a real person?")[0]


def test_thanks_are_answered(spanish: OfflineModel, english: OfflineModel) -> None:
    assert hears(spanish, "muchas gracias") == ("De nada. ¿Necesita algo más?", None)
    assert hears(english, "thank you") == ("You are welcome. Is there anything else?", None)


@pytest.mark.parametrize("goodbye", ["adiós", "Gracias, hasta luego", "no, nada más, gracias", "eso es todo"])
def test_goodbye_is_said_and_the_call_ended(spanish: OfflineModel, goodbye: str) -> None:
    words, call = hears(spanish, goodbye)

    assert words == "Gracias por contactar con Peluquería Sol. ¡Hasta luego!"
    assert call == ToolCall("call_1", "end_call", {})


@pytest.mark.parametrize("question", ["¿Ya está abierto?", "¿Quién es Marta?"])
def test_words_of_a_goodbye_in_a_question_end_no_call(spanish: OfflineModel, question: str) -> None:
    words, call = hears(spanish, question)

    assert call is None
    assert "demostración" not in words


@pytest.mark.parametrize("goodbye", ["bye", "That's all, thanks", "ok goodbye"])
def test_goodbye_in_english(english: OfflineModel, goodbye: str) -> None:
    words, call = hears(english, goodbye)

    assert words.endswith("Goodbye!")
    assert call is not None
    assert call.name == "end_call"


def test_see_you_is_a_goodbye_only_with_a_when(english: OfflineModel) -> None:
    assert hears(english, "can I see you about a haircut?")[1] is None
    assert hears(english, "see you later")[1] == ToolCall("call_1", "end_call", {})


def test_no_to_anything_else_is_goodbye(spanish: OfflineModel) -> None:
    assert hears(spanish, "gracias", "no, gracias")[1] == ToolCall("call_1", "end_call", {})


def test_yes_to_anything_else_is_an_invitation(spanish: OfflineModel) -> None:
    assert hears(spanish, "gracias", "sí") == ("Dígame.", None)
