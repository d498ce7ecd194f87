"""Calls of campaigns in the stand-in for Twilio: what those called hear, and what they say."""

import html
import re

from storage.models import CampaignRecipient
from tests.fakes.twilio.call import FakeCall
from tests.records import every

PUBLIC = "https://assistant.example"
_SAY, _ACTION = re.compile(r"<Say[^>]*>(.*?)</Say>", re.DOTALL), re.compile(r'action="([^"]*)"')


class Callees:
    """Those who are called. public: the address that Twilio is given."""

    def __init__(self, twilio, public=PUBLIC):
        self._twilio, self._public = twilio, public

    def advance(self, call: FakeCall, *, times=1):
        """Let a call go on, and its webhooks be answered."""
        for _ in range(times):
            self._twilio.calls.advance(call)
            self._twilio.webhooks.settle()

    def documents(self, call):
        """The TwiML that a call was answered with, in order."""
        return [
            hook.body
            for hook in self._twilio.webhooks.sent
            if hook.params["CallSid"] == call.sid
            and ("<Say" in hook.body or "<Gather" in hook.body or "<Hangup" in hook.body)
        ]

    def hears(self, call):
        """The words of the last document."""
        return words_in(self.documents(call)[-1])

    def listens_at(self, call):
        """The URL that is told what somebody says now."""
        return self._public + html.unescape(_ACTION.search(self.documents(call)[-1])[1])

    def says(self, call, words):
        """Let whoever is called say something; return what they hear."""
        params = {
            "CallSid": call.sid, "AccountSid": self._twilio.account_sid, "From": call.param("From"),
            "To": call.param("To"), "CallStatus": "in-progress", "Direction": "outbound-api", "SpeechResult": words,
            "Confidence": "0.9",
        }  # fmt: skip
        self._twilio.webhooks.send(self.listens_at(call), params)
        self._twilio.webhooks.settle()
        return self.hears(call)

    def told(self, call, verdict):
        """Let Twilio tell who has answered; return the status of our reply."""
        url = call.param("AsyncAmdStatusCallback")
        params = {"CallSid": call.sid, "AccountSid": self._twilio.account_sid, "AnsweredBy": verdict}
        self._twilio.webhooks.send(url, params)
        self._twilio.webhooks.settle()
        return self._twilio.webhooks.sent[-1].status


def words_in(document):
    return html.unescape(" ".join(_SAY.findall(document)))


def recipients(line):
    return every(line.parts.database, CampaignRecipient)
