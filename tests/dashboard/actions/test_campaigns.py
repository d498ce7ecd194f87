"""What operators do with campaigns: start, pause, go on, cancel, send again; each once for a form."""

import pytest

from tests.dashboard.campaigns import TEMPLATE, Campaigns
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, Refuse


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.template(TEMPLATE, "Hola.")
        yield fake


@pytest.fixture
def desk(open_desk, twilio):
    """A dashboard whose server has a Twilio account."""
    return open_desk(
        twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, twilio_api_url=twilio.url,
        twilio_whatsapp_number="+14155550100",
    )  # fmt: skip


@pytest.fixture
def campaigns(desk):
    return Campaigns(desk.parts.database)


@pytest.fixture
def press(desk):
    """Press a button of a campaign's page; return the page that follows."""

    def press(campaign_id, action, **form):
        response = desk.post(f"/dashboard/campaigns/{campaign_id}/{action}", **form)
        assert response.status_code == 303, response.text[:300]
        return desk.read(response.headers["Location"])

    return press


def test_a_campaign_is_started_paused_gone_on_with_and_cancelled(press, campaigns):
    made, states = campaigns.make(), []

    for action in ("start", "pause", "start", "cancel"):
        assert 'class="said good"' in press(made, action)
        states.append(campaigns.state(made))

    assert states == ["running", "paused", "running", "cancelled"]


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("draft", "pause"), ("finished", "start"), ("finished", "pause"), ("cancelled", "start"),
        ("cancelled", "retry"), ("draft", "retry"), ("running", "start"), ("finished", "cancel"),
    ],
)  # fmt: skip
def test_what_a_state_does_not_allow_changes_nothing_and_is_said(press, campaigns, state, action):
    made = campaigns.make(state=state)
    campaigns.person(made, 2, "failed")

    page = press(made, action)

    assert "La campaña ya está en otro estado" in page
    assert campaigns.state(made) == state and campaigns.states(made)[0] == "failed"


def test_a_template_that_is_not_approved_is_sent_only_if_one_tries_it_anyway(press, campaigns, twilio):
    twilio.content.approvals[TEMPLATE] = {"status": "pending"}
    made = campaigns.make()

    page = press(made, "start")
    assert "No se envía nada. WhatsApp aún no ha aprobado la plantilla." in page
    assert 'name="try_anyway"' in page and campaigns.state(made) == "draft"
    press(made, "start", try_anyway="on")
    assert campaigns.state(made) == "running"


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_a_template_that_lacks_a_value_is_not_sent(press, campaigns, twilio, state):
    twilio.messages.rules.template(TEMPLATE, "Hola {{1}}.")
    made = campaigns.make(state=state)

    page = press(made, "start", try_anyway="on")

    assert "La plantilla tiene la variable 1" in page and "--var" not in page
    assert campaigns.state(made) == state


def test_while_twilio_answers_nothing_a_campaign_is_started_all_the_same(press, campaigns, twilio):
    twilio.fail(Refuse(503, 20503), path="Content", times=9)
    made = campaigns.make()

    press(made, "start")

    assert campaigns.state(made) == "running"


@pytest.mark.both_databases
def test_a_form_that_comes_twice_is_acted_upon_once(press, campaigns):
    made = campaigns.make()
    press(made, "start", form_number="one")
    press(made, "pause", form_number="two")

    page = press(made, "start", form_number="one")

    assert campaigns.state(made) == "paused"
    assert 'class="said good"' in page


@pytest.mark.both_databases
def test_whom_it_did_not_reach_is_sent_it_again_and_nobody_in_doubt(press, campaigns):
    made = campaigns.make(3, state="finished")
    for line, state in ((2, "failed"), (3, "in_doubt"), (4, "sent")):
        campaigns.person(made, line, state)

    press(made, "retry")

    assert campaigns.states(made) == ["waiting", "in_doubt", "sent"]
    assert campaigns.state(made) == "running"


def test_those_in_doubt_are_sent_it_again_where_that_is_asked(press, campaigns):
    made = campaigns.make(2, state="finished")
    campaigns.person(made, 2, "failed")
    campaigns.person(made, 3, "in_doubt")

    press(made, "retry-in-doubt")

    assert campaigns.states(made) == ["failed", "waiting"]


def test_nobody_to_send_it_to_again_is_said(press, campaigns):
    made = campaigns.make(state="finished")

    assert "No hay nadie con quien intentarlo de nuevo" in press(made, "retry")
    assert campaigns.state(made) == "finished"


def test_without_a_provider_nothing_starts(open_desk):
    operator = open_desk()
    campaigns = Campaigns(operator.parts.database)
    made = campaigns.make()

    response = operator.post(f"/dashboard/campaigns/{made}/start")

    assert "TWILIO_ACCOUNT_SID" in operator.read(response.headers["Location"])
    assert campaigns.state(made) == "draft"


def test_without_a_number_to_call_from_no_calls_start(desk, press, campaigns):
    made = campaigns.make(channel="voice", template="")

    assert "TWILIO_PHONE_NUMBER" in press(made, "start")
    assert campaigns.state(made) == "draft"


def test_a_campaign_that_is_not_there_and_a_form_without_its_token_change_nothing(desk, press, campaigns):
    made = campaigns.make()

    assert desk.post("/dashboard/campaigns/999/start").status_code == 303
    assert desk.client.post(f"/dashboard/campaigns/{made}/start").status_code == 400
    assert desk.get(f"/dashboard/campaigns/{made}/start").status_code == 404

    assert campaigns.state(made) == "draft"
