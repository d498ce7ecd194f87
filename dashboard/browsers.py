"""Browsers in which an operator has logged in before: others' wrong passwords do not keep them out."""

import secrets
from datetime import timedelta

from flask import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

COOKIE = "assistant_browser"
KNOWN_FOR = timedelta(days=180)


class KnownBrowsers:
    """Tells known browsers by a cookie. secret: theirs; another one makes all of them strangers."""

    def __init__(self, secret: str) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt=COOKIE)

    def number_of(self, incoming: Request) -> str | None:
        """Return a known browser's number; None for a stranger."""
        try:
            number = self._signer.loads(
                incoming.cookies.get(COOKIE, ""), max_age=int(KNOWN_FOR.total_seconds())
            )
        except BadSignature:
            return None
        return str(number)

    def remember(self, response: Response, number: str | None, *, path: str, secure: bool) -> Response:
        """Have a browser known from here on, by its number or a new one."""
        value = self._signer.dumps(number or secrets.token_urlsafe(12))
        response.set_cookie(
            COOKIE, str(value), max_age=KNOWN_FOR, path=path, secure=secure, httponly=True, samesite="Lax"
        )
        return response
