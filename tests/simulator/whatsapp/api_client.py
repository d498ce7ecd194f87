"""Twilio's client of the API on loopback, and its clock."""

from datetime import UTC, datetime, timedelta

from tests.simulator.toy_server import Reply

PATH = "/webhook/whatsapp/"
TOKEN = "a secret"
DONE = Reply(status=204, body="", content_type=None)


class Clock:
    def __init__(self):
        self.time = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)

    def __call__(self):
        return self.time

    def pass_by(self, **time):
        self.time += timedelta(**time)
