"""What people and machines mean who are called by us."""

import pytest

from conversation.callees.intents import asks_who_calls, is_machine_greeting, is_stop_word, wants_no_calls


@pytest.mark.parametrize(
    "said",
    [
        "No me llamen más.", "Por favor, no me llame más", "¡Que no me llaméis más!", "Oiga, dejen de llamarme ya.",
        "No quiero que me vuelvan a llamar nunca.", "Borren mi número de la lista, por favor.", "Déjenme en paz.",
        "Please don't call me again.", "Stop calling me", "Take me off your list.", "Não me liguem mais, por favor.",
        "Parem de me ligar.",
    ],
)  # fmt: skip
def test_who_wants_no_more_calls_is_understood(said):
    assert wants_no_calls(said)


@pytest.mark.parametrize(
    "said",
    [
        "No me llame más tarde de las ocho.", "No me llamen hoy, mejor mañana.", "¿Me puede llamar más tarde?",
        "No vuelva a llamar hasta el lunes.", "Don't call me again until Monday.", "No, gracias.", "No me interesa.",
        "Ahora no puedo hablar.", "Não me ligue mais tarde.", "", "?!",
        "Mire, yo llamé la semana pasada porque quería que no me llamaran más a casa sino al móvil de mi hija Elena.",
    ],
)  # fmt: skip
def test_who_wants_another_time_or_nothing_is_left_to_the_model(said):
    assert not wants_no_calls(said)


@pytest.mark.parametrize("said", ["Baja.", "STOP", "No molesten más", "Unsubscribe", "Sair"])
def test_what_ends_messages_is_known_when_it_is_said(said):
    assert is_stop_word(said)


@pytest.mark.parametrize(
    "said",
    [
        "¿Quién llama?", "Hola, ¿quién es?", "¿De parte de quién?", "¿Con quién hablo?",
        "Diga su nombre y el motivo de su llamada.",
        "Hi. If you record your name and reason for calling, I'll see if this person is available. Who is calling?",
        "Go ahead and say your name and why you're calling.", "Who's this?", "Quem fala?",
        "Grabe su nombre después de la señal.",
    ],
)  # fmt: skip
def test_who_asks_who_is_calling_is_understood(said):
    assert asks_who_calls(said)


@pytest.mark.parametrize(
    "said",
    [
        "¿Quién es la doctora?",
        "¿Con quién hablo para cambiar la cita?",
        "Sí, soy yo.",
        "Who is this for?",
        "",
    ],
)
def test_other_questions_are_not_taken_for_it(said):
    assert not asks_who_calls(said)


@pytest.mark.parametrize(
    "said",
    [
        "Ha llamado al contestador de Ana. Deje su mensaje después de la señal.", "Deja tu mensaje al oír la señal.",
        "Your call has been forwarded to voicemail. At the tone, please record your message.",
        "You've reached the voicemail of Ann. Please leave a message.", "Deixe seu recado após o sinal.",
    ],
)  # fmt: skip
def test_answering_machines_are_recognised(said):
    assert is_machine_greeting(said)


@pytest.mark.parametrize(
    "said",
    [
        "¿Quiere que le deje un mensaje?", "No está. ¿Quiere dejar un mensaje?", "Would you like to leave a message?",
        "Dígame.", "",
    ],
)  # fmt: skip
def test_people_are_not_taken_for_machines(said):
    assert not is_machine_greeting(said)
