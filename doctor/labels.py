"""Names parts and statuses for people."""

from collections.abc import Mapping

from doctor.findings import Status
from translations import Message, lazy_pgettext
from translations import lazy_gettext as _

STATUSES: Mapping[Status, Message] = {
    Status.OK: lazy_pgettext("of a check", "ok"),
    Status.FIX: lazy_pgettext("of a check", "fix"),
    Status.OFF: lazy_pgettext("of a check", "off"),
}
PARTS: Mapping[str, Message | str] = {
    "settings": _("settings"),
    "address": _("address"),
    "database": _("database"),
    "model": _("model"),
    "fallback-model": _("fallback model"),
    "worker": _("worker"),
    "disk": _("disk"),
    "clock": _("clock"),
    "limits": _("limits"),
    "ceilings": _("ceilings of a day"),
    "sellers": _("sellers"),
    "twilio": "Twilio",
    "twilio-number": _("Twilio: number"),
    "twilio-region": _("Twilio: region"),
    "twilio-whatsapp": _("Twilio: WhatsApp"),
    "chatwoot": "Chatwoot",
    "elevenlabs": "ElevenLabs",
}


def part_label(name: str) -> str:
    """Return a part's name in the current language; its own name where it has no other."""
    return str(PARTS.get(name, name))
