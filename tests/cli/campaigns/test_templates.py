"""A campaign's template, as its provider has it: in the preview, and before it is run."""

import pytest

from storage.models import Campaign
from tests.cli.campaigns.conftest import TEMPLATE
from tests.fakes.dialog360.fake import API_KEY
from tests.fakes.twilio.server import Refuse
from tests.records import the_only

LIST_ = "nombre;teléfono;día\nAna;600000001;martes\n"


def test_the_preview_shows_the_templates_words_with_the_rows_values(create, run):
    create()

    said = run("preview", "Cita", "--rows", "1")

    assert "Hola Ana, le esperamos el martes." in said
    assert f"Template {TEMPLATE}: utility, approved." in said
    assert "Luis" not in said
    assert "consent" not in said


@pytest.mark.parametrize(("consent", "warned"), [([], True), (["--consent", "alta en recepción"], False)])
def test_marketing_without_consent_is_warned_of(create, run, twilio, consent, warned):
    twilio.content.approvals[TEMPLATE] = {"status": "approved", "category": "MARKETING"}
    create(LIST_, *consent)

    said = run("preview", "Cita")

    assert "marketing, approved." in said
    assert ("This template is marketing, and it is not noted" in said) is warned
    assert ("Make the campaign again with --consent ..." in said) is warned
    assert ("This template is marketing, and it is not noted" in run("run", "Cita")) is warned


def test_a_variable_that_the_campaign_does_not_fill_is_named_and_nothing_is_sent(create, run, twilio, line):
    twilio.messages.rules.template(TEMPLATE, "Hola {{1}}, el {{2}} a las {{hora}}.")
    create()

    said = run("preview", "Cita", code=2)

    assert "The template has the variable hora, for which the campaign has no value" in said
    assert "Make the campaign again with --var hora=..." in said
    assert "Hola Ana, el martes a las {{hora}}." in said
    assert "variable hora" in run("run", "Cita", code=2)
    assert the_only(line.parts.database, Campaign).state == "draft"
    assert twilio.posted() == []


def test_a_variable_that_the_template_does_not_have_is_warned_of(create, run, twilio):
    twilio.messages.rules.template(TEMPLATE, "Hola {{1}}.")
    create()

    assert "The template has no variable 2" in run("preview", "Cita")


@pytest.mark.parametrize(
    ("approval", "said"),
    [
        (None, "The template was not submitted to WhatsApp."),
        ({"status": "pending"}, "WhatsApp has not yet approved the template."),
        ({"status": "REJECTED", "rejection_reason": "promo"}, "WhatsApp has rejected the template: promo."),
        ({"status": "paused"}, "WhatsApp has paused the template"),
        ({"status": "archived"}, "The template cannot be sent: its state is archived."),
    ],
)
def test_a_template_that_is_not_approved_is_not_sent(create, run, twilio, line, approval, said):
    twilio.content.approvals[TEMPLATE] = approval
    create()

    assert said in run("preview", "Cita", code=3)
    assert said in run("run", "Cita", code=3)
    assert the_only(line.parts.database, Campaign).state == "draft"
    assert twilio.posted() == []


def test_one_may_try_it_anyway(create, run, twilio):
    twilio.content.approvals[TEMPLATE] = None
    create(LIST_, "--try-anyway")

    assert "not submitted" in run("run", "Cita")

    assert len(twilio.messages.made) == 1


def test_a_template_that_is_gone_is_said_and_not_sent(create, run, twilio):
    twilio.messages.rules.templates.clear()
    create(LIST_, "--try-anyway")

    assert f"There is no template {TEMPLATE}" in run("preview", "Cita", code=2)
    run("run", "Cita", code=2)

    assert twilio.posted() == []


def test_where_twilio_does_not_answer_the_preview_says_so_and_shows_what_it_knows(create, run, twilio):
    create()
    twilio.fail(Refuse(503, 20503), path="Content", times=2)

    said = run("preview", "Cita", code=4)

    assert "The template's own words are not known, as Twilio does not tell them" in said
    assert f"{TEMPLATE} 1=Ana 2=martes" in " ".join(said.replace("│", "").split())
    assert "2 were sent theirs" in run("run", "Cita")


class TestWith360dialog:
    @pytest.fixture
    def settings(self, whatsapp):
        nothing = dict.fromkeys(("twilio_account_sid", "twilio_auth_token", "twilio_whatsapp_number"))
        return nothing | {"d360_api_key": API_KEY, "d360_api_url": whatsapp.url}

    @pytest.fixture
    def what(self):
        return ["--template", "aviso:es", "--var", "1={nombre}", "--var", "2={día}"]

    def test_templates_are_found_by_name(self, create, run, whatsapp, what):
        whatsapp.templates.has("aviso", "es")
        create(what=what)

        said = run("preview", "Cita")

        assert "Hola Ana, le esperamos el martes." in said
        assert "Template aviso:es: utility, approved." in said

    def test_what_is_not_filled_is_an_error(self, create, run, whatsapp, what):
        whatsapp.templates.has("aviso", "es", "{{1}} {{2}}", {"type": "HEADER", "format": "IMAGE"})
        create(what=what)

        assert "The template's header has a file or a variable" in run("preview", "Cita", code=2)

    def test_twilios_template_has_no_provider(self, create, run):
        create()

        assert "Twilio is not set up: the template's own words are not known." in run(
            "preview", "Cita", code=2
        )
