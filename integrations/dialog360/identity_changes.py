"""Parses what WhatsApp says of people whose number or user id has changed.

It is a message of the type "system", which nobody wrote
(https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages/system).
"""

from dataclasses import dataclass
from typing import Any

from integrations.dialog360.lenient import line_of, number_of
from integrations.json_models import dict_of
from integrations.whatsapp_ids import user_id_of

_TYPES = frozenset({"user_changed_number", "user_changed_user_id"})


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A person's new user id. old_number, new_number: E.164, or empty where they are not said."""

    old_user_id: str
    new_user_id: str
    old_number: str = ""
    new_number: str = ""


def read_change(part: dict[str, Any]) -> IdentityChange | None:
    """Return the change that a system message tells of; None for others, and where it does not say of whom."""
    said = dict_of(part.get("system"))
    if line_of(said.get("type"), 40) not in _TYPES:
        return None
    old, new = (_user_id(said, part, name) for name in ("previous_user_id", "user_id"))
    if not old or not new or old == new:
        return None
    new_number = number_of(said.get("wa_id"))
    return IdentityChange(old, new, number_of(part.get("from")) if new_number else "", new_number)


def _user_id(said: dict[str, Any], part: dict[str, Any], name: str) -> str:
    return user_id_of(said.get(name)) or user_id_of(part.get(name))
