"""What make_call.py refuses before it calls, and what it warns of."""

import pytest

from tests.cli.dialer import _UNUSED_PORT, TO, WORDS

# What is wrong before the call


@pytest.mark.parametrize(
    "name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER", "WEBHOOK_URL"]
)
@pytest.mark.parametrize(("language", "says"), [("es", "Falta por poner"), ("en", "Not set")])
def test_a_missing_setting_is_named_in_one_sentence(twilio, dialer, name, language, says):
    ended = dialer.run(TO, without=[name], LANG=WORDS[language])

    assert ended.code == 2
    assert ended.err.startswith(says)
    assert name in ended.err
    assert len(ended.err.splitlines()) == 1
    assert twilio.requests == []


@pytest.mark.parametrize(("language", "says"), [("es", "Falta a quién llamar"), ("en", "Whom to call")])
def test_nobody_to_call_is_said(twilio, dialer, language, says):
    ended = dialer.run(LANG=WORDS[language])

    assert ended.code == 2
    assert says in ended.err
    assert "TO_PHONE_NUMBER" in ended.err


def test_a_wrong_setting_is_named(dialer):
    ended = dialer.run(TO, TWILIO_ACCOUNT_SID="AC1")

    assert ended.code == 2
    assert "TWILIO_ACCOUNT_SID" in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("number", "language", "says"),
    [
        ("612", "es", "prefijo del país"),
        ("612", "en", "country code"),
        ("abc", "en", "country code"),
        ("600000001", "en", "country code"),
        ("", "en", "country code"),
    ],
)
def test_what_cannot_be_a_number_is_not_called(twilio, dialer, number, language, says):
    ended = dialer.run(number, LANG=WORDS[language])

    assert ended.code == 2
    assert says in ended.err
    assert twilio.requests == []


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("http://localhost:5000", "cannot reach"),
        ("https://127.0.0.1:5000", "cannot reach"),
        ("https://192.168.1.10", "cannot reach"),
        ("https://server.local", "cannot reach"),
        ("https://[::1]:5000", "cannot reach"),
        ("http://assistant.example.com", "unencrypted"),
        ("https://assistant.example.com", ""),
    ],
)
def test_an_address_that_twilio_cannot_use_is_warned_of(dialer, address, warned):
    # Through a proxy that is not there: TWILIO_API_URL unset means the real Twilio.
    ended = dialer.run(
        TO, without=["TWILIO_API_URL"], WEBHOOK_URL=address, HTTPS_PROXY=f"http://127.0.0.1:{_UNUSED_PORT}"
    )

    assert ended.code == 4
    assert warned in ended.err
    assert ("Warning" in ended.err) == bool(warned)


def test_with_a_stand_in_for_twilio_a_local_address_is_fine(dialer):
    assert dialer.run(TO).err == ""


@pytest.mark.parametrize(("language", "says"), [("es", "Códigos de salida"), ("en", "Exit codes")])
def test_help_says_what_the_exit_codes_mean_even_with_wrong_settings(dialer, language, says):
    ended = dialer.run("--help", LANG=WORDS[language], PORT="x")

    assert ended.code == 0
    assert says in ended.out
    assert all(f"\n    {code} " in ended.out for code in (0, 1, 2, 3, 4, 130))
