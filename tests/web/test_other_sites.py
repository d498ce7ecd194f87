"""A page of another site that is open in a browser on this machine does nothing here, on whichever route.

The routes are those of the application, so a new one is under this at once.
"""

import pytest

from app import create_app
from tests.dashboard.operator import Operator
from tests.web.routes import requests_of

HERE = "localhost:5000"
OPEN = {"/", "/health", "/api/openapi.json", "/static/<path:filename>", "/dashboard/static/<path:filename>"}
"""They say nothing about anybody."""
PASSWORD = "correct horse"
INSTALLATIONS = {
    "with nothing set": {},
    "with webhooks": {
        "d360_webhook_token": "a-token", "elevenlabs_webhook_secret": "a-secret", "twilio_auth_token": "a-token",
    },
    "with a password": {"dashboard_password": PASSWORD},
}  # fmt: skip
PAGES = {
    "of another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "of another site, in an old browser": {"Origin": "https://evil.example"},
    "without an origin": {"Origin": "null"},
    "that says nothing of where it is": {"Sec-Fetch-Site": "cross-site"},
    "of another port here": {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
    "over a name that points here": {"Host": "evil.example:5000", "Origin": "http://evil.example:5000"},
    "over a name that points here, asked plainly": {"Host": "evil.example:5000"},
}
FORM = "application/x-www-form-urlencoded"
BODIES = {
    "text/plain": b"{}",
    FORM: b"a=1",
    "multipart/form-data; boundary=b": b"--b--",
}
REFUSALS = {400, 401, 403, 404, 405}


@pytest.fixture(params=INSTALLATIONS)
def app(request, make_settings):
    made = create_app(make_settings(**INSTALLATIONS[request.param]))
    yield made
    made.extensions["container"].end_serving()
    made.extensions["container"].database.close()


def sent_by(app, headers, method, path, kind="text/plain"):
    body = {} if method == "GET" else {"data": BODIES[kind], "content_type": kind}
    return app.test_client().open(path, method=method, headers={"Host": HERE} | headers, **body).status_code


def test_nothing_is_done_for_a_page_of_another_site(app):
    answered = {
        (rule, method, kind, page): sent_by(app, headers, method, path, kind)
        for rule, method, path in requests_of(app)
        for kind in BODIES
        for page, headers in PAGES.items()
        if method != "GET"
    }

    assert len(answered) > 50 * len(PAGES)
    assert {request: status for request, status in answered.items() if status not in REFUSALS} == {}


def test_nothing_is_shown_over_a_name_that_points_here(app):
    to_login = {302} if app.extensions["container"].settings.dashboard_password else set()

    answered = {
        (rule, page): sent_by(app, headers, method, path)
        for rule, method, path in requests_of(app)
        for page, headers in PAGES.items()
        if method == "GET" and "Host" in headers and rule not in OPEN | {"/dashboard/login"}
    }

    assert len(answered) > 40
    assert {
        request: status for request, status in answered.items() if status not in REFUSALS | to_login
    } == {}


def test_a_page_of_another_site_has_no_use_for_an_operators_session(make_settings):
    operator = Operator(create_app(make_settings(dashboard_password=PASSWORD)))
    operator.log_in()

    statuses = {
        operator.client.post(path, headers={"Host": HERE} | headers, data=b"a=1").status_code
        for rule, method, path in requests_of(operator.app)
        for headers in PAGES.values()
        if method == "POST" and rule.startswith("/dashboard/")
    }

    assert statuses <= {400, 401, 403}
    assert operator.get().status_code == 200


def test_the_same_requests_of_this_machine_itself_are_answered(make_settings):
    app = create_app(make_settings())

    assert {sent_by(app, {}, "GET", path) for path in ("/dashboard/", "/metrics", "/dashboard/messages")} == {
        200
    }
    assert sent_by(app, {}, "POST", "/api/elevenlabs/handoff") == 422


def test_a_host_that_is_none_breaks_nothing(app):
    for host in ("[", "[::1", "a..b", "a:b:c", "localhost:99999999", "x" * 300, "\xff", "\xbd", "@", ""):
        signed = {"X-Twilio-Signature": "c2lnbmVk", "Origin": f"http://{host}", "Referer": f"http://{host}/"}

        statuses = {
            (rule, method): sent_by(app, {"Host": host} | signed, method, path, FORM)
            for rule, method, path in requests_of(app)
        }

        assert {request: status for request, status in statuses.items() if status >= 500} == {}, host
