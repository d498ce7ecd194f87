"""Checks the number's existence and its webhooks, and sets them."""

from doctor.failures import NOT_KEPT
from doctor.findings import Finding, Status
from doctor.parts import Fix
from doctor.twilio.errors import NOT_LOOKED_AT, errors_as_lines
from doctor.twilio.webhooks import Comparison, NumberWebhooks, shown
from integrations.errors import IntegrationError
from integrations.twilio.setup import NumberSetup, TwilioSetup, Webhook
from translations import Message
from translations import lazy_gettext as _

SET = "twilio-webhooks"
REPLACE = "twilio-webhooks-replace"

CONSOLE = "https://console.twilio.com: Phone Numbers, Manage, Active numbers"
VOICE_FIELD, FALLBACK_FIELD, STATUS_FIELD = "A call comes in", "Primary handler fails", "Call status changes"
"""The names that Twilio's console has, in every language."""

_UNSET = _("not set")
_STANDS = _(
    "“A call comes in”: {voice}. “Primary handler fails”: {fallback}. “Call status changes”: {status}."
)
_STANDS_BEHIND = _("Calls are answered by {who}. {webhooks}")


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
        return self._hidden(self._setup, number, self._ours) or self._webhooks(number, self._ours)

    def fixes(self) -> list[Fix]:
        """Return the changes of the number's webhooks: what nobody else has set, and the rest."""
        if self._setup is None or self._wanted_number is None or self._ours is None:
            return []
        number = self._setup.number(self._wanted_number)
        if number is None:
            return []
        slots, is_hidden = _slots(number, self._ours), bool(number.application_sid or number.trunk_sid)
        if is_hidden and self._is_asked_by_application(self._setup, number, self._ours):
            return []
        wrong = {name for name, slot in slots.items() if not slot.is_right}
        safe = {name for name in wrong if not slots[name].is_foreign}
        found = [_fix(SET, self._setup, number, slots, safe)] if safe and not is_hidden else []
        if is_hidden or wrong != safe:
            found.append(_fix(REPLACE, self._setup, number, slots, wrong))
        return found

    # What is found

    def _no_number(self, setup: TwilioSetup) -> Finding:
        sentence = _("TWILIO_PHONE_NUMBER is not set: no calls are placed, and no number is looked at.")
        return Finding(self.name, Status.OFF, sentence, _which_number(setup))

    def _unknown(self, setup: TwilioSetup, number: str) -> Finding:
        sentence = _("The account has no number {number} (TWILIO_PHONE_NUMBER).").format(number=number)
        return Finding(self.name, Status.FIX, sentence, _which_number(setup), stops_calls=True)

    def _hidden(self, setup: TwilioSetup, number: NumberSetup, ours: NumberWebhooks) -> list[Finding]:
        """Return the line about what answers the number's calls in place of its webhooks, if anything does."""
        if number.trunk_sid:
            sentence = _("A SIP trunk ({sid}) answers the calls to {number}: its webhooks are ignored.")
            return [self._behind(sentence.format(sid=number.trunk_sid, number=number.number))]
        if not number.application_sid:
            return []
        values = {"sid": number.application_sid, "number": number.number}
        if self._is_asked_by_application(setup, number, ours):
            sentence = _("An application ({sid}) answers the calls to {number}, and asks this server.")
            return [Finding(self.name, Status.OK, sentence.format(**values))]
        sentence = _("An application ({sid}) answers the calls to {number}: its webhooks are ignored.")
        return [self._behind(sentence.format(**values))]

    def _is_asked_by_application(self, setup: TwilioSetup, number: NumberSetup, ours: NumberWebhooks) -> bool:
        sid = number.application_sid
        return bool(sid) and Comparison(setup.application(sid), ours.voice).is_ours

    def _behind(self, sentence: Message) -> Finding:
        advice = _("Choose Webhook at “A call comes in” ({where}).").format(where=CONSOLE)
        return Finding(self.name, Status.FIX, sentence, advice, REPLACE, stops_calls=True, takes_replace=True)

    def _webhooks(self, number: NumberSetup, ours: NumberWebhooks) -> list[Finding]:
        slots = _slots(number, ours)
        if all(slot.is_ours and slot.is_right for slot in slots.values()):
            sentence = _("The three webhooks of {number} are this server's.").format(number=number.number)
            return [Finding(self.name, Status.OK, sentence)]
        return [
            self._voice(number, slots["voice"]),
            self._other(number, slots["fallback"], _NO_FALLBACK, _FALLBACK_ELSEWHERE),
            self._other(number, slots["status"], _NO_STATUS, _STATUS_ELSEWHERE),
        ]

    def _voice(self, number: NumberSetup, slot: Comparison) -> Finding:
        values = {"number": number.number, "url": shown(slot.stands.url)}
        if slot.is_ours:
            return self._ours_but(number, slot, _("A call to {number} comes to this server."))
        fix = SET
        if slot.is_unset:
            sentence = _("No webhook answers a call to {number}.")
        elif slot.is_foreign:
            sentence, fix = _("A call to {number} goes to {url}, and not to this server."), REPLACE
        else:
            sentence = _("A call to {number} goes to {url}, where this server answers no calls.")
        advice = _set_it(VOICE_FIELD, slot)
        return Finding(
            self.name,
            Status.FIX,
            sentence.format(**values),
            advice,
            fix,
            stops_calls=True,
            takes_replace=slot.is_foreign,
        )

    def _other(
        self,
        number: NumberSetup,
        slot: Comparison,
        unset: tuple[Message, str],
        elsewhere: Message,
    ) -> Finding:
        sentence, field = unset
        if slot.is_ours:
            return self._ours_but(
                number, slot, _("“{field}” of {number} is this server's.").format(field=field)
            )
        if not slot.is_unset:
            sentence = elsewhere
        sentence = sentence.format(number=number.number, url=shown(slot.stands.url))
        if slot.is_right:
            return Finding(self.name, Status.OK, sentence)
        fix = REPLACE if slot.is_foreign else SET
        advice = _set_it(field, slot)
        return Finding(self.name, Status.FIX, sentence, advice, fix, takes_replace=slot.is_foreign)

    def _ours_but(self, number: NumberSetup, slot: Comparison, fine: Message) -> Finding:
        """Return the line about a webhook at our address: its method and what repeats it may be missing."""
        values = {"number": number.number, "url": shown(slot.stands.url)}
        if slot.is_right:
            return Finding(self.name, Status.OK, fine.format(**values))
        sentence = _("Twilio does not quickly repeat a request to {url} that fails.")
        if slot.stands.method != slot.ours.method:
            sentence = _("Twilio asks {url} by HTTP GET, which puts what callers say into addresses.")
        advice = _("Set it to {url}, HTTP POST ({where}).").format(url=shown(slot.wanted.url), where=CONSOLE)
        return Finding(self.name, Status.FIX, sentence.format(**values), advice, fix=SET)


