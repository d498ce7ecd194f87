"""Operators' files, fetched from a Chatwoot on loopback and the store behind it."""

import time

import pytest

from integrations.chatwoot import files
from integrations.chatwoot.client import Chatwoot
from integrations.errors import CONNECTION_LOST, NO_ANSWER_IN_TIME, NO_CONNECTION, IntegrationError
from tests.fakes.chatwoot.fake import FakeChatwoot, Hang
from tests.waiting import LATE_S

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 3000
PUBLIC = "https://chatwoot.example.com"
STORE = "/rails/active_storage/blobs/redirect/"


@pytest.fixture
def chatwoot():
    """Links are written with its public name, under which nobody here reaches it."""
    with FakeChatwoot(frontend_url=PUBLIC) as fake:
        yield fake


@pytest.fixture
def client(chatwoot):
    made = connect(chatwoot)
    yield made
    made.close()


def connect(fake, url=None):
    return Chatwoot(
        url or fake.url, inbox_identifier=fake.identifier, account_id=1, api_token=fake.bot_token, total_s=5
    )


def attached(chatwoot, client, content=PNG, name="plano.png", content_type="image/png"):
    """The link of a file that an operator attached."""
    client.make_contact("34600000001")
    id = client.make_conversation("34600000001").id
    chatwoot.operator_writes(id, "Esto", attachments=[(name, content, content_type)])
    return client.newest_messages("34600000001", id)[-1].attachments[0].url


def refused(client, link, **options):
    with pytest.raises(IntegrationError) as raised:
        client.download(link, **options)
    assert "http" not in str(raised.value)
    assert "rails" not in str(raised.value)
    return raised.value


def test_an_operators_file_is_fetched_from_where_chatwoot_sends_one_without_the_token(chatwoot, client):
    link = attached(chatwoot, client)

    file = client.download(link)

    assert link.startswith(PUBLIC)
    assert (file.content, file.content_type) == (PNG, "image/png")
    assert len(chatwoot.store.asked) == 1
    assert chatwoot.store.leaks == []
    assert [asked.headers.get("api_access_token") for asked in chatwoot.asked("GET", ".png")] == [None]


@pytest.mark.parametrize("name", ["plano de la casa.png", "año.png", "a&b=c.png", "100%.png"])
def test_names_of_files_are_nobodys_trouble(chatwoot, client, name):
    assert client.download(attached(chatwoot, client, name=name)).content == PNG


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed(chatwoot, client, status):
    chatwoot.store.redirect_status = status

    assert client.download(attached(chatwoot, client)).content == PNG


def test_a_store_that_sends_one_on_itself_is_followed_at_most_three_times_in_all(chatwoot, client):
    link = attached(chatwoot, client)
    chatwoot.store.hops = 2
    assert client.download(link).content == PNG

    chatwoot.store.hops = 3
    assert refused(client, link).code == files.REDIRECT_REFUSED


def test_the_type_is_told_without_its_parameters(chatwoot, client):
    chatwoot.store.content_type = "Audio/OGG; codecs=opus"

    assert client.download(attached(chatwoot, client)).content_type == "audio/ogg"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://169.254.169.254/latest/meta-data",
        PUBLIC + "/api/v1/accounts/1/conversations",
        PUBLIC + "/public/api/v1/inboxes/x",
        PUBLIC + "/",
        PUBLIC + STORE + "../../../../api",
        PUBLIC + STORE + "%2e%2e/%2E%2e/api",
        PUBLIC + STORE + "a%2f..%2fapi",
        PUBLIC + STORE + "..\\api",
        PUBLIC + "/x" + STORE + "a/b.png",
        "file:///etc/passwd",
        "http://[::1",
        "https://user:word@chatwoot.example.com:port" + STORE + "a/b.png",
        "rails/active_storage/blobs/redirect/a/b.png",
        "\0",
    ],
)
def test_a_link_that_is_to_no_file_of_chatwoots_is_refused_unasked(chatwoot, client, link):
    error = refused(client, link)

    assert (error.code, error.permanent) == (files.FOREIGN_LINK, True)
    assert chatwoot.requests == []


