"""What belongs to a provider does not get through, and everything else does."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conversation.redaction import redact
from tests.common.growth import grows_too_fast
from tests.examples import examples

HEX = st.text("0123456789abcdefABCDEF", min_size=32, max_size=32)
SIDS = st.builds(
    "{}{}".format,
    st.sampled_from(["AC", "CA", "SM", "MM", "ME", "RE", "PN", "HX", "IM", "SK", "ac", "Mm", "VX"]),
    HEX,
)
HOSTS = st.sampled_from(
    ["api.twilio.com", "twilio.com", "API.Twilio.com", "messaging.ie1.twilio.com", "mms.twiliocdn.com"]
)
PATHS = st.builds("/2010-04-01/Accounts/{}/Messages/{}".format, SIDS, SIDS)
LINKS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["https://", "http://", "", "https://AC1:token@", "//"]),
    HOSTS,
    st.sampled_from(["", "/", "/x?y=1&z=2", "/2010-04-01/Accounts/AC1/Media/ME2.jpg", ":8443/a#b"]),
)
ENCODED = LINKS.map(lambda link: link.replace(":", "%3A").replace("/", "%2F"))
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
KEYS = st.builds(
    "{}{}".format,
    st.sampled_from(["sk-", "sk-proj-", "sk_", "Bearer ", "bearer  ", "xoxb-"]),
    st.text(LETTERS, min_size=24, max_size=60),
)
AROUND = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "(",
            ")",
            "[foto](",
            '"',
            "'",
            "*",
            "**",
            "`",
            ", ",
            ".",
            "!",
            "\n",
            "foto: ",
            "<",
            ">",
            "|",
        ]
    ),
    # Not the constants of the product's own source, which Hypothesis likes to try: they are looked for below.
    st.text(st.characters(exclude_characters="0123456789aeioAEIO"), max_size=20).map(lambda text: f"{text} "),
)
AFTER = AROUND.map(lambda text: text if not text[:1].isalnum() else f" {text}")


@examples(300)
@given(st.text(), SIDS, st.text())
def test_no_sid_gets_through_whatever_stands_around_it(before, sid, after):
    assert sid[2:].lower() not in redact(before + sid + after).lower()


@examples(300)
@given(AROUND, st.one_of(LINKS, ENCODED), AFTER)
@example("", "https://api.twilio.com", "- ")
def test_no_providers_link_gets_through(before, link, after):
    redacted = redact(before + link + after).lower()

    assert "[link]" in redacted
    assert not any(
        part in redacted for part in ("twilio.com", "twiliocdn", "2010-04-01", "token@", "me2.jpg")
    )


@examples(200)
@given(AROUND, PATHS, AFTER, st.sampled_from(["", "http://127.0.0.1:8081", "https://example.com"]))
def test_no_path_of_an_account_gets_through_from_any_host(before, path, after, host):
    redacted = redact(before + host + path + after).lower()

    assert not any(part in redacted for part in ("2010-04-01", "accounts", "messages"))


@examples(300)
@given(AROUND, KEYS, AFTER)
def test_no_key_gets_through(before, key, after):
    redacted = redact(before + key + after)

    assert key[-24:] not in redacted
    assert "[key]" in redacted


@examples(300)
@given(st.lists(st.one_of(st.text(max_size=9), SIDS, LINKS, ENCODED, PATHS, KEYS), max_size=8).map("".join))
@example(f"sk-{'0' * 24}https://api.twilio.comhttps://api.twilio.comSM{'0' * 32}")
def test_a_second_time_changes_nothing(text):
    redacted = redact(text)

    assert redact(redacted) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Reserve en https://www.ejemplo.com/citas?dia=lunes#hoy o en ejemplo.es.",
        "Llámenos al +34 600 000 001 o escriba a info@ejemplo.com.",
        "Usamos Twilio. Vea https://nottwilio.com y twilio.community.",
        "El 2010-04-01 abrimos las Accounts.",
        "The bearer certificate and basic information: ask for the key.",
        "task-force-2024-madrid, desk-lamp-with-a-very-long-name",
        "API key: pregunte en recepción; access token: none",
        "Pedido 123e4567-e89b-12d3-a456-426614174000, referencia AC123.",
        "",
    ],
)
def test_ordinary_text_stays_as_it_was(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "key", ["sk-abcdefghijklmnopqrstuvwx", "sk-proj-abcdefghijklmnop", "xsk-abc123def456ghi789jkl0"]
)
def test_keys_of_letters_alone_or_glued_to_a_word_are_seen(key):
    assert key[-16:] not in redact(f"la clave {key}.")


def test_what_is_taken_out_leaves_its_sentence_standing():
    sid = "0123456789abcdef" * 2
    text = (
        f"Mira (https://api.twilio.com/2010-04-01/Accounts/AC{sid}/Media/ME{sid}), foto:http://x.twiliocdn.com/a. "
        f'De CA{sid}: Authorization: Bearer abc.def-123; api_key="abcd1234", token {sid}.'
    )

    assert redact(text) == (
        'Mira ([link]), foto:[link]. De [id]: Authorization: [key]; api_key="[key]", token [key].'
    )


@pytest.mark.parametrize(
    "scrap",
    [
        *(
            "a",
            "a" * 31 + "g",
            "sk-",
            "sk_",
            "tsk-a",
            "bearer ",
            "twilio.com",
            "twilio.com ",
            "%2f",
            "https://twilio.com",
        ),
        *("api key:", "2010-04-01/", "basic " + "a" * 30 + " ", "xoxb-", "\\/2010-04-01", "sk-proj-aaaa"),
    ],
)
def test_time_is_linear_in_the_text(scrap):
    assert not grows_too_fast(redact, scrap, " twilio.com key " + "bearer" + " " * 1000)
