"""Dialog360 against a 360dialog on loopback."""

import re
import threading

import pytest

from integrations.dialog360 import error_codes
from integrations.dialog360.client import Dialog360, may_have_been_done, receipt_is_permanent, what_to_do
from integrations.dialog360.webhooks import read_webhook
from integrations.errors import IntegrationError
from tests.fakes.dialog360.fake import API_KEY, Answer, Close, FakeDialog360, Hang, Refuse

ANA, LUIS = "+34600000001", "+34600000002"
LINK = "https://example.com/precios.pdf"
JPEG = b"\xff\xd8\xff" + b"\0" * 3000


class Clock:
    def __init__(self):
        self.now = 1772366400.0

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def whatsapp(clock):
    """A 360dialog where Ana and Luis have just written."""
    with FakeDialog360(clock=clock) as fake:
        fake.messages.hears(ANA)
        fake.messages.hears(LUIS)
        yield fake


@pytest.fixture
def client(whatsapp):
    dialog360 = Dialog360(API_KEY, api_url=whatsapp.url + "/")
    yield dialog360
    dialog360.close()


def refused(do, *arguments, **options):
    with pytest.raises(IntegrationError) as raised:
        do(*arguments, **options)
    assert API_KEY not in str(raised.value)
    assert not re.search(r"[0-9]{7}|http://", str(raised.value))
    return raised.value


def refused_text(client, body="Hola", to=ANA):
    return refused(client.send_text, to, body)


# --- what is sent


def test_a_text_is_sent_as_it_is_and_its_wamid_comes_back(whatsapp, client):
    wamid = client.send_text(ANA, "Buenos días, *Ana*: https://example.com")

    assert whatsapp.messages.sent[wamid].words == "Buenos días, *Ana*: https://example.com"
    assert whatsapp.requests[0].body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "34600000001",
        "type": "text",
        "text": {"body": "Buenos días, *Ana*: https://example.com", "preview_url": False},
    }


def test_a_file_is_sent_by_its_link_with_what_is_written_under_it(whatsapp, client):
    client.send_media(ANA, LINK, "document", "Nuestros precios", file_name="precios.pdf")
    client.send_media(ANA, LINK, "image", file_name="precios.pdf")

    assert [sent.content for sent in whatsapp.messages.sent.values()] == [
        {"link": LINK, "caption": "Nuestros precios", "filename": "precios.pdf"},
        {"link": LINK},
    ]


@pytest.mark.parametrize("kind", ["image", "audio", "video", "document", "sticker"])
def test_every_kind_of_file_is_accepted(whatsapp, client, kind):
    client.send_media(ANA, LINK, kind)

    assert whatsapp.messages.last.kind == kind


@pytest.mark.parametrize(("kind", "caption"), [("audio", "Oiga"), ("sticker", "Mire"), ("location", None)])
def test_what_whatsapp_has_no_form_for_is_not_asked(whatsapp, client, kind, caption):
    with pytest.raises(ValueError, match=kind):
        client.send_media(ANA, LINK, kind, caption)

    assert whatsapp.requests == []


def test_a_template_is_filled_in_by_number_however_many_there_are(whatsapp, client):
    whatsapp.messages.template("cita", "es", " ".join(f"{{{{{n}}}}}" for n in range(1, 12)))

    client.send_template(ANA, "cita", "es", {str(n): f"v{n}" for n in range(11, 0, -1)})

    assert whatsapp.messages.words() == [" ".join(f"v{n}" for n in range(1, 12))]


def test_a_template_is_filled_in_by_name(whatsapp, client):
    whatsapp.messages.template("cita", "es", "{{name}}, su cita es el {{day}}")

    client.send_template(ANA, "cita", "es", {"name": "Ana", "day": "lunes"})

    assert whatsapp.messages.words() == ["Ana, su cita es el lunes"]


def test_a_template_with_nothing_to_fill_in_takes_nothing(whatsapp, client):
    whatsapp.messages.template("hola", "es", "Hola")

    client.send_template(ANA, "hola", "es", {})

    assert whatsapp.messages.last.content == {"name": "hola", "language": {"code": "es"}}


