"""A campaign of reminders is given its list as it is now, from its page."""

from datetime import timedelta
from io import BytesIO

import pytest

from messaging.campaigns.files.long_lists import MOST_LINES
from storage.base import utc_now
from storage.models import Campaign, CampaignRecipient
from tests.dashboard.campaigns import Campaigns
from tests.messaging.campaigns.files.made_files import row, sheet, xlsx
from tests.records import every, the_only

DAY = (utc_now() + timedelta(days=10)).date()
LATER = DAY + timedelta(days=1)
HEADER = "nombre;teléfono;fecha\n"


def listed(*lines):
    return (HEADER + "".join(f"{line}\n" for line in lines)).encode()


@pytest.fixture
def campaigns(operator):
    return Campaigns(operator.parts.database)


@pytest.fixture
def reminders(campaigns):
    return campaigns.make(
        0, state="running", template="", text="Hola {nombre}", remind="24 h before {fecha}", try_anyway=True
    )


@pytest.fixture
def give(operator):
    """Send the form with a list; return the page that follows."""

    def give(campaign_id, content, name="citas.csv", **form):
        file = (BytesIO(content), name)
        response = operator.post(f"/dashboard/campaigns/{campaign_id}/list", list=file, **form)
        assert response.status_code == 303, response.text[:300]
        return operator.read(response.headers["Location"])

    return give


def people(operator):
    found = sorted(every(operator.parts.database, CampaignRecipient), key=lambda one: one.line)
    return [(one.facts["nombre"], one.state, one.reason) for one in found]


@pytest.mark.both_databases
def test_what_a_new_list_changes_is_done_and_said(operator, reminders, give):
    give(reminders, listed(f"Ana;600000001;{DAY}", f"Luis;600000002;{DAY}", f"Eva;600000003;{DAY}"))

    page = give(reminders, listed(f"Ana;600000001;{DAY}", f"Luis;600000002;{LATER}", f"Pau;600000004;{DAY}"))

    for words in (
        "1 tiene otra fecha.",
        "1 es nuevo.",
        "1 ya no está en la lista.",
        "1 tiene la misma fecha que antes.",
    ):
        assert words in page, words
    assert people(operator) == [
        ("Ana", "waiting", ""), ("Luis", "waiting", ""), ("Eva", "skipped", "not_listed"), ("Pau", "waiting", ""),
    ]  # fmt: skip
    assert the_only(operator.parts.database, Campaign).file_name == "citas.csv"


def test_an_excel_file_will_do(operator, reminders, give):
    file = xlsx(sheet(row(1, "nombre", "teléfono", "fecha"), row(2, "Ana", 600000001, f"{DAY}")))

    assert "1 es nuevo." in give(reminders, file, "citas.xlsx")


def test_a_wrong_line_is_named_and_nothing_is_changed(operator, reminders, give):
    give(reminders, listed(f"Ana;600000001;{DAY}"))

    page = give(reminders, listed(f"Luis;600000002;{DAY}", "Eva;600000003;pronto"))

    assert "No se ha cambiado nada. Hay que corregir: Línea 3" in page
    assert people(operator) == [("Ana", "waiting", "")]


def test_of_very_many_wrong_lines_the_first_are_named_and_the_others_counted(reminders, give):
    page = give(reminders, listed(*(f"Ana{'a' * 200};600{n:06d};pronto" for n in range(60))))

    assert "Línea 2:" in page and "Línea 6:" in page and "Línea 7:" not in page
    assert "Y 55 más." in page


@pytest.mark.both_databases
def test_a_form_that_comes_twice_is_acted_upon_once_and_with_another_file_again(operator, reminders, give):
    first, second = listed(f"Ana;600000001;{DAY}"), listed(f"Luis;600000002;{DAY}")
    give(reminders, first, form_number="one")
    give(reminders, second, form_number="two")

    give(reminders, first, form_number="one")
    assert [name for name, state, _ in people(operator) if state == "waiting"] == ["Luis"]

    give(reminders, first, form_number="two")
    assert [name for name, state, _ in people(operator) if state == "waiting"] == ["Ana"]


def test_a_list_that_was_refused_may_be_corrected_with_the_same_form(operator, reminders, give):
    give(reminders, listed("Ana;12;pronto"), form_number="one")

    give(reminders, listed("Ana;12;pronto"), form_number="one")
    page = give(reminders, listed(f"Ana;600000001;{DAY}"), form_number="one")

    assert "1 es nuevo." in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Elija el fichero con la lista."),
        (listed(), "No queda nadie en la lista."),
        (b"%PDF-1.4 \x00\x01", "citas.csv"),
        (listed(*(f"Ana;6{n:08d};{DAY}" for n in range(MOST_LINES + 1))), "campaign update"),
    ],
    ids=["none", "empty", "no table", "long"],
)
def test_what_cannot_be_read_is_said(operator, reminders, give, content, said):
    page = give(reminders, content)

    assert said in page and 'class="said bad"' in page
    assert people(operator) == []


def test_what_is_no_reminder_keeps_its_list(campaigns, give):
    made = campaigns.make(2)

    assert "No es un recordatorio" in give(made, listed(f"Ana;600000001;{DAY}"))
    assert campaigns.states(made) == ["waiting", "waiting"]


def test_a_cancelled_campaign_keeps_its_list(operator, campaigns, reminders, give):
    campaigns.set(reminders, state="cancelled")

    assert "La campaña ya está en otro estado" in give(reminders, listed(f"Ana;600000001;{DAY}"))
    assert people(operator) == []


def test_the_form_is_on_the_pages_of_reminders_alone(operator, campaigns, reminders):
    other = campaigns.make(2)

    assert "Lista nueva" in operator.read(f"/dashboard/campaigns/{reminders}")
    assert "Lista nueva" not in operator.read(f"/dashboard/campaigns/{other}")
    campaigns.set(reminders, state="cancelled")
    assert "Lista nueva" not in operator.read(f"/dashboard/campaigns/{reminders}")