def test_a_link_to_another_host_is_asked_of_our_own_chatwoot(chatwoot, client):
    error = refused(client, "http://169.254.169.254" + STORE + "a/b.png")

    assert error.status == 404
    assert [asked.path for asked in chatwoot.requests] == [STORE + "a/b.png"]


def test_a_chatwoot_below_a_path_is_asked_there(chatwoot):
    client = connect(chatwoot, url=chatwoot.url + "/support")

    for link in (PUBLIC + "/support" + STORE + "a/b.png", PUBLIC + STORE + "a/b.png"):
        refused(client, link)

    assert [asked.path for asked in chatwoot.requests] == ["/support" + STORE + "a/b.png"] * 2


@pytest.mark.parametrize(
    "location",
    [
        "",
        "ftp://127.0.0.1/a",
        "file:///etc/passwd",
        "http://user:word@127.0.0.1:1/",
        "http://[::1",
    ],
)
def test_a_redirect_to_where_nobody_should_follow_is_refused(chatwoot, client, location):
    link = attached(chatwoot, client)
    chatwoot.store.redirect_to = location

    error = refused(client, link)

    assert (error.code, error.permanent) == (files.REDIRECT_REFUSED, True)
    assert chatwoot.store.asked == []


def test_a_redirect_from_https_to_http_is_refused():
    home = files.httpx2.URL("https://chatwoot.example.com/a")

    with pytest.raises(IntegrationError):
        files._next(home, "http://store.example.com/a")
    assert str(files._next(home, "https://store.example.com/a")) == "https://store.example.com/a"


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(chatwoot, client):
    link = attached(chatwoot, client, b"x" * 5000)

    assert len(client.download(link, most_bytes=5000).content) == 5000
    error = refused(client, link, most_bytes=4999)
    assert (error.code, error.permanent) == (files.FILE_TOO_LARGE, True)


def test_a_file_that_does_not_say_its_size_is_left_at_the_limit(chatwoot, client):
    link = attached(chatwoot, client, b"x" * 20_000_000)
    chatwoot.store.chunked = True

    assert refused(client, link, most_bytes=100_000).code == files.FILE_TOO_LARGE
    assert chatwoot.wait_for(lambda: chatwoot.store.asked[0].gone)


def test_sixteen_megabytes_are_the_limit_where_none_is_named(chatwoot, client):
    link = attached(chatwoot, client)
    chatwoot.store.length = 16 * 1024 * 1024 + 1

    assert refused(client, link).code == files.FILE_TOO_LARGE


def test_a_file_that_ends_before_its_size_is_a_failure_that_passes(chatwoot, client):
    link = attached(chatwoot, client)
    chatwoot.store.length = len(PNG) + 1

    error = refused(client, link)

    assert (error.code, error.permanent) == (CONNECTION_LOST, False)


@pytest.mark.parametrize(
    ("status", "permanent"), [(403, True), (404, True), (500, False), (503, False), (204, False)]
)
def test_a_store_that_gives_nothing_is_a_failure(chatwoot, client, status, permanent):
    link = attached(chatwoot, client)
    chatwoot.store.status = status

    error = refused(client, link)

    assert (error.code, error.status, error.permanent) == (status, status, permanent)


def test_a_file_that_was_deleted_is_404(chatwoot, client):
    link = attached(chatwoot, client)
    chatwoot.operator_deletes(chatwoot.messages(42)[0])

    assert refused(client, link).status == 404


def test_a_chatwoot_that_is_down_is_a_failure_that_passes(chatwoot, client):
    link = attached(chatwoot, client)
    chatwoot.down()

    error = refused(client, link)

    assert (error.code, error.permanent) == (NO_CONNECTION, False)


def test_a_chatwoot_that_hangs_is_left_at_the_deadline(chatwoot):
    store = files.FileStore(chatwoot.url, total_s=1.5)
    chatwoot.fail(Hang())
    began = time.monotonic()

    with pytest.raises(IntegrationError) as raised:
        store.download(PUBLIC + STORE + "a/b.png", most_bytes=1000)

    assert raised.value.code == NO_ANSWER_IN_TIME
    assert 1.4 < time.monotonic() - began < LATE_S
    store.close()
