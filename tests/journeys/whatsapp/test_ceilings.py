"""People on WhatsApp who have used up what one person may in a day: they are told so, and never met with silence."""

import pytest

from conversation.ledger import CEILINGS, Kind
from conversation.phrases import catalogue_for
from simulator.whatsapp.client import photo, voice_note
from storage.base import utc_now
from storage.models import LedgerEntry, Message
from tests.fakes.openai.replies import error, text, transcript
from tests.journeys.ledgers import use_up, used
from tests.journeys.people.handoffs import US
from tests.journeys.whatsapp.people import person_of, work_off
from tests.product import ROOT
from tests.records import every
from tests.waiting import wait_until

ANA = "+34600000001"
CUSTOMERS = catalogue_for("es").customers


@pytest.fixture
def at_noon(tmp_path):
    """A profile of a place where it is noon, and the day does not end within the hour."""
    usual = (ROOT / "profiles" / "recepcion.es.toml").read_text("utf-8")
    path = tmp_path / "profile.toml"
    path.write_text(usual.replace('"Europe/Madrid"', f'"Etc/GMT{utc_now().hour - 12:+d}"'), "utf-8")
    return str(path)


@pytest.fixture
def ana(real_line, twilio, openai, at_noon):
    line = real_line(assistant_profile=at_noon)
    openai.enqueue(text("Hola."))
    ana = person_of(line, twilio, number=ANA)
    ana.send("Hola")
    wait_until(lambda: used(line, Kind.COMPLETION_TOKENS))
    ana.line = line
    return ana


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("hour", "words"), [(True, CUSTOMERS.no_more_this_hour), (False, CUSTOMERS.no_more_today)]
)
def test_who_has_had_so_many_answers_is_told_once_and_all_is_kept(ana, openai, hour, words):
    use_up(ana.line, ANA, Kind.WHATSAPP_TURN, leaving=1, hour=hour)

    for said in ("uno", "dos", "tres"):
        ana.send(said)

    assert ana.texts == ["Hola.", words]
    assert len(openai.chats) == 1
    assert [m.body for m in every(ana.line.parts.database, Message) if not m.outbound] == [
        "Hola",
        "uno",
        "dos",
        "tres",
    ]


def test_a_message_that_comes_twice_is_counted_once(ana, openai):
    openai.default = text("De acuerdo.")

    for _ in range(3):
        ana.send("¿Abren hoy?", sid="SM" + "7" * 32)
    wait_until(lambda: used(ana.line, Kind.WHATSAPP_TURN) >= 2)

    assert used(ana.line, Kind.WHATSAPP_TURN) == 2


def test_no_more_photos_are_opened_than_so_many_and_the_person_is_told_the_truth(ana, openai):
    use_up(ana.line, ANA, Kind.PHOTO, leaving=1)
    openai.enqueue(text("Qué bonita fachada."))

    ana.send(media=[photo()])
    ana.send(media=[photo()])

    assert ana.texts[1:] == ["Qué bonita fachada.", CUSTOMERS.cannot_open_today]
    openai.enqueue(text("La foto no puedo verla hoy, pero sí, abrimos."))
    ana.send("¿Es aquí?", media=[photo()])
    assert (
        openai.chats[-1]
        .body["messages"][-1]["content"]
        .endswith("[sent a photo, which cannot be opened today]")
    )
    openai.default = text("Una fachada.")
    work_off(ana.line)
    assert used(ana.line, Kind.PHOTO) == CEILINGS[Kind.PHOTO].a_day


def test_no_more_is_transcribed_than_so_many_minutes(ana, openai):
    use_up(ana.line, ANA, Kind.TRANSCRIBED_S, leaving=1)
    openai.enqueue_transcripts(transcript("¿Abren los sábados?"))
    openai.enqueue(text("Sí, de diez a dos."))

    ana.send(media=[voice_note()])
    ana.send(media=[voice_note()])

    assert ana.texts[1:] == ["Sí, de diez a dos.", CUSTOMERS.cannot_open_today]
    assert len(openai.recordings) == 1


def test_a_voice_note_that_could_not_be_opened_costs_nothing(ana, openai):
    openai.enqueue_transcripts(error(500, "down"), error(500, "down"))

    ana.send(media=[voice_note()])

    assert used(ana.line, Kind.TRANSCRIBED_S) == 0
    assert every(ana.line.parts.database, LedgerEntry) == []


@pytest.mark.both_databases
def test_who_asks_for_a_person_too_often_is_promised_nobody(real_line, twilio, openai):
    line = real_line(twilio_whatsapp_number=US, vendedor_whatsapp="+34600000011")
    ana = person_of(line, twilio, number=ANA, to=US)
    openai.enqueue(text("Hola."))
    ana.send("Hola")
    use_up(line, ANA, Kind.HANDOFF)

    ana.send("Quiero hablar con una persona")
    work_off(line)

    assert ana.texts[1] == CUSTOMERS.message_kept
    assert [m for m in every(line.parts.database, Message) if m.kind == "notice"] == []


def test_a_topic_is_noted_no_more_often_than_so(ana, openai):
    use_up(ana.line, ANA, Kind.NOTE)

    work_off(ana.line, seconds=3600)

    assert len(openai.chats) == 1
