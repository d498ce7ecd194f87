"""Checks WhatsApp at Twilio: the sender or the sandbox, and the template's approval; sets the sender's webhook."""

from collections.abc import Mapping

from doctor.failures import NOT_KEPT
from doctor.findings import Finding, Status
from doctor.parts import Fix
from doctor.twilio.errors import NOT_LOOKED_AT, errors_as_lines
from doctor.twilio.webhooks import Comparison, shown
from integrations.errors import IntegrationError
from integrations.twilio.setup import SenderState, TwilioSetup, Webhook
from translations import Message
from translations import lazy_gettext as _

SANDBOX = "+14155238886"
"""Twilio's own number for trying WhatsApp: no API tells its webhook."""
APPROVED = "approved"
SET_SENDER = "twilio-whatsapp-webhook"
_NOWHERE = _("Messages to {number} go nowhere: its webhook is not set.")
_UPDATING = "ONLINE:UPDATING"
_ONLINE = frozenset({"ONLINE", _UPDATING})


class TwilioWhatsAppPart:
    """WhatsApp at Twilio.

    setup: None without credentials. number: TWILIO_WHATSAPP_NUMBER. template_sid: TWILIO_TEMPLATE_SID. webhook: this
    server's, for messages; None without a public address.
    """

    name = "twilio-whatsapp"

    def __init__(
        self, setup: TwilioSetup | None, number: str | None, template_sid: str | None, webhook: Webhook | None
    ) -> None:
        self._setup, self._number, self._template_sid, self._ours = setup, number, template_sid, webhook

    @errors_as_lines
    def check(self) -> list[Finding]:
        """Look at the sender and the template."""
        if self._setup is None:
            return [Finding(self.name, Status.OFF, NOT_LOOKED_AT)]
        if self._number is None:
            sentence = _(
                "TWILIO_WHATSAPP_NUMBER is not set: people who write are answered, and nobody is written to."
            )
            return [Finding(self.name, Status.OFF, sentence)]
        return [*self._sender(self._setup, self._number), self._template(self._setup)]

    def _sender(self, setup: TwilioSetup, number: str) -> list[Finding]:
        if number == SANDBOX:
            sentence = _("{number} is Twilio's sandbox: it reaches who has joined it in the last three days.")
            return [Finding(self.name, Status.OK, sentence.format(number=number), self._sandbox_advice())]
        sender = setup.whatsapp_sender(number)
        if sender is None:
            sentence = _("The account has no WhatsApp sender {number} (TWILIO_WHATSAPP_NUMBER).")
            advice = _(
                "Register it at https://console.twilio.com (Messaging, Senders, WhatsApp senders), or use the sandbox."
            )
            return [Finding(self.name, Status.FIX, sentence.format(number=number), advice)]
        if sender.status.upper() not in _ONLINE:
            sentence = _("The WhatsApp sender {number} is not online: Twilio shows {status}.")
            advice = _(
                "See what it lacks at https://console.twilio.com (Messaging, Senders, WhatsApp senders)."
            )
            values = {"number": number, "status": sender.status}
            return [Finding(self.name, Status.FIX, sentence.format(**values), advice)]
        return [self._webhook(number, sender)]

    def fixes(self) -> list[Fix]:
        """Return the change of the sender's webhook, if there is anything to change."""
        if self._setup is None or self._number is None or self._ours is None or self._number == SANDBOX:
            return []
        sender = self._setup.whatsapp_sender(self._number)
        if sender is None or (compared := _compared(sender, self._ours)).is_right:
            return []
        return [_fix(self._setup, self._number, sender, compared)]

    def _sandbox_advice(self) -> Message | None:
        if self._ours is None:
            return None
        advice = _(
            "Twilio does not tell its webhook: at https://console.twilio.com (Messaging, Try it out, Send a WhatsApp "
            "message, Sandbox settings), “When a message comes in” must be {url}, HTTP POST."
        )
        return advice.format(url=shown(self._ours.url))

    def _webhook(self, number: str, sender: SenderState) -> Finding:
        online = _("The WhatsApp sender {number} is online.").format(number=number)
        if self._ours is None:
            return Finding(self.name, Status.OK, online)
        compared = _compared(sender, self._ours)
        if compared.is_right:
            return Finding(self.name, Status.OK, online)
        values = {
            "number": number,
            "url": shown(sender.callback.url),
            "method": sender.callback.method,
        }
        if sender.status.upper() == _UPDATING:
            sentence = _(
                "Twilio is changing the WhatsApp sender {number}, whose webhook is still another one."
            )
            return Finding(self.name, Status.FIX, sentence.format(**values), _("Look again in a minute."))
        advice = _(
            "Set it to {url}, HTTP POST, at https://console.twilio.com (Messaging, Senders, WhatsApp senders)."
        ).format(url=shown(compared.wanted.url))
        sentence = _("Messages to {number} go to {url}, and not to this server.")
        if compared.is_unset:
            sentence = _NOWHERE
        elif compared.is_ours and sender.callback.method != compared.wanted.method:
            sentence = _("Messages to {number} come to {url} by HTTP {method}, and not by POST.")
        elif compared.is_ours:
            sentence = _("Twilio does not quickly repeat a request to {url} that fails.")
        return Finding(
            self.name,
            Status.FIX,
            sentence.format(**values),
            advice,
            SET_SENDER,
            takes_replace=compared.is_foreign,
        )

    def _template(self, setup: TwilioSetup) -> Finding:
        sid = self._template_sid
        if sid is None:
            sentence = _("TWILIO_TEMPLATE_SID is not set: who has not written for 24 hours is not reached.")
            return Finding(self.name, Status.OFF, sentence)
        template = setup.template(sid)
        if template is None:
            sentence = _("The account has no template {sid} (TWILIO_TEMPLATE_SID).").format(sid=sid)
            advice = _("Copy its SID from https://console.twilio.com (Messaging, Content Template Builder).")
            return Finding(self.name, Status.FIX, sentence, advice)
        if template.status == APPROVED:
            return Finding(self.name, Status.OK, _("WhatsApp has approved the template."))
        sentence, advice = _TEMPLATES.get(template.status, _ANY_OTHER)
        return Finding(
            self.name,
            Status.FIX,
            sentence.format(status=template.status),
            advice.format(reason=template.reason or "-"),
        )


