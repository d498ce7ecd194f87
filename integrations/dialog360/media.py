"""Downloads the files of messages in two steps: the link, then the file.

The link is Meta's, which does not take 360dialog's key. The same path is requested from 360dialog with the key
(https://docs.360dialog.com/docs/waba-messaging/media/upload-retrieve-or-delete-media), so no link can lead to another
host.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from integrations.dialog360.api_errors import coded, refusal
from integrations.dialog360.error_codes import (
    FOREIGN_MEDIA,
    MEDIA_NOT_FOUND,
    NOT_UNDERSTOOD,
    REDIRECT_REFUSED,
)
from integrations.errors import IntegrationError
from integrations.http.deadline_sockets import CancelScope
from integrations.http.deadline_transport import DeadlineTransport
from integrations.http.downloads import network_errors_of, read_capped, too_large
from integrations.http.json_client import TOO_LARGE, JsonHttp
from integrations.json_models import dict_of

_CONNECT_S = 5.0
_CONNECTIONS = 10
_MOST_REFUSAL_BYTES = 64 * 1024
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


class MediaFiles:
    """The files of a number's messages. Thread-safe. http: a client with the same base_url and headers."""

    def __init__(self, http: JsonHttp, base_url: str, headers: Mapping[str, str], *, total_s: float) -> None:
        self._http = http
        self._base_url = base_url
        self._headers = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
        self._total_s = total_s
        self._transport = DeadlineTransport(connections=_CONNECTIONS)

    def download(self, media_id: str, most_bytes: int) -> bytes:
        """Return a file, as Dialog360.download does."""
        if not _MEDIA_ID.fullmatch(media_id):
            raise IntegrationError("not the id of a file", permanent=True, code=FOREIGN_MEDIA)
        scope = CancelScope(time.monotonic() + self._total_s)
        with _not_found_named():
            with coded():
                found = dict_of(self._http.request("GET", f"/{media_id}").body)
            if _is_size(found.get("file_size")) and found["file_size"] > most_bytes:
                raise too_large(most_bytes, TOO_LARGE)
            url = self._at_360dialog(found.get("url"))
            with network_errors_of("360dialog"), scope.active(), self._opened(url, scope) as response:
                return _content(response, most_bytes)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _at_360dialog(self, link: Any) -> httpx2.URL:
        """Return the link with 360dialog's host in place of its own."""
        try:
            target = httpx2.URL(link if isinstance(link, str) else "").raw_path.decode("ascii")
            if not target.strip("/"):
                raise ValueError
            return httpx2.URL(self._base_url + target)
        except (httpx2.InvalidURL, ValueError):
            raise IntegrationError(
                "360dialog's answer has no link", permanent=False, code=NOT_UNDERSTOOD
            ) from None  # its text quotes the link

    @contextmanager
    def _opened(self, url: httpx2.URL, scope: CancelScope) -> Iterator[httpx2.Response]:
        # The transport has no cookies, proxies or redirects.
        timeout = {"connect": _CONNECT_S, "pool": max(0.0, scope.remaining_s)}
        request = httpx2.Request("GET", url, headers=self._headers, extensions={"timeout": timeout})
        response = self._transport.handle_request(request)
        try:
            yield response
        finally:
            response.close()


def _content(response: httpx2.Response, most_bytes: int) -> bytes:
    if response.status_code >= 400:
        raise refusal(response.status_code, _json(response))
    if response.status_code != 200:
        raise IntegrationError("360dialog's file is elsewhere", permanent=True, code=REDIRECT_REFUSED)
    return read_capped(response, most_bytes, TOO_LARGE)


def _json(response: httpx2.Response) -> Any:
    try:
        return json.loads(read_capped(response, _MOST_REFUSAL_BYTES, TOO_LARGE))
    except (httpx2.HTTPError, IntegrationError, ValueError, RecursionError):
        return None  # the refusal counts without its body


@contextmanager
def _not_found_named() -> Iterator[None]:
    try:
        yield
    except IntegrationError as error:
        if error.status != 404:
            raise
        raise IntegrationError(str(error), permanent=True, code=MEDIA_NOT_FOUND, status=404) from error


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
