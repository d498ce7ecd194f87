"""Numbers forms, so that one that is sent twice, as by a second click, is acted upon once."""

import secrets
from hashlib import sha256

from flask import request
from werkzeug.datastructures import FileStorage

FIELD = "form_number"
_NOT_SAID = frozenset({FIELD, "csrf_token"})
_LONGEST = 40


def new_number() -> str:
    """Return a number for a form of a page."""
    return secrets.token_urlsafe(12)


def sent_form() -> str:
    """Return the number of the form in this request, with a digest of what it asks for; "" if it has none.

    The digest tells apart what was written after going back to a page, which a browser may show as it was.
    """
    number = request.form.get(FIELD, "")[:_LONGEST]
    if not number:
        return ""
    fields = sorted(field for field in request.form.items(multi=True) if field[0] not in _NOT_SAID)
    files = sorted((name, _digest(file)) for name, file in request.files.items(multi=True))
    asked_for = repr((request.path, fields, files)).encode()
    return f"{number}:{sha256(asked_for).hexdigest()[:32]}"


def _digest(file: FileStorage) -> str:
    """Return a digest of a file that was sent, which can be read all the same."""
    found = sha256(file.read()).hexdigest()
    file.seek(0)
    return found
