"""Reads how a Twilio account is set up, and sets the webhooks of its numbers and WhatsApp senders.

Follows https://www.twilio.com/docs/iam/api/account, https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource,
https://www.twilio.com/docs/whatsapp/register-senders-using-api, https://www.twilio.com/docs/content and
https://www.twilio.com/docs/global-infrastructure/inbound-processing-api.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.errors import IntegrationError
from integrations.twilio.account import TwilioAccount, one_error

ACTIVE = "active"
HOME_REGION = "us1"
MOST_LISTED = 50
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account. status: active, suspended or closed."""

    status: str
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook. url: as it is set, with its fragment; empty if it is not set. method: GET or POST."""

    url: str
    method: str


@dataclass(frozen=True, slots=True)
class NumberSetup:
    """A number of the account. It has_voice if it can take calls.

    voice, fallback and status are ignored while an application or a trunk answers the number's calls: application_sid,
    trunk_sid, empty if there is none.
    """

    sid: str
    number: str
    has_voice: bool
    voice: Webhook
    fallback: Webhook
    status: Webhook
    application_sid: str
    trunk_sid: str


@dataclass(frozen=True, slots=True)
class SenderState:
    """A WhatsApp sender. sid: XE.... status: ONLINE, ONLINE:UPDATING, OFFLINE, CREATING and others.

    callback: for messages. webhooks: all that Twilio shows of its webhooks, by Twilio's names.
    """

    sid: str
    status: str
    callback: Webhook
    webhooks: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TemplateState:
    """WhatsApp's approval of a template.

    status: approved, pending, received, unsubmitted, rejected, paused or disabled. reason: of a rejection.
    """

    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class TemplateWords:
    """A template's words, with its placeholders ({{1}}), and the status of WhatsApp's approval."""

    text: str
    status: str


class TwilioSetup(TwilioAccount):
    """The setup of an account."""

    def account(self) -> AccountState:
        """Return the account's state."""
        with one_error():
            found = self._client.api.v2010.accounts(self._account_sid).fetch()
            return AccountState(str(found.status), str(found.type) == "Trial")

    def number(self, number: str) -> NumberSetup | None:
        """Return one of the account's numbers, by its E.164; None if it has no such number."""
        with one_error():
            found = self._client.incoming_phone_numbers.list(phone_number=number, limit=MOST_LISTED)
            return next((_number(each) for each in found if each.phone_number == number), None)

    def numbers(self) -> list[str]:
        """Return the account's numbers, the newest first."""
        with one_error():
            found = self._client.incoming_phone_numbers.list(limit=MOST_LISTED)
            return [each.phone_number for each in found if each.phone_number]

    def is_verified(self, number: str) -> bool:
        """Return whether a number was verified, so that a trial account may call it."""
        with one_error():
            found = self._client.outgoing_caller_ids.list(phone_number=number, limit=MOST_LISTED)
            return any(each.phone_number == number for each in found)

    def set_webhooks(
        self,
        sid: str,
        *,
        voice: Webhook | None = None,
        fallback: Webhook | None = None,
        status: Webhook | None = None,
        detach: bool = False,
    ) -> NumberSetup:
        """Set these webhooks of a number, leave the others, and return the number as it stands then, read again.

        sid: PN.... detach: have no application and no trunk answer the number's calls.
        """
        given = {"voice": voice, "voice_fallback": fallback, "status_callback": status}
        values = {
            name: value
            for prefix, webhook in given.items()
            if webhook is not None
            for name, value in _parameters(prefix, webhook)
        }
        if detach:
            values |= {"voice_application_sid": "", "trunk_sid": ""}
        with one_error():
            self._client.incoming_phone_numbers(sid).update(**values)
            return _number(self._client.incoming_phone_numbers(sid).fetch())

    def application(self, sid: str) -> Webhook:
        """Return the voice webhook of an application, AP...."""
        with one_error():
            found = self._client.applications(sid).fetch()
            return _webhook(found.voice_url, found.voice_method)

    def voice_region(self, number: str) -> str:
        """Return the region in which calls to a number are processed, such as ie1."""
        with one_error():
            found = self._client.routes.v2.phone_numbers(number).fetch()
            return found.voice_region or HOME_REGION

    def whatsapp_sender(self, number: str) -> SenderState | None:
        """Return the WhatsApp sender of a number in E.164; None if the account has none."""
        with one_error():
            found = self._client.messaging.v2.channels_senders.list(channel="whatsapp", limit=MOST_LISTED)
            return next((_sender(each) for each in found if each.sender_id == f"whatsapp:{number}"), None)

    def set_sender_webhook(self, sender: SenderState, callback: Webhook) -> SenderState:
        """Set the webhook for messages of a WhatsApp sender, and return the sender as it stands then, read again.

        The others go along as they are, as Twilio may clear what is left out. Twilio takes a while: until then the
        status is ONLINE:UPDATING, and the earlier webhook may still stand.
        """
        webhooks = {**sender.webhooks, "callback_url": callback.url, "callback_method": callback.method}
        given = {name: value for name, value in webhooks.items() if value}
        with one_error():
            messaging = self._client.messaging.v2
            # The library's own update sends null for the sender's profile and configuration as well.
            messaging.update(
                method="POST",
                uri=f"/Channels/Senders/{sender.sid}",
                data={"webhook": given},
                headers={"Content-Type": "application/json"},
            )
            return _sender(messaging.channels_senders(sender.sid).fetch())

    def template(self, sid: str) -> TemplateState | None:
        """Return WhatsApp's approval of a template, HX...; None if there is no such template."""
        try:
            with one_error():
                found = self._client.content.v1.contents(sid).approval_fetch().fetch()
        except IntegrationError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        approval: Mapping[str, Any] = found.whatsapp or {}
        status = str(approval.get("status") or "unsubmitted").lower()
        return TemplateState(status, str(approval.get("rejection_reason") or ""))

    def template_words(self, sid: str) -> TemplateWords | None:
        """Return what a template says, HX...; None if there is no such template."""
        try:
            with one_error():
                found = self._client.content.v1.contents(sid).fetch()
        except IntegrationError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        state = self.template(sid)
        return TemplateWords(_words(found.types), state.status if state else "unsubmitted")


