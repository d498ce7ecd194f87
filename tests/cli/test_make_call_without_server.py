"""make_call.py where nothing answers at WEBHOOK_URL: nobody is called only to hear an error."""

import pytest

from tests.cli.dialer import _UNUSED_PORT, TO, WORDS

NOWHERE = f"http://127.0.0.1:{_UNUSED_PORT}"


@pytest.mark.parametrize(("language", "says"), [("es", "no responde en"), ("en", "does not answer at")])
def test_where_nothing_answers_nobody_is_called(twilio, dialer, language, says):
    ended = dialer.run(TO, WEBHOOK_URL=NOWHERE, LANG=WORDS[language])

    assert ended.code == 4
    assert says in ended.err and "./start.sh" in ended.err
    assert twilio.posted() == []


@pytest.mark.parametrize(
    "health",
    [
        (404, b"{}"),
        (502, b"<html>Bad gateway</html>"),
        (200, b"<html>Visit site</html>"),
        (200, b"[]"),
        (302, b""),
    ],
)
def test_where_something_else_answers_nobody_is_called(twilio, dialer, server, health):
    server.health = health

    assert dialer.run(TO).code == 4
    assert twilio.posted() == []


def test_a_server_whose_database_is_down_still_talks_to_callers(twilio, dialer, server):
    server.health = (503, b'{"status": "down", "database": "unreachable"}')

    assert dialer.run(TO).code == 0
    assert server.asked[0] == "/health"


def test_whoever_knows_better_calls_all_the_same(twilio, dialer):
    assert dialer.run(TO, "--no-check", WEBHOOK_URL=NOWHERE).code == 0
