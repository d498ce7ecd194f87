"""Files that Dialog360 fetches, and what the codes of receipts mean."""

import threading

import pytest

from integrations.dialog360 import error_codes
from integrations.dialog360.client import Dialog360, receipt_is_permanent, what_to_do
from tests.fakes.dialog360.fake import API_KEY, Answer, Close, FakeDialog360, Hang, Refuse
from tests.integrations.dialog360.requests import ANA, LUIS, refused

JPEG = b"\xff\xd8\xff" + b"\0" * 3000


@pytest.fixture
def whatsapp(clock):
    """A 360dialog where Ana and Luis have just written."""
    with FakeDialog360(clock=clock) as fake:
        fake.messages.hears(ANA)
        fake.messages.hears(LUIS)
        yield fake


# --- files


def test_a_file_is_fetched_in_two_steps_and_both_are_360dialogs(whatsapp, client):
    media_id = whatsapp.put(JPEG)

    assert client.download(media_id) == JPEG
    assert [request.path for request in whatsapp.requests] == [
        f"/{media_id}",
        "/whatsapp_business/attachments/",
    ]
    assert {request.headers["d360-api-key"] for request in whatsapp.requests} == {API_KEY}


def test_a_file_of_no_known_length_is_fetched_whole(whatsapp, client):
    assert client.download(whatsapp.put(JPEG, chunked=True)) == JPEG


@pytest.mark.parametrize("how", [{}, {"said_size": 1}, {"said_size": 1, "chunked": True}])
def test_a_file_that_is_too_large_is_left_where_it_is(whatsapp, client, how):
    media_id = whatsapp.put(JPEG, **how)

    error = refused(client.download, media_id, most_bytes=len(JPEG) - 1)

    assert (error.code, error.permanent) == (error_codes.TOO_LARGE, True)
    assert client.download(media_id, most_bytes=len(JPEG)) == JPEG


def test_a_file_that_is_said_to_be_too_large_is_not_asked_for(whatsapp, client):
    refused(client.download, whatsapp.put(JPEG), most_bytes=10)

    assert len(whatsapp.requests) == 1


@pytest.mark.parametrize(
    "host", ["https://lookaside.fbsbx.com", "http://127.0.0.1:1", "https://user:word@example.com:8443"]
)
def test_whatever_host_a_link_names_nobody_but_360dialog_is_asked(whatsapp, client, host):
    link = f"{host}/whatsapp_business/attachments/?mid=1&ext=2&hash=3#there"

    refused(client.download, whatsapp.put(JPEG, link=link))

    asked = whatsapp.requests[1]
    assert (asked.path, asked.query) == (
        "/whatsapp_business/attachments/",
        {"mid": "1", "ext": "2", "hash": "3"},
    )


@pytest.mark.parametrize("link", ["", "/", "https://lookaside.fbsbx.com", "http://[", 7, "\n"])
def test_a_link_that_leads_nowhere_is_not_followed(whatsapp, client, link):
    whatsapp.fail(Answer(200, {"url": link}))

    error = refused(client.download, "1037")

    assert (error.code, error.permanent) == (error_codes.NOT_UNDERSTOOD, False)
    assert len(whatsapp.requests) == 1


def test_a_redirect_is_not_followed(whatsapp, client):
    media_id = whatsapp.put(JPEG)
    elsewhere = {"Location": f"{whatsapp.url}/elsewhere"}
    whatsapp.fail(Answer(302, {}, elsewhere), path="attachments")

    error = refused(client.download, media_id)

    assert (error.code, error.permanent) == (error_codes.REDIRECT_REFUSED, True)
    assert len(whatsapp.requests) == 2


@pytest.mark.parametrize(
    "media_id", ["", "..", "1037/../messages", "1037?a=b", "1037\n", "a" * 256, "https://x"]
)
def test_what_is_no_id_of_a_file_is_not_asked_for(whatsapp, client, media_id):
    error = refused(client.download, media_id)

    assert (error.code, error.permanent) == (error_codes.FOREIGN_MEDIA, True)
    assert whatsapp.requests == []


def test_a_file_that_is_gone_is_said_to_be_gone_and_not_asked_for_again(whatsapp, client):
    error = refused(client.download, "1037")

    assert (error.code, error.status, error.permanent) == (error_codes.MEDIA_NOT_FOUND, 404, True)
    assert len(whatsapp.requests) == 1


@pytest.mark.parametrize(
    ("fault", "code", "permanent"),
    [
        (Answer(404, {"error": "Not Found"}), error_codes.MEDIA_NOT_FOUND, True),
        (Answer(401, {"error": "Invalid api_key"}), 401, True),
        (Answer(503, b"<html>" + b"a" * 100_000), 503, False),
        (Refuse(131000, 500), 131000, False),
        (Close(), error_codes.CONNECTION_LOST, False),
    ],
)
def test_a_file_that_is_refused_is_refused_in_the_same_words(whatsapp, client, fault, code, permanent):
    media_id = whatsapp.put(JPEG)
    whatsapp.fail(fault, path="attachments")

    error = refused(client.download, media_id)

    assert (error.code, error.permanent) == (code, permanent)


@pytest.mark.parametrize("path", ["/1037", "attachments"])
def test_a_download_ends_when_its_time_is_over(whatsapp, path):
    media_id = whatsapp.put(JPEG)
    whatsapp.fail(Hang(), path=path)
    client = Dialog360(API_KEY, api_url=whatsapp.url, total_s=1.5, media_total_s=1.5)

    assert refused(client.download, media_id).code == error_codes.NO_ANSWER_IN_TIME


def test_a_link_is_good_for_five_minutes_and_a_new_one_is_asked_for_each_time(whatsapp, client, clock):
    media_id = whatsapp.put(JPEG)
    client.download(media_id)
    clock.pass_(301)

    assert client.download(media_id) == JPEG


def test_many_threads_share_a_client(whatsapp, client):
    media_id = whatsapp.put(JPEG)
    fetched = []
    threads = [threading.Thread(target=lambda: fetched.append(client.download(media_id))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert fetched == [JPEG] * 20


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_no_proxy_has_a_part_in_it(whatsapp, monkeypatch, variable):
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    client = Dialog360(API_KEY, api_url=whatsapp.url)

    client.send_text(ANA, "Hola")
    assert client.download(whatsapp.put(JPEG)) == JPEG


# --- in words


def test_every_code_is_said_in_both_languages():
    for code in [*error_codes.KNOWN_CODES, 250, 500, 502]:
        spanish, english = what_to_do(code, "es"), what_to_do(code, "en")

        assert spanish != english
        for sentence in (spanish, english):
            assert sentence[0].isupper() or sentence[0].isdigit(), code
            assert sentence.endswith("."), code


@pytest.mark.parametrize("code", [None, 199999, "another", 302])
def test_a_code_of_no_entry_is_not_explained(code):
    assert what_to_do(code, "es") is None


@pytest.mark.parametrize(
    ("code", "permanent"), [(None, True), (131047, True), (199999, True), (131056, False)]
)
def test_a_receipt_says_whether_to_try_again(code, permanent):
    assert receipt_is_permanent(code) is permanent
