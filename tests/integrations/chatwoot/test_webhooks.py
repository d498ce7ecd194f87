"""What Chatwoot signs and tells, read: by the vectors of its own code, and whatever a body holds."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from integrations.chatwoot.webhooks import (
    is_signed,
    verify,
)

BODY = b'{"event":"message_created"}'
HEX = "4fbf414139098588cc31e819ccebf960699d147368b51572e7657c1332d9c962"
HEADERS = {
    "X-Chatwoot-Delivery": "6d4f3a0c-0000-4000-8000-000000000001",
    "X-Chatwoot-Timestamp": "1700000000",
    "X-Chatwoot-Signature": "sha256=" + HEX,
}
NOW = datetime.fromtimestamp(1700000000, UTC)


# --- signatures


def test_the_vector_of_chatwoots_own_signature_is_taken():
    assert verify("secret", HEADERS, BODY, NOW)


@pytest.mark.parametrize(
    ("secret", "headers", "body"),
    [
        ("other", {}, BODY),
        ("", {}, BODY),
        ("secret", {}, BODY + b" "),
        ("secret", {}, b""),
        ("secret", {"X-Chatwoot-Timestamp": "1700000001"}, BODY),
        ("secret", {"X-Chatwoot-Timestamp": "01700000000"}, BODY),
        ("secret", {"X-Chatwoot-Timestamp": "1700000000.0"}, BODY),
        ("secret", {"X-Chatwoot-Timestamp": "١٧٠٠٠٠٠٠٠٠"}, BODY),
        ("secret", {"X-Chatwoot-Timestamp": ""}, BODY),
        ("secret", {"X-Chatwoot-Timestamp": "-1700000000"}, BODY),
        ("secret", {"X-Chatwoot-Timestamp": "9" * 40}, BODY),
        ("secret", {"X-Chatwoot-Signature": ""}, BODY),
        ("secret", {"X-Chatwoot-Signature": HEX}, BODY),
        ("secret", {"X-Chatwoot-Signature": "sha256="}, BODY),
        ("secret", {"X-Chatwoot-Signature": "sha256=" + HEX[:-1]}, BODY),
        ("secret", {"X-Chatwoot-Signature": "sha256=" + HEX.upper()}, BODY),
        ("secret", {"X-Chatwoot-Signature": "sha1=" + HEX}, BODY),
        ("secret", {"X-Chatwoot-Signature": "ñ\ud800"}, BODY),
    ],
)
def test_what_is_not_signed_by_this_secret_over_this_body_is_refused(secret, headers, body):
    assert not verify(secret, {**HEADERS, **headers}, body, NOW)


def test_with_no_secret_nothing_is_signed():
    digest = hmac.new(b"", b"1700000000." + BODY, hashlib.sha256).hexdigest()

    assert not verify("", {**HEADERS, "X-Chatwoot-Signature": f"sha256={digest}"}, BODY, NOW)


def test_the_body_alone_is_not_what_is_signed():
    bare = hmac.new(b"secret", BODY, hashlib.sha256).hexdigest()

    assert not verify("secret", {**HEADERS, "X-Chatwoot-Signature": f"sha256={bare}"}, BODY, NOW)


def test_headers_that_are_missing_are_refused():
    assert not verify("secret", {}, BODY, NOW)
    assert not is_signed({})
    assert is_signed(HEADERS)


def test_headers_count_in_any_case():
    lower = {name.lower(): value for name, value in HEADERS.items()}

    assert verify("secret", lower, BODY, NOW)
    assert is_signed(lower)


@pytest.mark.parametrize(
    ("seconds", "taken"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)]
)
def test_a_signature_counts_for_five_minutes(seconds, taken):
    assert verify("secret", HEADERS, BODY, NOW + timedelta(seconds=seconds)) is taken