def test_typing_is_shown_to_who_wrote_and_to_nobody_else(whatsapp, client):
    wamid = whatsapp.people.write(ANA, "Hola")

    client.show_typing(wamid)

    assert whatsapp.messages.typing == [wamid]
    assert refused(client.show_typing, "wamid.nobodys").code == 131009


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

    error = refused_text(Dialog360(API_KEY, api_url=whatsapp.url, total_s=0.2))

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


def test_words_that_cannot_be_written_are_refused_unasked(whatsapp, client):
    error = refused_text(client, "\ud83d")

    assert (error.code, error.permanent) == (error_codes.NOT_SENDABLE, True)
    assert whatsapp.requests == []


# --- whatsapp's rules, as the stand-in keeps them


def last_receipt(whatsapp):
    whatsapp.webhooks.settle()
    (receipt,) = read_webhook(whatsapp.webhooks.bodies[-1]).receipts
    return receipt.status, receipt.error_code


def test_free_text_after_24_hours_is_accepted_and_then_fails_and_a_template_arrives(whatsapp, client, clock):
    whatsapp.messages.template("hola", "es", "Hola")
    clock.pass_(24 * 3600)
    client.send_text(ANA, "Justo a tiempo")
    assert last_receipt(whatsapp) == ("read", None)

    clock.pass_(1)
    client.send_text(ANA, "Tarde")
    assert last_receipt(whatsapp) == ("failed", error_codes.OUTSIDE_WINDOW)

    client.send_template(ANA, "hola", "es", {})
    assert last_receipt(whatsapp) == ("read", None)


def test_free_text_to_somebody_who_never_wrote_can_be_refused_at_once(whatsapp, client):
    whatsapp.messages.at_once = True

    error = refused_text(client, to="+34600000003")

    assert (error.code, error.permanent) == (error_codes.OUTSIDE_WINDOW, True)


def test_somebody_who_is_not_on_whatsapp_is_told_by_a_receipt(whatsapp, client):
    whatsapp.messages.failing(LUIS, error_codes.NOT_ON_WHATSAPP)
    client.send_text(LUIS, "Hola")

    assert last_receipt(whatsapp) == ("failed", error_codes.NOT_ON_WHATSAPP)
    assert receipt_is_permanent(error_codes.NOT_ON_WHATSAPP)


def test_two_messages_at_once_to_the_same_person_are_one_too_many(whatsapp, client, clock):
    whatsapp.messages.limit_pairs()
    client.send_text(ANA, "uno")
    client.send_text(LUIS, "uno")

    error = refused_text(client, "dos")
    assert (error.code, error.permanent, may_have_been_done(error)) == (
        error_codes.PAIR_RATE_LIMIT,
        False,
        False,
    )

    clock.pass_(6)
    client.send_text(ANA, "dos")
    assert whatsapp.messages.words(ANA) == ["uno", "dos"]


def test_too_many_messages_in_a_second_are_refused_for_now(whatsapp, client, clock):
    whatsapp.messages.limit_throughput(1)
    client.send_text(ANA, "uno")
    assert (refused_text(client, "dos").code, refused_text(client).permanent) == (
        error_codes.THROUGHPUT,
        False,
    )

    clock.pass_(1)
    client.send_text(ANA, "dos")


@pytest.mark.parametrize(
    ("name", "language", "variables", "code"),
    [
        ("cita", "es", {}, 132000),
        ("cita", "es", {"1": "Ana", "2": "lunes"}, 132000),
        ("cita", "es", {"1": "Ana\nRuiz"}, 132012),
        ("cita", "en", {"1": "Ana"}, 132001),
        ("otra", "es", {"1": "Ana"}, 132001),
        ("pausa", "es", {}, 132015),
    ],
)
def test_a_template_that_does_not_fit_is_refused_for_good(whatsapp, client, name, language, variables, code):
    whatsapp.messages.template("cita", "es", "Hola, {{1}}")
    whatsapp.messages.template("pausa", "es", "Hola", paused=True)

    error = refused(client.send_template, ANA, name, language, variables)

    assert (error.code, error.permanent) == (code, True)


@pytest.mark.parametrize(("to", "body"), [("+0600", "Hola"), ("Ana", "Hola"), (ANA, ""), (ANA, "a" * 4097)])
def test_a_message_that_whatsapp_cannot_take_is_refused_for_good(client, to, body):
    assert refused_text(client, body, to).permanent


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
    client = Dialog360(API_KEY, api_url=whatsapp.url, total_s=0.2, media_total_s=0.2)

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
