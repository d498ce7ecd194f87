"""A new campaign at the dashboard: what is filled in is looked at, and kept once; nothing is sent."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.models import Campaign, CampaignRecipient
from tests.dashboard.campaigns import TEMPLATE
from tests.dashboard.new_campaigns import kept, said, send_form
from tests.dashboard.operator import Operator
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, Refuse
from tests.records import every, the_only

LIST = "nombre;teléfono;día\nAna;600 00 00 01;martes\nLuis;+34 600 000 002;jueves\n"
WORDS = "Hola {{1}}, le esperamos el {{2}}."


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.template(TEMPLATE, WORDS)
        yield fake


@pytest.fixture
def desk(open_desk, twilio):
    return open_desk(
        twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, twilio_api_url=twilio.url,
        twilio_whatsapp_number="+14155550100",
    )  # fmt: skip


@pytest.fixture
def send(desk):
    """Send the form; return the answer. `send(path="/look", content=..., name=...)`."""

    def send(content=LIST, path="", file="citas.csv", by=desk, **given):
        usual = {
            "name": "Cita", "template": TEMPLATE, "variable:1": "{nombre}", "variable:2": "{día}", "consent": "alta",
        }  # fmt: skip
        return send_form(by, content, path, file, **(usual | given))

    return send


@pytest.mark.both_databases
def test_a_campaign_is_kept_with_its_list_and_nothing_is_sent(desk, send, twilio):
    response = send(start_at="2026-12-24T09:30")

    campaign = the_only(desk.parts.database, Campaign)
    assert response.headers["Location"] == f"/dashboard/campaigns/{campaign.id}"
    assert (campaign.name, campaign.state, campaign.template, campaign.consent) == (
        "Cita",
        "draft",
        TEMPLATE,
        "alta",
    )
    assert (campaign.file_name, campaign.start_at.isoformat()) == ("citas.csv", "2026-12-24T08:30:00+00:00")
    assert [(one.number, one.body) for one in every(desk.parts.database, CampaignRecipient)] == [
        ("+34600000001", "Hola Ana, le esperamos el martes."),
        ("+34600000002", "Hola Luis, le esperamos el jueves."),
    ]
    assert twilio.posted() == []


def test_looking_shows_the_first_messages_and_keeps_nothing(desk, send):
    page = said(send(path="/look"), 200)

    assert "Va a 2 personas" in page
    assert "Hola Ana, le esperamos el martes." in page and "{día}" in page
    assert kept(desk) == []


def test_looking_at_what_is_not_filled_in_yet_finds_no_mistake(desk, send):
    page = said(send("", path="/look", name="", template="", **{"variable:1": None, "variable:2": None}), 200)

    assert "Por corregir" not in page and "alert" not in page


@pytest.mark.both_databases
def test_a_form_that_comes_twice_makes_one_campaign(desk, send):
    first = send(form_number="one")
    again = send(form_number="one")

    assert first.headers["Location"] == again.headers["Location"]
    assert the_only(desk.parts.database, Campaign).state == "draft"
    assert len(every(desk.parts.database, CampaignRecipient)) == 2


@pytest.mark.parametrize(
    ("content", "given", "words"),
    [
        (f"{LIST}Eva;12;lunes\n", {}, "Línea 4: 12 no es un número de teléfono posible."),
        (f"{LIST}Eva;600000003;\n", {}, "Línea 4"),
        ("nombre;día\nAna;lunes\n", {}, "no tiene ninguna columna"),
        (b"\xff\xfe\x00", {}, "citas.csv"),
        ("nombre;telefono;día\n", {}, "No queda nadie en la lista"),
        ("", {}, "Elija el fichero con la lista."),
        (LIST, {"name": ""}, "El nombre de una campaña"),
        (LIST, {"name": "x" * 90}, "El nombre de una campaña"),
        (LIST, {"template": ""}, "Ponga una plantilla o un texto"),
        (LIST, {"text": "Hola"}, "Ponga una plantilla o un texto"),
        (LIST, {"template": "aviso"}, "«aviso» no es una plantilla"),
        (
            LIST,
            {"variable:2": ""},
            "La plantilla tiene la variable 2, para la que la campaña no tiene valor.",
        ),
        (LIST, {"variable:2": "{hora}"}, "hora"),
        (LIST, {"template": "", "text": "Hola {nombre"}, "llaves"),
        (LIST, {"number_column": "fax"}, "fax"),
        (LIST, {"hand_over": "sí\n" + "x" * 90}, "Una respuesta tiene 80 caracteres como mucho"),
    ],
)
def test_nothing_is_kept_of_what_is_refused_and_each_mistake_is_named(desk, send, content, given, words):
    page = said(send(content, **given))

    assert words in page
    assert kept(desk) == []


def test_answers_that_lead_to_a_seller_are_kept(desk, send):
    send(hand_over="sí\n\n  Quiero   hablar \n")

    assert the_only(desk.parts.database, Campaign).hand_over == ["sí", "Quiero hablar"]


def test_a_number_that_comes_twice_is_left_out_whatever_else_is_wrong_with_its_line(desk, send):
    assert send(f"{LIST}Ana;600000001;\n").status_code == 303
    assert len(every(desk.parts.database, CampaignRecipient)) == 2


def test_many_mistakes_are_counted(send):
    assert "Y 5 más." in said(send("nombre;teléfono;día\n" + "Ana;12;lunes\n" * 25))


def test_a_name_is_given_once(desk, send):
    send()

    assert "Ya hay una campaña «Cita»." in said(send())
    assert len(every(desk.parts.database, Campaign)) == 1


def test_a_refused_form_may_be_sent_again_with_another_file(desk, send):
    said(send("nombre;teléfono;día\nAna;12;lunes\n", form_number="one"))

    assert send(form_number="one").status_code == 303
    assert len(every(desk.parts.database, Campaign)) == 1


def test_a_file_that_is_too_large_is_said(desk, send):
    assert "32 MB" in said(send(b"telefono\n" + b"x" * (33 * 1024 * 1024)))
    assert kept(desk) == []


def test_a_template_that_is_not_approved_is_warned_of_and_the_campaign_can_be_made(send, twilio):
    twilio.content.approvals[TEMPLATE] = {"status": "pending"}

    assert "WhatsApp aún no ha aprobado la plantilla." in said(send(path="/look"), 200)
    assert send().status_code == 303


def test_a_template_that_is_not_there_is_a_mistake(desk, send, twilio):
    twilio.messages.rules.templates.clear()

    assert f"No hay ninguna plantilla {TEMPLATE}" in said(send())
    assert kept(desk) == []


@pytest.mark.parametrize("consent", ["", "alta en recepción"])
def test_marketing_without_consent_is_warned_of_and_no_option_of_a_command_is_named(send, twilio, consent):
    twilio.content.approvals[TEMPLATE] = {"status": "approved", "category": "MARKETING"}

    page = said(send(path="/look", consent=consent), 200)

    assert ("Esta plantilla es de marketing" in page) is (not consent)
    assert "--consent" not in page and "--var" not in page


def test_while_twilio_answers_nothing_a_campaign_can_be_made(desk, send, twilio):
    twilio.fail(Refuse(500, 20500), method="GET", times=9)

    assert send().status_code == 303
    assert every(desk.parts.database, CampaignRecipient)[0].body == f"{TEMPLATE}\n1=Ana\n2=martes"


def test_the_page_says_who_is_left_out_and_who_needs_a_template(desk, send):
    made = send(f"{LIST}Ana;600000001;lunes\n", template="", text="Hola {nombre}", **{"variable:1": None})

    page = desk.read(made.headers["Location"])

    assert "2 no han escrito en 24 horas y necesitan una plantilla" in page
    assert "Hola Luis" in page


@pytest.mark.both_databases
def test_of_two_forms_at_once_one_makes_the_campaign(desk, send):
    other = Operator(desk.app)  # a client of its own: one is not for two threads
    other.log_in()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda by: send(by=by, form_number="one"), (desk, other)))

    assert {answer.status_code for answer in answers} <= {303, 422}
    assert the_only(desk.parts.database, Campaign).state == "draft"
    assert len(every(desk.parts.database, CampaignRecipient)) == 2
