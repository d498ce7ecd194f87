"""Examines 360dialog: the key, and where its webhooks go, which it can set."""

from urllib.parse import urlsplit

from doctor.failures import failed
from doctor.findings import Finding, Status
from doctor.parts import Fix
from integrations.dialog360.client import Dialog360
from integrations.errors import IntegrationError
from translations import Message
from translations import lazy_gettext as _

WEBHOOK_FIX = "360dialog-webhook"


class Dialog360Part:
    """360dialog. client: None without a key.

    webhook_url: ours; None without a public address. token: D360_WEBHOOK_TOKEN.
    """

    name = "360dialog"

    def __init__(self, client: Dialog360 | None, *, webhook_url: str | None, token: str | None) -> None:
        self._client, self._webhook_url, self._token = client, webhook_url, token

    def check(self) -> list[Finding]:
        """Ask where the number's webhooks go."""
        if self._client is None:
            sentence = _("360dialog is off: it is another way to WhatsApp than Twilio's.")
            return [
                Finding(self.name, Status.OFF, sentence, _("Set D360_API_KEY for a number of 360dialog's."))
            ]
        try:
            stands = self._client.webhook_url()
        except IntegrationError as error:
            advice = (
                _("Copy D360_API_KEY again from 360dialog's Hub.") if error.status in (401, 403) else None
            )
            return [Finding(self.name, Status.FIX, failed("360dialog", error), advice)]
        if self._token is None:
            sentence = _("D360_WEBHOOK_TOKEN is not set: what customers write by 360dialog is refused.")
            advice = _(
                "Set it to a long word of your own, restart, and let flask --app app doctor --fix tell 360dialog."
            )
            return [Finding(self.name, Status.FIX, sentence, advice)]
        if self._webhook_url is None:
            sentence = _("WEBHOOK_URL is not set: what customers write by 360dialog does not arrive.")
            return [Finding(self.name, Status.FIX, sentence, _("Set WEBHOOK_URL and restart."))]
        if stands == self._webhook_url:
            return [
                Finding(self.name, Status.OK, _("The key is right, and the number's webhooks come here."))
            ]
        sentence = _("The webhooks of the 360dialog number go elsewhere: {stands}.").format(
            stands=_shown(stands)
        )
        advice = _("They must go to {url}.").format(url=self._webhook_url)
        foreign = _is_foreign(stands, self._webhook_url)
        return [Finding(self.name, Status.FIX, sentence, advice, WEBHOOK_FIX, takes_replace=foreign)]

    def fixes(self) -> list[Fix]:
        """Return the fix for webhooks that go elsewhere."""
        client, url, token = self._client, self._webhook_url, self._token
        if client is None or url is None or token is None or (stands := client.webhook_url()) == url:
            return []
        now, then = (
            _("360dialog's webhooks go to {url}."),
            _("360dialog's webhooks go to {url}, with D360_WEBHOOK_TOKEN."),
        )
        return [
            Fix(
                WEBHOOK_FIX,
                "360dialog",
                now.format(url=_shown(stands)),
                then.format(url=url),
                needs_replace=_is_foreign(stands, url),
                apply=lambda: client.set_webhook(url, token),
            )
        ]


def _is_foreign(stands: str | None, ours: str) -> bool:
    return stands is not None and urlsplit(stands).hostname != urlsplit(ours).hostname


def _shown(url: str | None) -> Message | str:
    """Return a URL without its query, which may hold a secret."""
    return _("nowhere") if url is None else url.partition("?")[0]
