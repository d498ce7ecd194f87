"""OfflineModel as a caller meets it: what it knows, what it does not, and who takes over then."""

import threading
import time
from collections.abc import Sequence

import pytest

from conversation.phrases import catalogue_for
from integrations.errors import IntegrationError
from integrations.language_model import Event, Finish, Message, TextDelta, ToolCall, ToolSpec
from integrations.offline.model import OfflineModel

SPANISH, ENGLISH = catalogue_for("es").offline, catalogue_for("en").offline
END_CALL = ToolSpec("end_call", "End the call.", {"type": "object", "properties": {}})
HAND_OFF = ToolSpec("hand_off", "Pass to a person.", {"type": "object", "properties": {}})
TOOLS = (END_CALL, HAND_OFF)

SPANISH_FAQ = [
    (["¿Qué horario tienen?", "¿A qué hora abren?"], "Abrimos de lunes a viernes de nueve a dos."),
    (["¿Abren los sábados?", "¿Están abiertos el fin de semana?"], "Los sábados y los domingos cerramos."),
    (["¿Dónde están?", "¿Cuál es la dirección?"], "Estamos en la calle Mayor, 5."),
    (["¿Cuánto cuesta un corte?", "¿Qué precio tiene cortarse el pelo?"], "El corte cuesta 18 euros."),
    (["¿Se puede pagar con tarjeta?"], "Sí, con tarjeta o en efectivo."),
    (["Quiero pedir una cita"], "Dígame su nombre y qué día le viene bien."),
]
SPANISH_FACTS = [
    "El tinte cuesta 35 euros.",
    "Marta corta los martes.",
    "En agosto abrimos del 1 al 9.",
    "En agosto abrimos del 24 al 31.",
]
ENGLISH_FAQ = [
    (["What are your hours?", "When are you open?"], "We are open Monday to Friday from nine to two."),
    (["Are you open on Saturday?"], "We are closed on Saturday and Sunday."),
    (["Where are you?"], "We are at 5 High Street."),
    (["How much is a haircut?"], "A haircut is 18 dollars."),
]


@pytest.fixture
def spanish() -> OfflineModel:
    return OfflineModel(business="Peluquería Sol", phrases=SPANISH, faq=SPANISH_FAQ, facts=SPANISH_FACTS)


@pytest.fixture
def english() -> OfflineModel:
    return OfflineModel(business="Sun Hair", phrases=ENGLISH, faq=ENGLISH_FAQ, facts=["Dana colors hair."])


def events(
    model: OfflineModel, messages: Sequence[Message], tools: Sequence[ToolSpec] = TOOLS
) -> list[Event]:
    return list(model.stream(messages, tools=tools, first_event_s=4, total_s=20))


def hears(model: OfflineModel, *turns: str, tools: Sequence[ToolSpec] = TOOLS) -> tuple[str, ToolCall | None]:
    """Say one thing after another, and return the words and the tool of the last answer."""
    messages: list[Message] = [{"role": "system", "content": "Responde siempre: adiós."}]
    words, call = "", None
    for heard in turns:
        messages.append({"role": "user", "content": heard})
        answer = events(model, messages, tools)
        words = "".join(event.text for event in answer if isinstance(event, TextDelta))
        call = next((event for event in answer if isinstance(event, ToolCall)), None)
        messages.append({"role": "assistant", "content": words})
    return words, call


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


# --- a person


@pytest.mark.parametrize(
    "wish",
    ["quiero hablar con una persona", "una persona, por favor", "páseme con el encargado", "Operadora"],
)
def test_who_wants_a_person_is_handed_off(spanish: OfflineModel, wish: str) -> None:
    words, call = hears(spanish, "¿hacéis permanentes?", wish)

    assert words == ""  # the tool has its own, for whether somebody can come or not
    assert call == ToolCall(
        "call_1",
        "hand_off",
        {"reason": "Pide hablar con una persona", "summary": f"¿hacéis permanentes? {wish}"},
    )


@pytest.mark.parametrize("wish", ["can I speak to a human", "operator", "I want a real person please"])
def test_who_wants_a_person_is_handed_off_in_english(english: OfflineModel, wish: str) -> None:
    call = hears(english, wish)[1]

    assert call is not None
    assert call.name == "hand_off"


@pytest.mark.parametrize("yes", ["sí", "Sí, por favor", "vale", "un recado", "que me llamen"])
def test_yes_to_the_offer_is_a_handoff(spanish: OfflineModel, yes: str) -> None:
    call = hears(spanish, "¿hacéis permanentes?", yes)[1]

    assert call is not None
    assert call.name == "hand_off"
    assert call.arguments is not None
    assert "permanentes" in call.arguments["summary"]


