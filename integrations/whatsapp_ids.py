"""Recognises WhatsApp's business-scoped user ids, by which people are known who show a user name and no number.

Source: https://developers.facebook.com/docs/whatsapp/business-scoped-user-ids. An id is passed on byte for byte; it
is valid within one business portfolio.
"""

import re

_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


def user_id_of(written: object) -> str:
    """Return the user id in a value, with or without whatsapp: before it; "" if it is none."""
    found = written.strip().removeprefix("whatsapp:") if isinstance(written, str) else ""
    return found if _USER_ID.fullmatch(found) else ""
