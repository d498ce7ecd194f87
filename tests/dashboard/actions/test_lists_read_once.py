"""A long list is read once for all that is filled in beside it, and again where that decides how it is read."""

import io

import pytest

from jobs.job import run_pending
from messaging.campaigns.files.long_lists import MOST_LINES
from storage.campaigns import drafts
from storage.models import Campaign, CampaignDraft, DraftState
from tests.records import every, the_only

LIST = "nombre;teléfono;ciudad;fecha\n" + "".join(
    f"P{n};6{n:08d};{'' if n == 7 else 'Jaén'};2120-12-0{n % 9 + 1}\n" for n in range(MOST_LINES + 1)
)
READING = "Se está leyendo la lista."


@pytest.fixture
def desk(open_desk):
    return open_desk()


@pytest.fixture
def work(desk):
    """Do what waits, as a worker does."""
    return lambda: run_pending(desk.parts.work, desk.parts.jobs.by_name)


@pytest.fixture
def look(desk):
    """Look at the draft with the form so; return the page."""

    def look(path="/drafts/1/look", **given):
        form = {"name": "Cita", "text": "Hola {nombre}"} | given
        response = desk.post(f"/dashboard/campaigns{path}", **form)
        assert response.status_code < 400, response.text[:300]
        return desk.read("/dashboard/campaigns/drafts/1")

    return look


@pytest.fixture
def seen(look, work):
    """A list that was read."""
    look("/new/look", list=(io.BytesIO(LIST.encode()), "citas.csv"))
    work()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "Otra"}, 'value="Otra"'),
        ({"text": "Adiós, {nombre}"}, "Adiós, P0"),
        ({"consent": "alta"}, 'value="alta"'),
        ({"text": "Hola {apellido}"}, "apellido"),
        ({"text": "Hola {nombre"}, "llaves"),
        ({"text": "", "template": "aviso:es", "variable:1": "{nombre}"}, "aviso:es\n1=P0"),
        ({"hand_over": "sí"}, "Hola P0"),
        ({"remind": "mañana"}, "mañana: escriba"),
    ],
)
def test_what_is_filled_in_is_answered_from_what_was_read(desk, seen, look, given, words):
    page = look(**given)

    assert words in page and READING not in page
    assert the_only(desk.parts.database, CampaignDraft).epoch == 1


@pytest.mark.parametrize(
    "given", [{"number_column": "teléfono"}, {"channel": "voice"}, {"remind": "2 días antes de {fecha}"}]
)
def test_the_list_is_read_again_where_that_decides_how_it_is_read(seen, look, work, given):
    assert READING in look(**given)
    work()

    page = look(**given)

    assert "P0" in page and READING not in page


def test_a_value_that_is_missing_is_named_without_another_reading(seen, look):
    page = look(text="Hola {nombre} de {ciudad}")

    assert "Línea 9" in page and "ciudad" in page and READING not in page
    assert "Por corregir" not in look(text="Hola {nombre}")


def test_words_that_change_while_the_list_is_read_are_those_that_are_shown(look, work):
    look("/new/look", list=(io.BytesIO(LIST.encode()), "citas.csv"))
    assert READING in look(text="Adiós, {nombre}")

    work()

    assert "Adiós, P0" in look(text="Adiós, {nombre}")


@pytest.mark.both_databases
def test_what_an_earlier_version_has_read_is_read_again(desk, look, work):
    look("/new/look", list=(io.BytesIO(LIST.encode()), "citas.csv"))
    with desk.parts.database.write() as connection:
        drafts.end(connection, 1, 1, DraftState.LOOKED)

    assert READING in look(consent="alta")
    work()

    assert "Hola P0" in look(consent="alta")


def test_a_form_with_a_mistake_makes_no_campaign_and_reads_nothing(desk, seen, look, work):
    page = look("/drafts/1", name="")

    assert "El nombre de una campaña" in page and "Hola P0" in page and READING not in page
    look("/drafts/1")
    work()
    assert the_only(desk.parts.database, Campaign).state == "draft"


def test_a_goal_is_missed_when_the_campaign_is_made_and_not_before(desk, seen, look, work):
    look(channel="voice")
    work()

    assert "Diga qué debe conseguir" in look("/drafts/1", channel="voice")
    assert "Diga qué debe conseguir" not in look(channel="voice")
    assert every(desk.parts.database, Campaign) == []
