"""What the log says of a request is that request's own."""

import structlog

from app import create_app
from tests.web.routes import requests_of


def test_no_line_has_the_id_of_a_call_that_the_thread_answered_before(make_settings, capfd):
    app = create_app(make_settings(elevenlabs_webhook_secret="a-secret", d360_webhook_token="a-token"))

    for _, method, path in requests_of(app):
        structlog.contextvars.bind_contextvars(call_sid="of-another-call")
        app.test_client().open(path, method=method, headers={"X-Forwarded-For": "203.0.113.9"})

    log = capfd.readouterr().err
    assert log.count("webhook_refused") > 5
    assert "of-another-call" not in log
