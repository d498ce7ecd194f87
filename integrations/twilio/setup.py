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
from integrations.twilio.content import approval_of
from integrations.whatsapp_templates import Approval

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
class ApplicationSetup:
    """An application, AP...., whose webhooks are asked in place of those of the numbers that have it."""

    sid: str
    voice: Webhook
    fallback: Webhook
    status: Webhook


@dataclass(frozen=True, slots=True)
class SenderState:
    """A WhatsApp sender. sid: XE.... status: ONLINE, ONLINE:UPDATING, OFFLINE, CREATING and others.

    callback: for messages. webhooks: all that Twilio shows of its webhooks, by Twilio's names.
    """

    sid: str
    status: str
    callback: Webhook
    webhooks: Mapping[str, Any]


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
        values = _parameters(voice=voice, voice_fallback=fallback, status_callback=status)
        if detach:
            values |= {"voice_application_sid": "", "trunk_sid": ""}
        with one_error():
            self._client.incoming_phone_numbers(sid).update(**values)
            return _number(self._client.incoming_phone_numbers(sid).fetch())

    def application(self, sid: str) -> ApplicationSetup | None:
        """Return an application, AP....; None if the account has no such application."""
        try:
            with one_error():
                return _application(self._client.applications(sid).fetch())
        except IntegrationError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def set_application_webhooks(
        self,
        sid: str,
        *,
        voice: Webhook | None = None,
        fallback: Webhook | None = None,
        status: Webhook | None = None,
    ) -> ApplicationSetup:
        """Set these webhooks of an application, leave the others, and return it as it stands then, read again."""
        values = _parameters(voice=voice, voice_fallback=fallback, status_callback=status)
        with one_error():
            self._client.applications(sid).update(**values)
            return _application(self._client.applications(sid).fetch())

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

    def template(self, sid: str) -> Approval | None:
        """Return WhatsApp's approval of a template, HX...; None if there is no such template."""
        return approval_of(self._client, sid)


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


def _application(found: Any) -> ApplicationSetup:
    if not found.sid:
        raise ValueError("no sid in Twilio's answer")
    return ApplicationSetup(
        sid=found.sid,
        voice=_webhook(found.voice_url, found.voice_method),
        fallback=_webhook(found.voice_fallback_url, found.voice_fallback_method),
        status=_webhook(found.status_callback, found.status_callback_method),
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


def _parameters(**webhooks: Webhook | None) -> dict[str, str]:
    """Return what Twilio's library takes for webhooks, each by the beginning of its parameters' names."""
    values: dict[str, str] = {}
    for prefix, webhook in webhooks.items():
        if webhook is not None:
            url = prefix if prefix == "status_callback" else f"{prefix}_url"
            values |= {url: webhook.url, f"{prefix}_method": webhook.method}
    return values
