import re

import pytest
from flask import session
from sqlalchemy import text

from dashboard.auth import FILES, OPEN_ENDPOINTS, next_page
from tests.dashboard.operator import PASSWORD

ELSEWHERE = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture
def locked_desk(open_desk):
    """A dashboard with a password, and nobody logged in."""
    return open_desk(dashboard_password=PASSWORD)


def routes_of(operator):
    """Every route of the dashboard by endpoint, with a method that it takes and a path that leads to it."""
    for rule in operator.app.url_map.iter_rules():
        if rule.endpoint.startswith("dashboard."):
            path = re.sub(r"<any\(\W*([\w-]+).*?\):\w+>", r"\1", rule.rule)
            method = "POST" if "POST" in rule.methods else "GET"
            yield rule.endpoint, method, re.sub(r"<[^>]+>", "1", path)


def test_without_a_password_the_machine_itself_needs_none(operator):
    assert operator.get().status_code == 200


def test_without_a_password_nothing_is_shown_to_who_comes_from_elsewhere(open_desk):
    stranger = open_desk(remote=True)

    statuses = {
        endpoint: stranger.client.open(path, method=method, headers=ELSEWHERE).status_code
        for endpoint, method, path in routes_of(stranger)
        if endpoint != FILES
    }

    assert len(statuses) > 5
    assert set(statuses.values()) == {403}, statuses
    assert "DASHBOARD_PASSWORD" in stranger.get().text


def test_the_refusal_of_who_comes_from_elsewhere_is_a_page_with_its_style(open_desk):
    stranger = open_desk(remote=True)

    files = re.findall(r'href="(/dashboard/static/[^"]+\.css[^"]*)"', stranger.get().text)

    assert len(files) == 2
    assert {stranger.get(file).status_code for file in files} == {200}


def test_the_bare_address_leads_to_the_dashboard_and_past_no_guard(operator, open_desk):
    stranger = open_desk(remote=True)

    assert operator.get("/").location == stranger.get("/").location == "/dashboard/"
    assert stranger.get("/dashboard/").status_code == 403


def test_with_a_password_no_page_is_shown_before_it_is_given(locked_desk):
    statuses = {
        endpoint: locked_desk.client.open(path, method=method).status_code
        for endpoint, method, path in routes_of(locked_desk)
        if endpoint not in OPEN_ENDPOINTS
    }

    assert len(statuses) > 5
    assert set(statuses.values()) <= {302, 401}, statuses


def test_dashboards_in_one_process_know_nothing_of_each_other(open_desk):
    locked = open_desk(dashboard_password=PASSWORD, openai_model="of-the-first")
    another = open_desk(dashboard_password="another password", openai_model="of-the-second")
    unlocked = open_desk(openai_model="of-the-third")

    assert [desk.get().status_code for desk in (locked, another, unlocked)] == [302, 302, 200]
    assert (locked.log_in().status_code, another.log_in().status_code) == (302, 401)
    assert "of-the-first" in locked.read("/dashboard/assistant")
    assert "of-the-third" in unlocked.read("/dashboard/assistant")
    assert another.get().status_code == 302


def test_who_is_not_logged_in_is_sent_to_the_door_and_then_where_they_wanted_to_go(locked_desk):
    sent = locked_desk.get("/dashboard/assistant?part=faq")

    entered = locked_desk.post(sent.location, password=PASSWORD)

    assert sent.location == "/dashboard/login?next=/dashboard/assistant?part%3Dfaq"
    assert entered.location == "/dashboard/assistant?part=faq"
    assert locked_desk.get(entered.location).status_code == 200


def test_a_part_of_a_page_that_finds_the_session_over_opens_the_door_instead(locked_desk):
    response = locked_desk.get("/dashboard/today", **{"HX-Request": "true"})

    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/dashboard/login")


def test_a_stream_that_finds_the_session_over_is_refused(locked_desk):
    assert locked_desk.get(Accept="text/event-stream").status_code == 401


@pytest.mark.parametrize(
    "wanted",
    ["https://example.com/dashboard/", "//example.com/dashboard/", "/\\example.com/dashboard/", "javascript:alert(1)",
     "/dashboard/../webhook", "/dashboard/..\\webhook", "/voice", "", "dashboard/", "http://[", "//[::1"],
)  # fmt: skip
def test_logging_in_leads_nowhere_but_to_the_dashboard(locked_desk, wanted):
    with locked_desk.app.test_request_context("/dashboard/login"):
        assert next_page(wanted) == "/dashboard/"


