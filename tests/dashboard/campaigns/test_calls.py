"""A campaign by phone is told of in words of calls."""

import re

import pytest

from storage.base import utc_now

pytestmark = pytest.mark.both_databases
OF_MESSAGES = ("Enviad", "Entregad", "Leíd", "respond", "escrib", "mensaje", "envía")


@pytest.fixture
def called(campaigns):
    """A campaign that has called ten people, each of whom has fared otherwise."""
    made = campaigns.make(
        10, state="running", channel="voice", template="", goal="Confirmar la cita", text="¿Puede?"
    )
    campaigns.called(made, 2, "completed")
    campaigns.called(made, 3, "completed", answered_by="machine_end_beep", message_left_at=utc_now())
    campaigns.called(made, 4, "completed", answered_by="human", outcome="opt-out", replied_at=utc_now())
    campaigns.called(made, 5, "busy", "failed", attempts=3)
    campaigns.called(made, 6, "no-answer", "failed", attempts=3)
    campaigns.called(made, 7, "refused", "failed", call_code=21211)
    campaigns.called(made, 8, "failed", "failed", call_code=404)
    campaigns.called(made, 9, "", "calling")
    campaigns.called(made, 10, "busy", "waiting")
    return made


@pytest.mark.parametrize(
    ("which", "lines"),
    [
        ("called", [2, 3, 4, 5, 6, 7, 8, 9, 10]), ("sent", [2, 3, 4]), ("talked", [2, 4]), ("machine", [3]),
        ("failed", [5, 6, 7, 8]), ("busy", [5]), ("no_answer", [6]), ("sending", [9]), ("waiting", [10, 11]),
        ("delivered", list(range(2, 12))),
    ],
)  # fmt: skip
def test_people_are_filtered_by_what_became_of_their_call(operator, called, which, lines):
    page = operator.read(f"/dashboard/campaigns/{called}?which={which}")

    assert [int(line) for line in re.findall(r'<td class="end"[^>]*>(\d+)</td>', page)] == lines


def test_people_are_counted_in_words_of_calls(operator, called, said):
    found = said(operator, f"/{called}")

    for words in (
        "Esperan 2", "Llamándose 1", "Llamados 9", "Contestaron 3", "Hablaron 2", "Contestador 1", "Sin localizar 4",
        "Comunicaban 1", "No contestaron 1",
    ):  # fmt: skip
        assert words in found, words


def test_each_has_what_became_of_the_call_and_why(operator, called, said):
    found = said(operator, f"/{called}")

    for words in (
        "habló", "un contestador recibió el mensaje", "sin localizar comunicaba cada vez",
        "no contestó a ninguna llamada",
        "tiene un número al que Twilio no llama: ", "tiene un número al que no se pudo llamar (SIP 404)", "se le llama",
        "por llamar comunica",
    ):  # fmt: skip
        assert words in found, words


@pytest.mark.parametrize("state", ["draft", "running", "paused", "finished", "cancelled"])
def test_no_word_is_of_messages(operator, called, campaigns, said, state):
    campaigns.set(called, state=state, pause_reason="unreachable" if state == "paused" else "")

    found = said(operator, f"/{called}").replace("recibió el mensaje", "").replace("reciben un mensaje", "")
    found = found.replace("no recibió mensaje", "")

    assert [words for words in OF_MESSAGES if words in found] == []


def test_the_page_says_what_the_calls_are_for(operator, called, said):
    found = said(operator, f"/{called}")

    assert "Objetivo Confirmar la cita" in found and "Primeras palabras ¿Puede?" in found
    assert "Contestadores reciben un mensaje" in found


def test_the_list_of_campaigns_has_each_in_its_own_words(operator, campaigns, called, said):
    campaigns.make(2, state="running")

    found = said(operator, "")

    assert (
        "Teléfono en marcha 10 Llamados 9 Contestaron 3 Hablaron 2 Contestador 1 Sin localizar 4 En duda 0"
        in found
    )
    assert (
        "WhatsApp en marcha 2 Enviados 0 Entregados 0 Leídos 0 Han respondido 0 Fallidos 0 En duda 0" in found
    )
