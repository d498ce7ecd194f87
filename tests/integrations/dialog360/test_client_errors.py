"""Dialog360: which errors pass, which last, and what may have been sent."""

import pytest

from integrations.dialog360 import error_codes
from integrations.dialog360.client import Dialog360, may_have_been_done, what_to_do
from tests.fakes.dialog360.fake import API_KEY, Answer, Close, FakeDialog360, Hang, Refuse
from tests.integrations.dialog360.requests import ANA, LUIS, refused, refused_text


@pytest.fixture
def whatsapp(clock):
    """A 360dialog where Ana and Luis have just written."""
    with FakeDialog360(clock=clock) as fake:
        fake.messages.hears(ANA)
        fake.messages.hears(LUIS)
        yield fake


# --- what is refused


def test_a_wrong_key_is_said_to_be_wrong(whatsapp):
    error = refused_text(Dialog360("another", api_url=whatsapp.url))

    assert (error.code, error.status, error.permanent) == (401, 401, True)
    assert "D360_API_KEY" in what_to_do(error.code, "es")


@pytest.mark.parametrize("wrapped", [False, True])
def test_metas_code_is_found_wherever_it_is_wrapped(whatsapp, client, wrapped):
    whatsapp.fail(Refuse(131021, title="Recipient cannot be sender", wrapped=wrapped))

    error = refused_text(client)

    assert (error.code, error.status, error.permanent) == (131021, 400, True)
    assert str(error) == "360dialog: (#131021) Recipient cannot be sender"


def test_an_error_of_the_on_premise_api_is_understood_too(whatsapp, client):
    whatsapp.fail(Answer(400, {"errors": [{"code": 1008, "title": "Required parameter is missing"}]}))

    assert refused_text(client).code == 1008


def test_what_meta_quotes_is_not_told_on(whatsapp, client):
    whatsapp.fail(Refuse(131030, title="Recipient +34 600 000 001, https://example.com/?key=1, not allowed"))

    assert str(refused_text(client)) == "360dialog: (#131030) Recipient ..., ... not allowed"


LASTING_CODES = (3, 100, 190, 200, 299, 368, 131005, 131026, 131045, 131047, 131048, 132001, 132015)


@pytest.mark.parametrize("status", [400, 429, 500])
def test_what_passes_by_itself_is_not_permanent_whatever_its_status(whatsapp, client, status):
    for code in sorted(error_codes.PASSING_CODES):
        whatsapp.fail(Refuse(code, status))

        assert not refused_text(client).permanent


@pytest.mark.parametrize("status", [400, 429, 500])
def test_what_never_passes_is_permanent_whatever_its_status(whatsapp, client, status):
    for code in LASTING_CODES:
        whatsapp.fail(Refuse(code, status))

        assert refused_text(client).permanent


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (404, True), (429, False), (503, False)])
def test_a_code_that_is_not_known_is_as_permanent_as_its_status(whatsapp, client, status, permanent):
    whatsapp.fail(Refuse(199999, status))

    error = refused_text(client)
    assert (error.code, error.permanent) == (199999, permanent)


@pytest.mark.parametrize(
    ("status", "words", "code", "permanent"),
    [
        (400, "You have exceeded the endpoint rate limit.", error_codes.RATE_LIMIT, False),
        (400, "Could not send message due to lack of payment.", error_codes.PAYMENT_OVERDUE, True),
        (400, "Your WhatsApp for Business API has been disabled", error_codes.ACCOUNT_DISABLED, True),
        (400, "Bad request", 400, True),
        (403, "The endpoint is blocked", 403, True),
        (403, "The endpoint is disabled for this key", 403, True),
        (429, "Too many requests", 429, False),
        (500, "Internal server error", 500, False),
        (502, "WhatsApp for Business API not available", 502, False),
    ],
)
def test_what_360dialog_says_itself_is_understood_by_its_words(
    whatsapp, client, status, words, code, permanent
):
    for body in ({"meta": {"developer_message": words}}, {"error": words}, {"detail": words}):
        whatsapp.fail(Answer(status, body))

        error = refused_text(client)

        assert (error.code, error.status, error.permanent) == (code, status, permanent)
        assert str(error) == f"360dialog: {words}"


@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b"", b"[]", b'{"error": {"code": "x"}}', b"null"]
)
def test_an_error_that_says_nothing_is_its_status(whatsapp, client, body):
    whatsapp.fail(Answer(502, body))

    error = refused_text(client)
    assert (error.code, error.permanent, str(error)) == (502, False, "360dialog answered HTTP 502")


def test_how_long_to_wait_is_passed_on(whatsapp, client):
    whatsapp.fail(Refuse(130429, 429, retry_after="7"))

    assert refused_text(client).retry_after_s == 7


@pytest.mark.parametrize(
    "answer", [{}, {"messages": []}, {"messages": [{"id": ""}]}, [], b"<html>Welcome</html>"]
)
def test_an_answer_with_no_message_in_it_is_no_success(whatsapp, client, answer):
    whatsapp.fail(Answer(200, answer))

    error = refused_text(client)
    assert (error.code, error.permanent, may_have_been_done(error)) == (
        error_codes.NOT_UNDERSTOOD,
        False,
        True,
    )


def test_typing_that_was_not_shown_is_no_success(whatsapp, client):
    whatsapp.fail(Answer(200, {"success": False}))

    assert refused(client.show_typing, "wamid.a").code == error_codes.NOT_UNDERSTOOD


# --- what may have been done


def test_a_message_whose_answer_was_lost_may_be_on_its_way(whatsapp, client):
    whatsapp.fail(Close(after=True))

    error = refused_text(client)

    assert (error.code, error.permanent) == (error_codes.CONNECTION_LOST, False)
    assert may_have_been_done(error)
    assert whatsapp.messages.words() == ["Hola"]


def test_a_message_that_is_not_answered_in_time_may_be_on_its_way(whatsapp):
    whatsapp.fail(Hang())

    error = refused_text(Dialog360(API_KEY, api_url=whatsapp.url, total_s=1.5))

    assert error.code == error_codes.NO_ANSWER_IN_TIME
    assert may_have_been_done(error)


def test_a_message_that_nobody_was_there_for_is_not_on_its_way(whatsapp):
    url = whatsapp.url
    whatsapp.__exit__()

    error = refused_text(Dialog360(API_KEY, api_url=url))
    assert (error.code, error.permanent, may_have_been_done(error)) == (
        error_codes.NO_CONNECTION,
        False,
        False,
    )
    whatsapp.__enter__()


@pytest.mark.parametrize(("fault", "done"), [(Answer(502, {}), True), (Refuse(131016, 500), False)])
def test_a_server_that_fails_may_have_done_it_unless_meta_says_that_it_did_not(whatsapp, client, fault, done):
    whatsapp.fail(fault)

    assert may_have_been_done(refused_text(client)) is done


def test_of_words_that_cannot_be_written_nothing_is_left_to_send(client):
    error = refused_text(client, "\ud83d")

    assert (error.code, error.permanent) == (131008, True)
