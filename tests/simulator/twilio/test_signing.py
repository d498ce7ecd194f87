import pytest
from twilio.request_validator import RequestValidator

from simulator.twilio.signing import Signer, signature, signed_url

VECTOR_URL = "https://example.com/myapp.php?foo=1&bar=2"
VECTOR = (
    ("To", "+18005551212"),
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("From", "+14158675310"),
    ("Digits", "1234"),
)


def test_the_known_vector_is_signed_as_twilio_signs_it():
    assert signature("12345", VECTOR_URL, VECTOR) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_equal_values_of_a_repeated_field_count_once_and_different_ones_in_order():
    once = signature("12345", VECTOR_URL, [("A", "1"), ("A", "2")])

    assert signature("12345", VECTOR_URL, [("A", "2"), ("A", "1"), ("A", "2")]) == once


def test_an_empty_value_is_signed_with_its_name():
    assert signature("12345", VECTOR_URL, [("Digits", "")]) != signature("12345", VECTOR_URL, [])


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://example.com:8443/voice?a=1#ct=2000", "https://example.com/voice?a=1"),
        ("http://example.com:8080/voice#rc=1", "http://example.com:8080/voice"),
        ("https://user:word@example.com/voice", "https://example.com/voice"),
        ("https://[::1]:8443/voice", "https://[::1]/voice"),
    ],
)
def test_the_signed_url_has_no_fragment_no_user_and_no_https_port(url, signed):
    assert signed_url(url) == signed


@pytest.mark.parametrize("url", [VECTOR_URL, "http://127.0.0.1:5000/voice", "https://example.com:8443/voice"])
def test_the_vendors_validator_accepts_what_is_signed(url):
    headers = Signer("12345").headers(url, VECTOR)

    assert RequestValidator("12345").validate(url, dict(VECTOR), headers["X-Twilio-Signature"])


def test_with_a_shared_key_the_vendors_validator_accepts_sha256():
    headers = Signer("12345", shared_key_id="webhooks_sharedkey_1").headers(VECTOR_URL, VECTOR)

    assert headers["X-Twilio-Webhooks-Signature-Settings"] == (
        "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    )
    assert RequestValidator("12345").validate(
        VECTOR_URL, dict(VECTOR), headers["X-Twilio-Signature"], algorithm="HMAC_SHA256"
    )


def test_the_secret_is_not_shown():
    assert "12345" not in repr(Signer("12345"))
