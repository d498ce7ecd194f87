"""A campaign is tried from its page: one message, or one call, to a number of one's own, once for a form."""

import pytest

from storage.base import utc_now
from storage.models import CampaignRecipient, Message
from storage.queries import contacts
from tests.dashboard.campaigns import TEMPLATE, Campaigns
from tests.dashboard.operator import PASSWORD, Operator
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, Refuse
from tests.records import every

pytestmark = pytest.mark.both_databases
ME = "+34600000099"


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.template(TEMPLATE, "Hola {{1}}.")
        yield fake


@pytest.fixture
def open_one(open_desk, twilio):
    def open_one(**settings):
        desk = open_desk(
            twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, twilio_api_url=twilio.url,
            twilio_whatsapp_number="+14155550100", twilio_phone_number="+12025550100",
            webhook_url="https://assistant.example", dashboard_password=PASSWORD, **settings,
        )  # fmt: skip
        desk.log_in()
        return desk

    return open_one


@pytest.fixture
def desk(open_one):
    return open_one()


def try_it(desk, campaign_id, number=ME, **form):
    response = desk.post(f"/dashboard/campaigns/{campaign_id}/try", number=number, **form)
    assert response.status_code == 303, response.text[:300]
    return desk.read(response.headers["Location"])


def by_phone(desk):
    return Campaigns(desk.parts.database).make(
        2, channel="voice", template="", goal="Confirmar la cita", text="¿Puede venir?"
    )


def by_whatsapp(desk, **values):
    return Campaigns(desk.parts.database).make(2, **values)


def test_a_number_gets_what_the_first_of_the_list_will_get_and_nobody_else_does(desk, twilio):
    made = by_whatsapp(desk)

    page = try_it(desk, made, "600 00 00 99")

    assert f"Va de camino a {ME}" in page
    assert twilio.messages.last.to == f"whatsapp:{ME}" and twilio.messages.bodies() == ["Hola P1."]
    assert Campaigns(desk.parts.database).states(made) == ["waiting", "waiting"]
    assert [message.status for message in every(desk.parts.database, Message)] == ["queued"]


def test_a_call_is_placed_as_to_the_first_of_the_list(desk, twilio):
    made = by_phone(desk)

    page = try_it(desk, made)

    assert f"Se está llamando a {ME}" in page
    assert twilio.calls.last.param("To") == ME and len(twilio.calls.made) == 1
    [mine] = [one for one in every(desk.parts.database, CampaignRecipient) if one.number == ME]
    assert mine.body == "Hola P1" and mine.facts == {"nombre": "P1"}


@pytest.mark.parametrize("make", [by_whatsapp, by_phone])
def test_a_form_that_comes_twice_is_acted_upon_once(desk, twilio, make):
    made = make(desk)

    pages = [try_it(desk, made, form_number="one") for _ in range(2)]

    assert len(twilio.messages.made) + len(twilio.calls.made) == 1
    assert all('class="said good"' in page for page in pages)
    try_it(desk, made, form_number="two")
    assert len(twilio.messages.made) + len(twilio.calls.made) == 2


@pytest.mark.parametrize("make", [by_whatsapp, by_phone])
def test_one_whose_answer_was_lost_is_not_begun_again_by_the_same_form(desk, twilio, make):
    made = make(desk)
    path = "/Messages.json" if make is by_whatsapp else "/Calls.json"
    twilio.fail(Refuse(500, 20500), method="POST", path=path)

    page = try_it(desk, made, form_number="one")
    again = try_it(desk, made, form_number="one")

    assert "No se sabe si" in page and 'class="said good"' in again
    assert len(twilio.messages.made) + len(twilio.calls.made) == 0


@pytest.mark.parametrize("make", [by_whatsapp, by_phone])
def test_one_that_twilio_refuses_is_explained_counts_not_and_may_be_sent_again(open_one, twilio, make):
    desk = open_one(daily_messages=1, daily_calls=1)
    made = make(desk)
    path = "/Messages.json" if make is by_whatsapp else "/Calls.json"
    twilio.fail(Refuse(400, 21211), method="POST", path=path)

    page = try_it(desk, made, form_number="one")

    assert "No se ha probado." in page and 'class="said bad"' in page
    try_it(desk, made, form_number="one")
    assert len(twilio.messages.made) + len(twilio.calls.made) == 1


@pytest.mark.parametrize(("make", "setting"), [(by_whatsapp, "daily_messages"), (by_phone, "daily_calls")])
def test_it_counts_among_those_of_the_day(open_one, twilio, make, setting):
    desk = open_one(**{setting: 1})
    made = make(desk)
    try_it(desk, made)

    page = try_it(desk, made)

    assert f"{setting.upper()} se ha agotado por hoy (1)" in page
    assert len(twilio.messages.made) + len(twilio.calls.made) == 1


@pytest.mark.parametrize("number", ["", "12", "no es un número", "+" + "9" * 60, "<script>alert(1)</script>"])
def test_what_is_no_number_is_said_and_nobody_gets_anything(desk, twilio, number):
    page = try_it(desk, by_whatsapp(desk), number)

    assert "no puede ser un número de teléfono" in page and "<script>alert" not in page
    assert twilio.posted() == []


def test_who_wants_no_messages_gets_none(desk, twilio):
    made = by_whatsapp(desk)
    with desk.parts.database.write() as connection:
        me = contacts.recipient_for(connection, ME, utc_now())
        contacts.opt_out(connection, me.contact_id, utc_now())

    assert "no quiere mensajes" in try_it(desk, made)
    assert twilio.posted() == []


def test_that_a_text_may_not_arrive_is_said(desk, twilio):
    page = try_it(desk, by_whatsapp(desk, template="", text="Hola {nombre}"))

    assert "puede que no llegue" in page
    assert twilio.messages.bodies() == ["Hola P1"]


@pytest.mark.parametrize(
    ("make", "setting"), [(by_whatsapp, "D360_API_KEY"), (by_phone, "TWILIO_PHONE_NUMBER")]
)
def test_what_is_not_set_up_is_named(open_desk, make, setting):
    desk = open_desk()

    assert setting in try_it(desk, make(desk))


def test_only_an_operator_may_try_it_and_from_a_page_of_ours_alone(desk, twilio):
    made = by_whatsapp(desk)

    stranger = Operator(desk.app, remote=True)
    assert stranger.post(f"/dashboard/campaigns/{made}/try", number=ME).status_code == 401
    assert desk.client.post(f"/dashboard/campaigns/{made}/try", data={"number": ME}).status_code == 400
    assert twilio.posted() == []