def test_a_wrong_password_is_refused(locked_desk):
    response = locked_desk.log_in("incorrect horse")

    assert response.status_code == 401
    assert "La contraseña no es correcta" in response.text
    assert locked_desk.get().status_code == 302


def test_a_password_that_is_empty_is_nobodys(open_desk):
    assert open_desk(dashboard_password="").log_in("").status_code == 401


def test_leaving_ends_the_session(locked_desk):
    locked_desk.log_in()

    left = locked_desk.post("/dashboard/logout")

    assert left.location == "/dashboard/login"
    assert locked_desk.get().status_code == 302


@pytest.mark.both_databases
def test_leaving_ends_a_copied_cookie_too(open_desk):
    one, other = (open_desk(dashboard_password=PASSWORD) for _ in range(2))
    one.log_in()
    other.client = one_client_at(other, one)
    assert other.get().status_code == 200

    one.post("/dashboard/logout")

    assert other.get().status_code == 302


def test_another_process_knows_the_session(open_desk):
    one, other = (open_desk(dashboard_password=PASSWORD) for _ in range(2))
    one.log_in()

    other.client = one_client_at(other, one)

    assert other.get().status_code == 200


def test_another_password_ends_every_session(open_desk):
    one, other = open_desk(dashboard_password=PASSWORD), open_desk(dashboard_password="staple")
    one.log_in()

    other.client = one_client_at(other, one)

    assert other.get().status_code == 302


def one_client_at(other, one):
    """A client of another process that has the cookie of this one's."""
    client = other.app.test_client()
    cookie = one.client.get_cookie("assistant_dashboard", path="/dashboard")
    client.set_cookie("assistant_dashboard", cookie.value, path="/dashboard")
    return client


def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(locked_desk):
    plain = locked_desk.log_in().headers["Set-Cookie"]
    encrypted = locked_desk.get("/dashboard/login", **{"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]

    for cookie in (plain, encrypted):
        assert {"HttpOnly", "SameSite=Lax", "Path=/dashboard"} <= set(cookie.split("; "))
    assert "Secure" in encrypted.split("; ")
    assert "Secure" not in plain.split("; ")


@pytest.mark.parametrize("path", ["/dashboard/login", "/dashboard/logout"])
def test_a_form_that_was_not_made_here_is_refused(locked_desk, path):
    locked_desk.log_in()

    without = locked_desk.client.post(path, data={"password": PASSWORD})
    of_another = locked_desk.client.post(path, data={"csrf_token": "made.up.token"})

    assert (without.status_code, of_another.status_code) == (400, 400)
    assert locked_desk.get().status_code == 200


def test_the_token_of_another_session_is_no_good(open_desk):
    victim, attacker = (open_desk(dashboard_password=PASSWORD) for _ in range(2))
    victim.log_in()

    forged = victim.client.post("/dashboard/logout", data={"csrf_token": attacker.token()})

    assert forged.status_code == 400
    assert victim.get().status_code == 200


def test_webhooks_are_asked_for_a_signature_and_not_for_a_token(operator):
    assert operator.client.post("/voice", data={"CallSid": "CA1"}).status_code == 403


def test_every_page_forbids_scripts_that_are_not_its_own_frames_and_keeping(operator):
    headers = operator.get().headers

    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_a_file_is_kept_for_long_because_its_address_changes_with_it(operator):
    page = operator.read()
    start = page.index("/dashboard/static/dashboard.css")

    response = operator.get(page[start : page.index('"', start)])

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_webhooks_get_no_cookie(operator):
    assert "Set-Cookie" not in operator.client.post("/voice").headers


def test_a_page_that_is_not_there_is_said_in_the_readers_language(open_desk):
    missing = open_desk(language="en").get("/dashboard/nowhere")

    assert missing.status_code == 404
    assert "There is no such page" in missing.text


@pytest.mark.both_databases
def test_without_its_tables_a_page_says_so_and_shows_nothing_of_the_error(operator):
    with operator.parts.database.write() as connection:
        connection.execute(text("ALTER TABLE handoffs RENAME TO elsewhere"))

    response = operator.get()

    assert response.status_code == 503
    assert "No se llega a la base de datos" in response.text
    assert "handoffs WHERE" not in response.text


def test_a_session_of_old_is_worth_nothing_to_whoever_logs_in_next(locked_desk):
    with locked_desk.client as client:
        with client.session_transaction(path="/dashboard/") as planted:
            planted["planted"] = "by somebody else"
        locked_desk.log_in()

        assert "planted" not in session