_NO_FALLBACK = (
    _("No fallback is set for {number}: a call ends where a request to this server fails."),
    FALLBACK_FIELD,
)
_FALLBACK_ELSEWHERE = _("Where a request to this server fails, a call to {number} goes to {url}.")
_NO_STATUS = (
    _("The end of a call to {number} is not reported: it is noticed up to twenty minutes later."),
    STATUS_FIELD,
)
_STATUS_ELSEWHERE = _(
    "The end of a call to {number} is reported to {url}, and noticed here up to twenty minutes later."
)


def _slots(number: NumberSetup, ours: NumberWebhooks) -> dict[str, Comparison]:
    return {
        "voice": Comparison(number.voice, ours.voice),
        "fallback": Comparison(number.fallback, ours.fallback, may_be_bin=True),
        "status": Comparison(number.status, ours.status),
    }


def _which_number(setup: TwilioSetup) -> Message:
    numbers = setup.numbers()
    if not numbers:
        return _("The account has no number: buy one with Voice at https://console.twilio.com.")
    return _("Set TWILIO_PHONE_NUMBER to a number of the account: {numbers}.").format(
        numbers=", ".join(numbers[:3])
    )


def _set_it(field: str, slot: Comparison) -> Message:
    advice = _("Set “{field}” to {url}, HTTP POST ({where}).")
    return advice.format(field=field, url=shown(slot.wanted.url), where=CONSOLE)


def _stands(webhooks: dict[str, Webhook], number: NumberSetup | None) -> Message:
    """Return a sentence on what a number has. number: tells what answers in place of its webhooks."""
    told = {
        slot: f"{shown(webhook.url)} ({webhook.method})" if webhook.url else _UNSET
        for slot, webhook in webhooks.items()
    }
    stands = _STANDS.format(**told)
    behind = number and (number.trunk_sid or number.application_sid)
    return _STANDS_BEHIND.format(who=behind, webhooks=stands) if behind else stands


def _fix(
    name: str,
    setup: TwilioSetup,
    number: NumberSetup,
    slots: dict[str, Comparison],
    changed: set[str],
) -> Fix:
    wanted = {slot: slots[slot].wanted for slot in changed}
    then = {slot: wanted.get(slot, comparison.stands) for slot, comparison in slots.items()}
    is_replaced = name == REPLACE

    def apply() -> None:
        stands = setup.set_webhooks(number.sid, **wanted, detach=is_replaced)
        is_behind = is_replaced and bool(stands.application_sid or stands.trunk_sid)
        if is_behind or not all(
            Comparison(getattr(stands, slot), webhook).is_right for slot, webhook in wanted.items()
        ):
            raise IntegrationError(
                "Twilio took the number's webhooks and shows others", permanent=False, code=NOT_KEPT
            )

    now = {slot: comparison.stands for slot, comparison in slots.items()}
    return Fix(name, _stands(now, number), _stands(then, None if is_replaced else number), is_replaced, apply)
