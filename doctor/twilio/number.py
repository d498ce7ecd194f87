"""Checks the number's existence and what answers its calls, and sets its webhooks, or its application's."""

from functools import partial

from doctor.findings import Finding, Status
from doctor.parts import Fix
from doctor.twilio.errors import NOT_LOOKED_AT, errors_as_lines
from doctor.twilio.voice_webhooks import APPLICATIONS, NUMBERS, REPLACE, SET, VoiceWebhooks, not_kept
from doctor.twilio.webhooks import Comparison, NumberWebhooks, shown
from integrations.twilio.setup import ApplicationSetup, NumberSetup, TwilioSetup, Webhook
from translations import Message
from translations import lazy_gettext as _


class TwilioNumberPart:
    """The number and its webhooks.

    setup: None without credentials. number: TWILIO_PHONE_NUMBER. webhooks: this server's; None without a public
    address.
    """

    name = "twilio-number"

    def __init__(
        self, setup: TwilioSetup | None, number: str | None, webhooks: NumberWebhooks | None
    ) -> None:
        self._setup, self._wanted_number, self._ours = setup, number, webhooks

    @errors_as_lines
    def check(self) -> list[Finding]:
        """Look for the number in the account, and at what answers its calls."""
        if self._setup is None:
            return [Finding(self.name, Status.OFF, NOT_LOOKED_AT)]
        if self._wanted_number is None:
            return [self._no_number(self._setup)]
        number = self._setup.number(self._wanted_number)
        if number is None:
            return [self._unknown(self._setup, self._wanted_number)]
        if not number.has_voice:
            sentence = _("{number} takes no calls: it has no Voice.").format(number=number.number)
            advice = _("Buy a number with Voice at https://console.twilio.com.")
            return [Finding(self.name, Status.FIX, sentence, advice, stops_calls=True)]
        if self._ours is None:
            sentence = _("{number} is this account's; its webhooks are not compared without WEBHOOK_URL.")
            return [Finding(self.name, Status.OFF, sentence.format(number=number.number))]
        if number.trunk_sid:
            sentence = _(
                "A SIP trunk ({sid}) answers the calls to {number}: the number's webhooks are ignored."
            )
            return [self._behind(sentence.format(sid=number.trunk_sid, number=number.number))]
        if number.application_sid:
            return self._through_application(self._setup, number, self._ours)
        return self._webhooks(number, self._ours)

    def fixes(self) -> list[Fix]:
        """Return the changes of the webhooks that are asked: what nobody else has set, and the rest."""
        if self._setup is None or self._wanted_number is None or self._ours is None:
            return []
        setup, ours, number = self._setup, self._ours, self._setup.number(self._wanted_number)
        if number is None:
            return []
        application = self._application(setup, number)
        if application is not None and _asks(application, ours):
            webhooks = VoiceWebhooks(self.name, number.number, APPLICATIONS, application, ours)
            change = partial(webhooks.fix, set_them=partial(_set_application, setup, application.sid))
            return _fixes(webhooks, change)
        webhooks = VoiceWebhooks(self.name, number.number, NUMBERS, number, ours)
        if behind := number.trunk_sid or number.application_sid:
            detach = partial(_detach, setup, number.sid)
            return [webhooks.fix(REPLACE, webhooks.wrong, detach, behind=behind)]
        return _fixes(webhooks, partial(webhooks.fix, set_them=partial(_set_number, setup, number.sid)))

    # What is found

    def _no_number(self, setup: TwilioSetup) -> Finding:
        sentence = _("TWILIO_PHONE_NUMBER is not set: no calls are placed, and no number is looked at.")
        return Finding(self.name, Status.OFF, sentence, _which_number(setup))

    def _unknown(self, setup: TwilioSetup, number: str) -> Finding:
        sentence = _("The account has no number {number} (TWILIO_PHONE_NUMBER).").format(number=number)
        return Finding(self.name, Status.FIX, sentence, _which_number(setup), stops_calls=True)

    def _through_application(
        self, setup: TwilioSetup, number: NumberSetup, ours: NumberWebhooks
    ) -> list[Finding]:
        """Return the lines about the application that answers the number's calls in place of its webhooks."""
        values = {"sid": number.application_sid, "number": number.number}
        application = self._application(setup, number)
        if application is None:
            sentence = _("The application ({sid}) that is to answer the calls to {number} does not exist.")
            return [self._behind(sentence.format(**values))]
        if not _asks(application, ours):
            sentence = _(
                "An application ({sid}) answers the calls to {number} and asks {url}: the number's webhooks are "
                "ignored."
            )
            url = shown(application.voice.url) or _("nobody")
            return [self._behind(sentence.format(url=url, **values))]
        sentence = _("An application ({sid}) answers the calls to {number}, and asks this server.")
        webhooks = VoiceWebhooks(self.name, number.number, APPLICATIONS, application, ours)
        wrong = [line for line in webhooks.lines() if line.status is not Status.OK]
        return [Finding(self.name, Status.OK, sentence.format(**values)), *wrong]

    def _application(self, setup: TwilioSetup, number: NumberSetup) -> ApplicationSetup | None:
        """Return the application that answers the number's calls: a trunk comes before it."""
        if number.trunk_sid or not number.application_sid:
            return None
        return setup.application(number.application_sid)

    def _behind(self, sentence: Message) -> Finding:
        advice = _("Choose Webhook at “A call comes in” ({where}).").format(where=NUMBERS.where)
        return Finding(self.name, Status.FIX, sentence, advice, REPLACE, stops_calls=True, takes_replace=True)

    def _webhooks(self, number: NumberSetup, ours: NumberWebhooks) -> list[Finding]:
        webhooks = VoiceWebhooks(self.name, number.number, NUMBERS, number, ours)
        if not webhooks.are_ours:
            return webhooks.lines()
        sentence = _("The three webhooks of {number} are this server's.").format(number=number.number)
        return [Finding(self.name, Status.OK, sentence)]


def _asks(application: ApplicationSetup, ours: NumberWebhooks) -> bool:
    return Comparison(application.voice, ours.voice).is_ours


def _which_number(setup: TwilioSetup) -> Message:
    numbers = setup.numbers()
    if not numbers:
        return _("The account has no number: buy one with Voice at https://console.twilio.com.")
    return _("Set TWILIO_PHONE_NUMBER to a number of the account: {numbers}.").format(
        numbers=", ".join(numbers[:3])
    )


def _fixes(webhooks: VoiceWebhooks, change: partial[Fix]) -> list[Fix]:
    """Return the change of what nobody else has set, and that of all."""
    found = [change(SET, webhooks.safe)] if webhooks.safe else []
    return found if webhooks.wrong == webhooks.safe else [*found, change(REPLACE, webhooks.wrong)]


def _set_application(setup: TwilioSetup, sid: str, wanted: dict[str, Webhook]) -> ApplicationSetup:
    return setup.set_application_webhooks(sid, **wanted)


def _set_number(setup: TwilioSetup, sid: str, wanted: dict[str, Webhook]) -> NumberSetup:
    return setup.set_webhooks(sid, **wanted, detach=False)


def _detach(setup: TwilioSetup, sid: str, wanted: dict[str, Webhook]) -> NumberSetup:
    """Set webhooks of a number, and have nothing answer in their place. Raises IntegrationError if it still does."""
    stands = setup.set_webhooks(sid, **wanted, detach=True)
    if stands.trunk_sid or stands.application_sid:
        raise not_kept()
    return stands