def _words(types: Any) -> str:
    """Return the words of a template of any type: its body, or a card's title."""
    kinds = types.values() if isinstance(types, Mapping) else []
    texts = (kind.get("body") or kind.get("title") for kind in kinds if isinstance(kind, Mapping))
    return next((str(text) for text in texts if text), "")


def _number(found: Any) -> NumberSetup:
    if not found.sid or not found.phone_number:
        raise ValueError("no sid or number in Twilio's answer")
    capabilities = found.capabilities if isinstance(found.capabilities, Mapping) else {}
    return NumberSetup(
        sid=found.sid,
        number=found.phone_number,
        has_voice=capabilities.get("voice") is not False,
        voice=_webhook(found.voice_url, found.voice_method),
        fallback=_webhook(found.voice_fallback_url, found.voice_fallback_method),
        status=_webhook(found.status_callback, found.status_callback_method),
        application_sid=found.voice_application_sid or "",
        trunk_sid=found.trunk_sid or "",
    )


def _sender(found: Any) -> SenderState:
    if not found.sid:
        raise ValueError("no sid in Twilio's answer")
    webhooks = found.webhook if isinstance(found.webhook, Mapping) else {}
    return SenderState(
        sid=found.sid,
        status=str(found.status or ""),
        callback=_webhook(webhooks.get("callback_url"), webhooks.get("callback_method")),
        webhooks=webhooks,
    )


def _webhook(url: str | None, method: str | None) -> Webhook:
    return Webhook(url or "", (method or "POST").upper())


def _parameters(prefix: str, webhook: Webhook) -> list[tuple[str, str]]:
    url = prefix if prefix == "status_callback" else f"{prefix}_url"
    return [(url, webhook.url), (f"{prefix}_method", webhook.method)]