def _compared(sender: SenderState, ours: Webhook) -> Comparison:
    return Comparison(sender.callback, _with_slash_of(sender.callback.url, ours))


def _fix(setup: TwilioSetup, number: str, sender: SenderState, compared: Comparison) -> Fix:
    wanted = compared.wanted

    def apply() -> None:
        stands = setup.set_sender_webhook(sender, wanted)
        is_kept = Comparison(stands.callback, wanted).is_right
        if not is_kept and stands.status.upper() != _UPDATING:
            raise IntegrationError(
                "Twilio took the sender's webhook and shows another", permanent=False, code=NOT_KEPT
            )

    return Fix(
        SET_SENDER,
        "Twilio",
        _stands(number, compared.stands),
        _stands(number, wanted),
        needs_replace=compared.is_foreign,
        apply=apply,
    )


def _stands(number: str, webhook: Webhook) -> Message:
    if not webhook.url:
        return _NOWHERE.format(number=number)
    sentence = _("Messages to {number} go to {url} ({method}).")
    return sentence.format(number=number, url=shown(webhook.url), method=webhook.method)


def _with_slash_of(url: str, ours: Webhook) -> Webhook:
    """Return our webhook without its last slash where it was set so: both are answered."""
    address, separator, overrides = ours.url.partition("#")
    bare = address.rstrip("/")
    return Webhook(f"{bare}{separator}{overrides}", ours.method) if url.partition("#")[0] == bare else ours


_SEE_WHY = _("See why at https://business.facebook.com (WhatsApp Manager), or submit another one.")
_WAIT = _("Wait for WhatsApp's decision, mostly within a day; until then sellers get free text alone.")
_TEMPLATES: Mapping[str, tuple[Message, Message]] = {
    "pending": (_("WhatsApp has not yet approved the template."), _WAIT),
    "received": (_("WhatsApp has not yet approved the template."), _WAIT),
    "unsubmitted": (
        _("The template was not submitted to WhatsApp."),
        _("Submit it at https://console.twilio.com (Messaging, Content Template Builder), category Utility."),
    ),
    "rejected": (
        _("WhatsApp has rejected the template."),
        _("Write another one and submit it. WhatsApp's reason: {reason}."),
    ),
    "paused": (_("WhatsApp has paused the template: people reported or blocked it."), _SEE_WHY),
    "disabled": (_("WhatsApp has disabled the template: people reported or blocked it."), _SEE_WHY),
}
_ANY_OTHER = (_("The template cannot be sent: Twilio shows {status}."), _SEE_WHY)
