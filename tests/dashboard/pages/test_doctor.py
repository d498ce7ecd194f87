"""The page that examines the installation, and mends it only for who has logged in or come by a link."""

import re

import pytest

from tests.dashboard.operator import PASSWORD, link_of
from tests.fakes.dialog360.fake import FakeDialog360
from tests.postgres import free_port

PUBLIC = "http://0.0.0.0:9"  # public by its name, and refused at once
OURS = f"{PUBLIC}/webhook/360dialog"
FIX = "/dashboard/doctor/fixes/360dialog-webhook"
HERE = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def dialog360():
    with FakeDialog360() as fake:
        fake.webhooks.url = "https://other.example/hook"
        yield fake


@pytest.fixture
def open_with_fix(open_desk, dialog360):
    """Open a dashboard of an installation whose 360dialog number sends its webhooks elsewhere."""

    def open_one(**values):
        usual = {
            "d360_api_key": dialog360.api_key, "d360_api_url": dialog360.url, "d360_webhook_token": "a-token",
            "webhook_url": PUBLIC, "port": free_port(), "lang": "es_ES.UTF-8",
        }  # fmt: skip
        return open_desk(**(usual | values))

    return open_one


@pytest.fixture
def desk(open_with_fix):
    """With a password, and logged in."""
    desk = open_with_fix(dashboard_password=PASSWORD)
    desk.log_in()
    return desk


def mend(desk, *, seen=None, **headers):
    seen = seen or re.search(r'name="seen" value="(\w+)"', desk.read(FIX))[1]
    form = {"csrf_token": desk.token(), "seen": seen}
    return desk.client.post(FIX, data=form, headers={"Accept-Language": "es"} | HERE | headers)


def test_nothing_is_examined_before_somebody_asks(desk, openai):
    page = desk.read("/dashboard/doctor")

    assert "Examinarlo todo" in page and 'class="findings"' not in page
    assert openai.chats == []


def test_it_shows_each_part_in_the_readers_language_with_a_button_for_a_fix(desk, openai):
    page = desk.post("/dashboard/doctor").text

    assert "se puede leer y escribir" in page and "contesta: primera palabra a los" in page
    assert "Las llamadas no funcionarán hasta que esté bien lo marcado en rojo." in page
    assert f'href="{FIX}"' in page and "other.example/hook" in page
    assert len(openai.chats) == 3  # as a server of one's own is asked
    assert "<html" in page


def test_htmx_gets_the_findings_alone(desk):
    headers = {"HX-Request": "true", "Accept-Language": "en"}
    findings = desk.client.post("/dashboard/doctor", data={"csrf_token": desk.token()}, headers=headers).text

    assert "<html" not in findings and "can be read and written" in findings


def test_a_fix_shows_what_stands_there_and_is_made_on_request(desk, dialog360):
    page = desk.read(FIX)
    assert "https://other.example/hook" in page and OURS in page and "Sustituirlo" in page

    assert mend(desk).location == "/dashboard/doctor"

    assert dialog360.webhooks.url == OURS
    assert "Cambiado." in desk.read("/dashboard/doctor")
    assert desk.get(FIX).location == "/dashboard/doctor"  # there is nothing left to change


def test_what_has_changed_since_it_was_shown_is_shown_again(desk, dialog360):
    seen = re.search(r'name="seen" value="(\w+)"', desk.read(FIX))[1]
    dialog360.webhooks.url = "https://a-third.example/hook"

    assert mend(desk, seen=seen).location == FIX

    assert dialog360.webhooks.url == "https://a-third.example/hook"
    assert "a-third.example" in desk.read(FIX)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    ],
)  # fmt: skip
def test_a_page_of_another_site_changes_nothing(desk, dialog360, headers):
    assert mend(desk, **headers).status_code == 403

    assert dialog360.webhooks.url == "https://other.example/hook"


def test_a_form_without_its_token_changes_nothing(desk, dialog360):
    assert desk.client.post(FIX, data={"seen": "x"}, headers=HERE).status_code == 400

    assert dialog360.webhooks.url == "https://other.example/hook"


def test_the_public_address_is_an_origin_of_ours_whatever_host_a_proxy_passes_on(desk, dialog360):
    assert mend(desk, Origin=PUBLIC).status_code == 302

    assert dialog360.webhooks.url == OURS


def test_without_a_password_a_link_is_needed_on_this_machine_too(open_with_fix, dialog360):
    desk = open_with_fix()
    assert desk.get("/dashboard/doctor").status_code == 403

    assert desk.get(link_of(desk)).status_code == 302

    assert mend(desk).status_code == 302
    assert dialog360.webhooks.url == OURS


def test_whoever_only_sits_at_this_machine_may_look_and_change_nothing(open_desk):
    desk = open_desk(port=free_port())
    assert desk.post("/dashboard/doctor").status_code == 200

    refused = desk.client.post(FIX, data={"csrf_token": desk.token(), "seen": "x"}, headers=HERE)

    assert refused.status_code == 403 and "dashboard-link" in refused.text


def test_a_service_that_cannot_be_asked_is_said(desk, dialog360):
    dialog360.api_key = "another"

    assert desk.get(FIX).location == "/dashboard/doctor"

    assert "El servicio lo ha rechazado (HTTP 401" in desk.read("/dashboard/doctor")
