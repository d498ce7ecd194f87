"""Whatever the API's document allows is answered as the document says, and what it does not as well."""

import pytest
import schemathesis
from hypothesis import given
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

from app import create_app
from guards.rate_limits import Counted
from integrations.elevenlabs.openapi import PATH
from people.handoff.views import rate_limits
from simulator.whatsapp.client import MessagingApi
from tests.examples import examples_over_http
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN

KEY = "s3cret"
ANYTHING = examples_over_http(60)


@pytest.fixture
def operation(make_settings):
    with MessagingApi(ACCOUNT_SID, AUTH_TOKEN) as twilio:
        yield operation_of(
            make_settings(
                handoff_api_key=KEY, twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN,
                twilio_api_url=twilio.url, twilio_whatsapp_number="+14155550100",
                twilio_template_sid="HX" + "a" * 32, vendedor_whatsapp="+34600000011",
            )
        )  # fmt: skip


class Unlimited:
    def count(self, limits):
        [(limit, _), *_] = limits
        return Counted(limit, 1, ends_at=0)


def operation_of(settings):
    app = create_app(settings)
    rate_limits.bind(app, Unlimited)
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)[PATH]["POST"]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_api_does_what_its_document_says(operation, mode):
    statuses = set()

    @ANYTHING
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        response = case.call_and_validate(
            headers={"X-API-Key": KEY}, excluded_checks=[ignored_auth]
        )  # it is given here
        statuses.add(response.status_code)

    ask()

    assert statuses <= {200, 401, 405, 413, 415, 422}, statuses
    assert (200 if mode is GenerationMode.POSITIVE else 422) in statuses
