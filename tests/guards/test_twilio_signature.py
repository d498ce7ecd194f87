"""Who is let in: only what is signed over the public URL, exactly as it was sent."""

import hashlib
import json

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from guards.loopback import is_loopback
from guards.twilio_signature import TwilioGuard

TOKEN = "12345"
SIMULATOR = "AC" + "51" * 16
PUBLIC = "https://shop.example.com"


def make_app(*, tokens=(TOKEN,), public_url=PUBLIC):
    app = Flask(__name__)
    app.before_request(
        TwilioGuard(
            tokens, public_url=public_url, simulator_sid=SIMULATOR, simulator_token=lambda: "of-the-simulator"
        )
    )
    app.add_url_rule("/voice", view_func=lambda: "in", methods=["GET", "POST"])
    return app


def post(app, path="/voice", *, data=None, signature=None, headers=None, **options):
    sent = dict(headers or {})
    if signature is not None:
        sent["X-Twilio-Signature"] = signature
    builder = EnvironBuilder(method="POST", path=path, data=data or {}, headers=sent, **options)
    environ = builder.get_environ()
    environ["RAW_URI"] = path
    environ.setdefault("REMOTE_ADDR", "127.0.0.1")
    return Response.from_app(app, environ)


def sign(path, params, *, base=PUBLIC, token=TOKEN, algorithm=None):
    return RequestValidator(token).compute_signature(base + path, params, algorithm)


PARAMS = {"CallSid": "CA1", "From": "+12025550101", "Empty": "", "Spaced": "  a  "}


def test_a_signed_request_is_let_in():
    assert post(make_app(), data=PARAMS, signature=sign("/voice", PARAMS)).status_code == 200


def test_the_documented_example_is_let_in():
    params = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310",
        "To": "+18005551212",
    }  # fmt: skip
    app = make_app(public_url="https://example.com")
    app.add_url_rule("/myapp.php", view_func=lambda: "in", methods=["POST"], endpoint="example")

    response = post(app, "/myapp.php?foo=1&bar=2", data=params, signature="L/OH5YylLD5NRKLltdqwSvS0BnU=")

    assert response.status_code == 200


@pytest.mark.parametrize(
    "path", ["/voice?y=caf%C3%A9&to=https%3A%2F%2Fa", "/voice?a=b%20c&a=d", "/voice?q=%7E~"]
)
def test_the_query_counts_as_it_was_sent(path):
    assert post(make_app(), path, data=PARAMS, signature=sign(path, PARAMS)).status_code == 200


def test_a_parameter_given_twice_is_signed_once_per_value():
    app, params = make_app(), {"A": ["2", "1", "2"]}
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + "/voiceA1A2", {})

    assert post(app, data=params, signature=signature).status_code == 200


@pytest.mark.parametrize("port", [":443", ""])
def test_voice_over_https_may_or_may_not_have_had_its_port_signed(port):
    signature = sign("/voice", PARAMS, base=f"https://shop.example.com{port}")

    assert post(make_app(), data=PARAMS, signature=signature).status_code == 200


def test_with_an_odd_port_in_the_public_url_twilio_may_drop_it():
    app = make_app(public_url="https://shop.example.com:8443")

    assert post(app, data=PARAMS, signature=sign("/voice", PARAMS)).status_code == 200


def test_a_user_in_the_public_url_is_not_signed():
    app = make_app(public_url="https://user:pass@shop.example.com")

    assert post(app, data=PARAMS, signature=sign("/voice", PARAMS)).status_code == 200


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "nonsense",
        "ñ",
        sign("/voice", PARAMS, token="another"),
        sign("/status", PARAMS),
        sign("/voice", {}),
    ],
)
def test_anything_else_is_refused_without_words(signature):
    encoded = None if signature is None else signature.encode().decode("latin-1")

    response = post(make_app(), data=PARAMS, signature=encoded)

    assert response.status_code == 403
    assert response.data == b""


def test_a_changed_field_is_refused():
    assert post(make_app(), data=PARAMS | {"From": "+1"}, signature=sign("/voice", PARAMS)).status_code == 403


def test_while_a_token_is_rotated_both_are_good():
    app = make_app(tokens=("new", TOKEN))

    assert post(app, data=PARAMS, signature=sign("/voice", PARAMS)).status_code == 200
    assert post(app, data=PARAMS, signature=sign("/voice", PARAMS, token="new")).status_code == 200


def test_a_shared_key_signs_with_sha_256():
    header = {"X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    signature = sign("/voice", PARAMS, algorithm="HMAC_SHA256")

    assert post(make_app(), data=PARAMS, signature=signature, headers=header).status_code == 200
    assert post(make_app(), data=PARAMS, signature=signature).status_code == 403


def test_a_json_body_is_signed_by_its_hash():
    body = json.dumps({"a": 1})
    path = f"/voice?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"

    good = post(make_app(), path, data=body, signature=sign(path, {}), content_type="application/json")
    changed = post(
        make_app(), path, data=body + " ", signature=sign(path, {}), content_type="application/json"
    )

    assert (good.status_code, changed.status_code) == (200, 403)


def test_a_body_that_is_neither_a_form_nor_hashed_is_refused():
    response = post(
        make_app(), data="SpeechResult=x", signature=sign("/voice", {}), content_type="text/plain"
    )

    assert response.status_code == 403


def test_without_a_public_url_the_requests_own_host_counts():
    app = make_app(public_url=None)
    signature = sign("/voice", PARAMS, base="http://here.example.com")

    response = post(app, data=PARAMS, signature=signature, headers={"Host": "here.example.com"})

    assert response.status_code == 200


FROM_SIMULATOR = PARAMS | {"AccountSid": SIMULATOR}


def simulated(app, **headers):
    signature = sign("/voice", FROM_SIMULATOR, token="of-the-simulator")
    return post(app, data=FROM_SIMULATOR, signature=signature, headers={"Host": "localhost:5000"} | headers)


def test_the_simulator_is_let_in_even_with_no_token_at_all():
    assert simulated(make_app(tokens=())).status_code == 200


def test_with_no_token_nobody_else_is_let_in():
    response = post(make_app(tokens=()), data=PARAMS, signature=sign("/voice", PARAMS, token=""))

    assert response.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "shop.example.com"},
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=x"},
        {"X-Real-IP": "::1"},
    ],
)
def test_the_simulators_secret_is_worth_nothing_from_elsewhere(headers):
    assert simulated(make_app(), **headers).status_code == 403


def test_the_simulators_account_is_not_let_in_by_the_real_token():
    signature = sign("/voice", FROM_SIMULATOR)

    response = post(make_app(), data=FROM_SIMULATOR, signature=signature, headers={"Host": "localhost"})

    assert response.status_code == 403


@pytest.mark.parametrize(
    ("peer", "host", "expected"),
    [
        ("127.0.0.1", "localhost:5000", True), ("127.0.0.9", "127.0.0.1", True), ("::1", "[::1]:5000", True),
        ("192.168.1.5", "localhost", False), ("127.0.0.1", "localhost.example.com", False), ("", "localhost", False),
        ("127.0.0.1", "", False),
    ],
)  # fmt: skip
def test_what_counts_as_this_machine(peer, host, expected):
    request = Flask(__name__).request_class(
        EnvironBuilder(path="/", headers={"Host": host}, environ_base={"REMOTE_ADDR": peer}).get_environ()
    )

    assert is_loopback(request) is expected
