"""Fetches the reply to a message: document by document, and from the fallback URL after an error."""

from dataclasses import dataclass, field

from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import Step
from simulator.twilio.signing import Params
from simulator.twilio.urls import Addresses
from simulator.twilio.webhook_client import Transport
from simulator.whatsapp.messages import Exchange, MessageProblem, Received
from simulator.whatsapp.twiml_parser import Draft, read_reply
from translations import lazy_gettext as _

MAX_DOCUMENTS = 50
MAX_REPLIES = 10
TOKEN_HEADER = "I-Twilio-Idempotency-Token"  # noqa: S105  a header's name


@dataclass
class MessageWebhook:
    """One message's webhook. drafts: the messages in its reply, each with the URL of its document."""

    transport: Transport
    addresses: Addresses
    params: Params
    token: str
    drafts: list[tuple[Draft, str]] = field(default_factory=list)
    problems: list[MessageProblem] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def run(self, target: str, fallback: str | None) -> None:
        """Send the webhook to a path of the server or a URL, and after an error to the fallback."""
        try:
            self._follow(target, self.params)
        except WebhookError as error:
            self._add_problem(error)
            if fallback is not None:
                self._fall_back(fallback, error)
        if len(self.drafts) > MAX_REPLIES:
            many = _("{count} messages in reply to one, the limit is {limit}")
            values = {"count": len(self.drafts), "limit": MAX_REPLIES}
            self.problems.append(MessageProblem(14109, many.format(**values)))
            del self.drafts[MAX_REPLIES:]

    def exchange(self, sid: str, messages: tuple[Received, ...]) -> Exchange:
        """Return the exchange. messages: those received by the person."""
        return Exchange(
            sid=sid,
            token=self.token,
            fields=dict(self.params),
            steps=tuple(self.steps),
            messages=messages,
            problems=tuple(self.problems),
            seconds=sum(step.seconds for step in self.steps),
        )

    def _fall_back(self, fallback: str, error: WebhookError) -> None:
        params = (*self.params, ("ErrorCode", str(error.code)), ("ErrorUrl", error.url))
        try:
            self._follow(fallback, params)
        except WebhookError as second:
            self._add_problem(second)

    def _follow(self, target: str, params: Params) -> None:
        url, method = self.addresses.own(target), "POST"
        for _document in range(MAX_DOCUMENTS):
            step = self._fetch(method, url, params)
            reading = read_reply(step)
            self.drafts += [(draft, step.url) for draft in reading.drafts]
            self.problems += reading.problems
            if reading.redirect is None:
                return
            method = reading.redirect.method
            url = self.addresses.absolute(reading.redirect.reference, step.url)
        many = _("more than {limit} documents for one message")
        raise WebhookError(14106, many.format(limit=MAX_DOCUMENTS), url)

    def _fetch(self, method: str, url: str, params: Params) -> Step:
        headers = {TOKEN_HEADER: self.token}
        return self.transport.fetch(method, url, params, headers, self._record)

    def _record(self, step: Step) -> None:
        self.steps.append(step)
        self.transport.record(step)

    def _add_problem(self, error: WebhookError) -> None:
        self.problems.append(MessageProblem.of(error))