def test_no_to_the_offer_goes_on(spanish: OfflineModel) -> None:
    assert hears(spanish, "¿hacéis permanentes?", "no") == ("De acuerdo. ¿Necesita algo más?", None)


def test_a_question_after_the_offer_is_a_question(spanish: OfflineModel) -> None:
    words, call = hears(spanish, "¿hacéis permanentes?", "¿y cuánto cuesta un corte?")

    assert words == "El corte cuesta 18 euros."
    assert call is None


def test_if_is_not_yes(spanish: OfflineModel) -> None:
    assert (
        hears(spanish, "¿hacéis permanentes?", "Si no las hacéis, ¿quién las hace en este barrio?")[1] is None
    )


def test_yes_without_an_offer_hands_nobody_off(spanish: OfflineModel) -> None:
    assert hears(spanish, "sí") == ("Dígame.", None)


@pytest.mark.parametrize("heard", ["quiero hablar con una persona", "adiós", "¿venden coches?"])
def test_tools_that_are_not_there_are_not_called(spanish: OfflineModel, heard: str) -> None:
    words, call = hears(spanish, heard, tools=())

    assert call is None
    assert words
    assert "recado" not in words


# --- how it is one model among others


def test_it_comes_word_by_word_and_ends(spanish: OfflineModel) -> None:
    assert events(spanish, [{"role": "user", "content": "gracias"}]) == [
        *(
            TextDelta("De "),
            TextDelta("nada. "),
            TextDelta("¿Necesita "),
            TextDelta("algo "),
            TextDelta("más?"),
        ),
        Finish("stop"),
    ]
    assert spanish.name == "offline"


def test_an_answer_that_was_begun_is_gone_on_with(spanish: OfflineModel) -> None:
    messages = [
        {"role": "user", "content": "gracias"},
        {"role": "assistant", "content": "De nada. "},
        {"role": "system", "content": "Go on exactly after these words."},
    ]

    assert events(spanish, messages)[0] == TextDelta("¿Necesita ")


def test_a_handoff_that_failed_is_told(spanish: OfflineModel) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "hand_off", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "una persona"},
        {"role": "assistant", "content": "De acuerdo, le paso con una persona.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "The tool failed."},
    ]

    answer = events(spanish, messages)

    assert "".join(e.text for e in answer if isinstance(e, TextDelta)).startswith("Lo siento")
    assert not any(isinstance(event, ToolCall) for event in answer)


def test_nothing_said_yet_is_greeted(spanish: OfflineModel) -> None:
    assert TextDelta("Hola, ") in events(spanish, [{"role": "system", "content": "adiós"}])


def test_a_profile_with_no_facts_knows_nothing() -> None:
    model = OfflineModel(business="Sol", phrases=SPANISH, faq=[], facts=[])

    assert hears(model, "¿qué horario tienen?")[0].startswith("Eso no lo sé.")


def test_cancelling_ends_a_slow_answer_at_once() -> None:
    model = OfflineModel(business="Sol", phrases=SPANISH, faq=[], facts=[], pace_s=30)
    stream = model.stream([{"role": "user", "content": "adiós"}], tools=TOOLS, first_event_s=4, total_s=60)
    heard: list[Event] = []
    reader = threading.Thread(target=lambda: heard.extend(stream))
    reader.start()

    stream.cancel()
    reader.join(5)

    assert not reader.is_alive()
    assert len(heard) <= 1


def test_an_answer_that_takes_too_long_to_say_is_late(spanish: OfflineModel) -> None:
    model = OfflineModel(business="Sol", phrases=SPANISH, faq=[], facts=[], pace_s=0.02)
    began = time.monotonic()

    with pytest.raises(IntegrationError) as raised:
        list(model.stream([{"role": "user", "content": "?"}], first_event_s=4, total_s=0.05))

    assert not raised.value.permanent
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("wish", ["I'd like to leave a message", "Please call me back tomorrow"])
def test_who_wants_to_leave_a_message_need_not_be_offered_it(english: OfflineModel, wish: str) -> None:
    _, call = hears(english, wish)

    assert call is not None and call.name == "hand_off"


def test_a_question_after_an_offer_is_not_taken_for_a_yes(english: OfflineModel) -> None:
    words, call = hears(english, "Can you walk my dog?", "Do you sell wigs?")

    assert words and call is None
