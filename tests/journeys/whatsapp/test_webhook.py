"""Whatever comes to WhatsApp's webhooks: an answer or a clear refusal, one line in the log, never a fault of ours."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import Line
from tests.examples import examples_over_http
from tests.journeys.whatsapp.posting import OURS, PATH, SENDER, STATUS, Poster, on_sqlite, troubles, written


def kinds_of_trouble(capfd):
    """The same without repetitions: each file of a message has a line of its own."""
    return set(troubles(capfd))


# Any form


TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(codec=None), max_size=8),  # halves of characters among them
    st.sampled_from(
        ["", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\x1b[31m", "9" * 500, "-1", "1e999", "٣", "²", "nan"]
    ),
    st.sampled_from(["👩‍👩‍👧‍👦🇪🇸" * 20, "\u202eشكرا\u202c", "שלום", "ﷺ" * 300, "<Say>&amp;</Say>]]>", "{0}%s{{x}}"]),
)  # fmt: skip
LONG = st.one_of(TEXTS, st.sampled_from(["x", "Ñandú ", "\u200f"]).map(lambda piece: (piece * 4096)[:4096]))
NUMBERS = st.one_of(
    st.just(SENDER),
    st.sampled_from(
        [
            *(
                "",
                "+12025550143",
                "whatsapp:",
                "whatsapp:+0",
                "whatsapp:+1202555014\u0663",
                "whatsapp:client",
            ),
            *("whatsapp:whatsapp:+12025550143", "whatsapp:+5215512345678", "whatsapp:+" + "1" * 40),
            " \n+34600000011",
        ]
    ),
    TEXTS,
)
LINKS = st.one_of(
    TEXTS,
    st.sampled_from(
        [
            *("", "http://127.0.0.1:1/x", "http://127.0.0.1:99999/", "file:///etc/passwd", "//", "http://["),
            f"http://127.0.0.1:1{OURS}",
        ]
    ),
)
TYPES = st.one_of(
    st.sampled_from(
        ["", "image/jpeg", "image/webp", "audio/ogg", "text/vcard", "video/mp4", "image/", "/", ";"]
    ),
    TEXTS,
)
COUNTS = st.one_of(
    st.sampled_from(["0", "1", "2", "10", "11", "999", "-1", "1e1", "٣", "", "9" * 400]), TEXTS
)
KEYWORDS = st.sampled_from(["STOP", "Alta", "HELP", "cancelar", "sí", "Hola"])
FORMS = st.fixed_dictionaries(
    {},
    optional={
        "From": NUMBERS, "To": NUMBERS, "WaId": TEXTS, "ProfileName": LONG, "Body": st.one_of(LONG, KEYWORDS),
        "MessageSid": TEXTS, "SmsMessageSid": TEXTS, "MessageType": TEXTS, "NumMedia": COUNTS,
        "MediaUrl0": LINKS, "MediaContentType0": TYPES, "MediaUrl1": LINKS, "MediaContentType1": TYPES,
        "MediaUrl10": LINKS, "ButtonText": LONG, "ButtonPayload": TEXTS, "ListTitle": TEXTS, "ListId": TEXTS,
        "Latitude": TEXTS, "Longitude": TEXTS, "Label": LONG, "Address": TEXTS, "OptOutType": TEXTS,
        "OriginalRepliedMessageSid": TEXTS, "ErrorCode": TEXTS, "ChannelMetadata": LONG, "Field[]": TEXTS,
    },
)  # fmt: skip
RECEIPTS = st.fixed_dictionaries(
    {},
    optional={
        "MessageSid": TEXTS, "MessageStatus": st.one_of(st.sampled_from(["sent", "read", "failed"]), TEXTS),
        "EventType": TEXTS, "ErrorCode": st.one_of(st.sampled_from(["63016", "0", "99999999", "1" * 9]), TEXTS),
        "ChannelStatusMessage": TEXTS, "From": NUMBERS, "To": NUMBERS, "SmsStatus": TEXTS,
    },
)  # fmt: skip


@pytest.fixture
def quick_poster(quiet, sqlite_url, openai, make_settings):
    """One line for all examples. Not a row's length but a form's reading is tried here: on SQLite alone."""
    line = Line(make_settings(database_url=sqlite_url, whatsapp_settle_s=0))
    with Poster(line) as poster:
        yield poster
    line.close()


many = examples_over_http(120)


@on_sqlite
@many
@given(form=FORMS, path=st.sampled_from([PATH, f"{PATH}/"]))
@example(form=written(MediaUrl0="\x00", NumMedia="1"), path=PATH)
@example(form=written(MessageSid="\ud800"), path=PATH)
@example(form=written(NumMedia="²"), path=PATH)
@example(form=written(NumMedia="9" * 5000), path=PATH)
def test_whatever_a_message_holds_it_is_answered_in_xml(quick_poster, capfd, path, form):
    capfd.readouterr()

    answer = quick_poster.post(path, form)

    assert answer.status in (200, 400)
    assert answer.content_type.startswith("text/xml")
    assert all(message.strip() for message in answer.messages)
    assert len(kinds_of_trouble(capfd)) <= 1


@on_sqlite
@many
@given(form=RECEIPTS, query=st.sampled_from(["", "?message=1", "?message=-1", "?message=x", "?message="]))
@example(form={"MessageStatus": "failed", "ErrorCode": "99999999"}, query="?message=1")
def test_whatever_a_receipt_holds_it_is_taken(quick_poster, capfd, form, query):
    capfd.readouterr()

    answer = quick_poster.post(STATUS, form, query=query)

    assert (answer.status, answer.messages) == (200, [])
    assert answer.content_type.startswith("text/xml")
    assert len(kinds_of_trouble(capfd)) <= 1


@on_sqlite
@examples_over_http(60)
@given(form=st.dictionaries(st.text(max_size=12), TEXTS, max_size=6), path=st.sampled_from([PATH, STATUS]))
def test_fields_that_nobody_knows_are_left_alone(quick_poster, capfd, path, form):
    capfd.readouterr()

    answer = quick_poster.post(path, written(Body="STOP") | form)

    assert answer.status in (200, 400)
    assert len(kinds_of_trouble(capfd)) <= 1
