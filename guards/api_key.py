"""Admits API requests with the key; without a key set, those from this machine alone, or none."""

import hmac

import structlog
from flask import Request, Response, jsonify, request

from guards.loopback import is_loopback

log = structlog.get_logger()


class ApiKeyGuard:
    """Refuses requests without the key (`Authorization: Bearer` or `X-API-Key`) with 401 and a JSON body.

    key: None admits this machine alone, and nobody where the server is_public: a proxy on this machine may not say
    that it is one. setting: the key's name, for the refusal.
    """

    def __init__(self, key: str | None, *, setting: str, is_public: bool = False) -> None:
        self._key, self._setting, self._is_public = key, setting, is_public

    def __call__(self) -> tuple[Response, int] | None:
        """Return None to let the request through, as `before_request` wants it."""
        if self._key is None:
            if self._is_public:
                return self._refuse(
                    f"Set {self._setting}: with WEBHOOK_URL set, nobody is let in without a key."
                )
            if is_loopback(request):
                return None
            return self._refuse(f"Set {self._setting} to use this from another machine.")
        if has_key(request, self._key, "X-API-Key"):
            return None
        return self._refuse("Wrong or missing API key.")

    def _refuse(self, detail: str) -> tuple[Response, int]:
        log.warning("api_refused", path=request.path)
        response = jsonify(detail=detail)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response, 401


def has_key(incoming: Request, key: str, header: str) -> bool:
    """Compare a request's key (`Authorization: Bearer`, or in a header) with `key`, in constant time."""
    scheme, _, token = incoming.headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    given = filter(None, (bearer, incoming.headers.get(header, "").strip()))
    return any(hmac.compare_digest(one.encode("utf-8", "replace"), key.encode()) for one in given)
