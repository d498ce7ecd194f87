"""Requests to a 360dialog on loopback, and what is refused."""

import re

import pytest

from integrations.errors import IntegrationError
from tests.fakes.dialog360.fake import API_KEY

ANA, LUIS = "+34600000001", "+34600000002"


class Clock:
    def __init__(self):
        self.now = 1772366400.0

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += seconds


def refused(do, *arguments, **options):
    with pytest.raises(IntegrationError) as raised:
        do(*arguments, **options)
    assert API_KEY not in str(raised.value)
    assert not re.search(r"[0-9]{7}|http://", str(raised.value))
    return raised.value


def refused_text(client, body="Hola", to=ANA):
    return refused(client.send_text, to, body)
