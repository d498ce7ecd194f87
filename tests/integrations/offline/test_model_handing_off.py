"""OfflineModel where somebody wants a person, and how its answers come."""

import threading

import pytest

from integrations.errors import IntegrationError
from integrations.language_model import Event, Finish, TextDelta, ToolCall
from integrations.offline.model import OfflineModel
from tests.integrations.offline.hearing import (
    ENGLISH,
    SPANISH,
    TOOLS,
    events,
    hears,
)
from tests.waiting import PATIENCE_S

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
    _, call = hears(spanish, "¿hacéis permanentes?", "Si no las hacéis, ¿quién las hace en este barrio?")

    assert call is not None and call.arguments is not None
    assert call.arguments["reason"] == SPANISH.reason_not_known  # the second thing that it does not know


def test_yes_without_an_offer_hands_nobody_off(spanish: OfflineModel) -> None:
    assert hears(spanish, "sí") == ("Dígame.", None)


@pytest.mark.parametrize("heard", ["quiero hablar con una persona", "adiós", "¿venden coches?"])
def test_tools_that_are_not_there_are_not_called(spanish: OfflineModel, heard: str) -> None:
    words, call = hears(spanish, heard, tools=())

    assert call is None
    assert words
    assert "recado" not in words


def test_where_there_is_nobody_a_message_alone_is_offered():
    model = OfflineModel(business="Sol", phrases=SPANISH, faq=[], facts=[], offers_people=False)

    words, call = hears(model, "¿venden coches?")
    _, agreed = hears(model, "¿venden coches?", "sí")
    _, again = hears(model, "¿venden coches?", "¿y motos?")

    assert (words, call) == ("Eso no lo sé. ¿Quiere que tome un recado?", None)
    assert agreed is not None and again is not None


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
    reader.join(PATIENCE_S)

    assert not reader.is_alive()
    assert len(heard) <= 1


def test_an_answer_that_takes_too_long_to_say_is_late(spanish: OfflineModel) -> None:
    model = OfflineModel(business="Sol", phrases=SPANISH, faq=[], facts=[], pace_s=0.02)
    with pytest.raises(IntegrationError) as raised:
        list(model.stream([{"role": "user", "content": "?"}], first_event_s=4, total_s=0.05))

    assert not raised.value.permanent


@pytest.mark.parametrize("wish", ["I'd like to leave a message", "Please call me back tomorrow"])
def test_who_wants_to_leave_a_message_need_not_be_offered_it(english: OfflineModel, wish: str) -> None:
    _, call = hears(english, wish)

    assert call is not None and call.name == "hand_off"


def test_a_question_after_an_offer_is_not_taken_for_a_yes(english: OfflineModel) -> None:
    _, call = hears(english, "Can you walk my dog?", "Do you sell wigs?")

    assert call is not None and call.arguments is not None
    assert call.arguments["reason"] == ENGLISH.reason_not_known
