"""The first page says that the model fails, while there is one."""

from storage import model_failures
from storage.base import utc_now


def test_since_when_the_model_fails_is_shown_as_a_time(operator):
    with operator.parts.database.write() as connection:
        for _ in range(2):
            model_failures.note_failure(connection, "key", "401", utc_now())

    page = operator.read()

    assert "(OPENAI_API_KEY). 2 respuestas han fallado desde: <time " in page
    assert "&lt;time" not in page


def test_a_model_that_is_asked_no_more_does_not_fail(open_desk):
    operator = open_desk(openai_base_url=None, openai_api_key=None)
    with operator.parts.database.write() as connection:
        model_failures.note_failure(connection, "key", "401", utc_now())

    assert "fallado desde" not in operator.read()
    assert "assistant_model_failing_seconds 0.0" in operator.parts.exposition.text().decode()
