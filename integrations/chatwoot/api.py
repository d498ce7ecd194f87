"""Requests to Chatwoot's public and application APIs.

The inbox's identifier is the secret of the public API; the application API takes a token. Errors are JsonHttp's, and
this module's codes.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from integrations.chatwoot.fields import Filled, Text
from integrations.errors import NOT_UNDERSTOOD, IntegrationError
from integrations.http.json_client import Files, JsonHttp, Reply
from integrations.json_models import Model, parse
from translations import lazy_gettext as _

MOVED = "moved"
NOT_CONFIGURED = "not_configured"
TOO_MANY_MESSAGES = "too_many_messages"
"""The conversation has reached Chatwoot's limit of 200 messages a minute."""

_PATHS = re.compile(r"(?<!/)/(public/api|api|app)(/.*)?$|/+$")
_FLOOD = "Too many messages"

_T = TypeVar("_T")


class Api:
    """An HTTP connection to both APIs. Thread-safe.

    url: with or without /public/api/v1, or the address of any Chatwoot page.
    """

    def __init__(
        self,
        url: str,
        *,
        inbox_identifier: str,
        account_id: int | None,
        api_token: str | None,
        total_s: float,
        connections: int,
    ) -> None:
        self.base_url = base_of(url)
        self.account_id, self.api_token = account_id, api_token
        self._inbox = f"/public/api/v1/inboxes/{quote(inbox_identifier.strip(), safe='')}"
        self._http = JsonHttp(self.base_url, name="Chatwoot", total_s=total_s, connections=connections)

    @property
    def has_token(self) -> bool:
        """Return whether the application API is configured."""
        return self.account_id is not None and bool(self.api_token)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def public(self, method: str, path: str, *, json: Any = None, **form: Any) -> Any:
        """Send a request to the inbox and return the JSON of its reply. path: below the inbox."""
        return self._ask(method, self._inbox + path, json=json, **form)

    def application(self, method: str, path: str, *, json: Any = None, **form: Any) -> Any:
        """Send a request to the account, below which path is. Raises NOT_CONFIGURED without a token or account."""
        if not self.has_token:
            raise IntegrationError(
                _("Chatwoot's token or account is not set"), permanent=True, code=NOT_CONFIGURED
            )
        # Chatwoot chose the name. nginx drops headers with an underscore unless underscores_in_headers is on.
        headers = {"api_access_token": str(self.api_token)}
        return self._ask(
            method, f"/api/v1/accounts/{self.account_id}{path}", json=json, headers=headers, **form
        )

    def version(self) -> str:
        """Return Chatwoot's version. Raises NOT_UNDERSTOOD if the server is not Chatwoot."""
        return understood(_Installation.model_validate, self._ask("GET", "/api")).version

    def _ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        files: Files = (),
        data: Mapping[str, str] = {},
        headers: Mapping[str, str] = {},
    ) -> Any:
        try:
            reply = self._http.request(method, path, json=json, files=files, data=data, headers=headers)
        except IntegrationError as error:
            if error.status == 422 and _is_flood(error.body):
                raise _flood(error) from error
            raise
        return _unmoved(reply).body


def understood(read: Callable[[Any], _T], body: Any) -> _T:
    """Return the parsed value. Raises NOT_UNDERSTOOD for an unexpected shape."""
    try:
        return read(body)
    except ValueError as error:
        raise IntegrationError(
            _("the answer of {name} could not be understood").format(name="Chatwoot"),
            permanent=False,
            code=NOT_UNDERSTOOD,
        ) from error


class _Installation(Model):
    version: Filled


class _Refusal(Model):
    message: Text = ""
    error: Text = ""


def base_of(url: str) -> str:
    """Return the base URL of the installation."""
    return _PATHS.sub("", url.strip())


def _unmoved(reply: Reply) -> Reply:
    if reply.status >= 300:
        raise IntegrationError(
            _("{name} sends one on to another address (HTTP {status})").format(
                name="Chatwoot", status=reply.status
            ),
            permanent=False,
            code=MOVED,
            status=reply.status,
        )
    return reply


def _is_flood(body: Any) -> bool:
    said = parse(_Refusal, body)
    return said is not None and (_FLOOD in said.message or _FLOOD in said.error)


def _flood(error: IntegrationError) -> IntegrationError:
    return IntegrationError(
        _("Chatwoot takes no more messages in this conversation for now"),
        permanent=False,
        code=TOO_MANY_MESSAGES,
        status=error.status,
        body=error.body,
    )
