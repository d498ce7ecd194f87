"""The openai library's client on our sockets, and its errors as IntegrationError."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import openai

from integrations.errors import IntegrationError, is_permanent
from integrations.http.deadline_transport import DeadlineTransport
from integrations.json_models import dict_of
from integrations.language_model import Message
from integrations.openai.address import server_address
from integrations.openai.reading.answer import ErrorInStreamError
from integrations.openai.reading.server_sent_events import UnreadableStreamError
from integrations.openai.request_body import PictureBody, written
from integrations.openai.server_words import ServerWords
from translations import lazy_gettext as _

CONNECT_S = 2.0
"""Longest time to connect, for TLS, and to wait for a free connection, each."""

_NO_KEY = "no-key-needed"
_HEADERS = {
    "Accept": "text/event-stream, application/json",
    "Accept-Encoding": "identity",  # a compressing proxy would delay a stream
    "Content-Type": "application/json",
    "User-Agent": f"OpenAI/Python {openai.__version__}",
}
_TIMEOUT = httpx2.Timeout(None, connect=CONNECT_S, pool=CONNECT_S)


class OpenAIClient(openai.OpenAI):
    """The library's client on our sockets, independent of the environment and without retries.

    base_url: as server_address() takes it; None is OpenAI. api_key: None for a server without keys.
    connections: the most requests at once; another one waits for a free connection.
    """

    def __init__(self, *, api_key: str | None, base_url: str | None, connections: int) -> None:
        address = server_address(base_url)
        self._http = openai.DefaultHttpxClient(
            transport=DeadlineTransport(connections=connections),
            event_hooks={"request": [_drop_lost_key] if address.is_azure else []},
        )
        key = api_key or _NO_KEY
        self._key_headers = {"api-key": key} if address.is_azure else {}
        self._query = dict(address.query)
        super().__init__(
            api_key=key,
            base_url=address.base_url,
            default_query=self._query,
            max_retries=0,
            # No timeout for each read: every request here is in a cancel scope, whose deadline is exact.
            timeout=_TIMEOUT,
            http_client=self._http,
        )
        self._headers = httpx2.Headers({**_HEADERS, **self._key_headers, "Authorization": f"Bearer {key}"})
        self._urls: dict[str, httpx2.URL] = {}

    @property
    def default_headers(self) -> dict[str, str | openai.Omit]:
        """Return each request's headers. The library would add those of OPENAI_CUSTOM_HEADERS and similar settings."""
        return {**_HEADERS, **self._key_headers}

    def words_of_server(self, messages: Sequence[Message]) -> ServerWords:
        """Return how to quote the server in the log, when it was sent these messages."""
        return ServerWords(messages, [self.api_key])

    def open_stream(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Post a request for a stream to a path below the address and return the response, its body unread.

        Raises openai.APIStatusError and the errors of httpx2. The library's post() builds URL and headers anew each
        time: 1.3 of 12 ms of CPU for an answer, measured in one run. Its chat.completions.create() also checks the type
        of every message again.
        """
        content, headers = written(body), self._headers
        if isinstance(content, PictureBody):  # some servers take no body in chunks
            headers = httpx2.Headers({**headers, "Content-Length": str(content.length)})
        request = httpx2.Request(
            "POST",
            self._url(path),
            headers=headers,
            content=content,
            extensions={"timeout": _TIMEOUT.as_dict()},
        )
        response = self._http.send(request, stream=True)
        if not response.is_success:
            response.read()
            raise _status_error(response)
        return response

    def _url(self, path: str) -> httpx2.URL:
        if path not in self._urls:
            url = self.base_url.copy_with(raw_path=self.base_url.raw_path + path.encode())
            self._urls[path] = url.copy_merge_params(self._query) if self._query else url
        return self._urls[path]


def _drop_lost_key(request: httpx2.Request) -> None:
    """Take the key out of Azure's header too where httpx2 has taken it out of Authorization: after a redirect."""
    if "Authorization" not in request.headers:
        request.headers.pop("api-key", None)


def _status_error(response: httpx2.Response) -> openai.APIStatusError:
    """Return the library's error for an HTTP error, from a response already read."""
    body: Any = response.text.strip()
    with suppress(ValueError, RecursionError):
        body = json.loads(body)
    if isinstance(body, list) and body:  # Gemini's
        body = body[0]
    error = dict_of(body).get("error", body)
    said = dict_of(error).get("message") or dict_of(error).get("detail") or (error if body != error else "")
    words = said if isinstance(said, str) else json.dumps(said)
    message = f"Error code: {response.status_code}{f' - {words}' if said else ''}"
    return openai.APIStatusError(message, response=response, body=error)


@contextmanager
def integration_errors(words: ServerWords = ServerWords(())) -> Iterator[None]:  # noqa: B008  # it holds nothing
    """Convert the errors of openai, httpx2 and the stream's readers to IntegrationError.

    Without a code by the provider, ours is "timeout", "connection" or "unreadable". words: quotes the server.
    """
    try:
        yield
    except openai.APIStatusError as error:
        raise _refused(error, words.quote(error.body)) from error
    except (openai.APITimeoutError, httpx2.TimeoutException) as error:
        raise IntegrationError(
            _("the model's server did not answer in time"), permanent=False, code="timeout"
        ) from error
    except (openai.APIError, httpx2.HTTPError) as error:
        raise IntegrationError(
            _("the connection to the model failed"), permanent=False, code="connection"
        ) from error
    except ErrorInStreamError as error:
        raise _failed_in_stream(error, words) from error
    except UnreadableStreamError as error:
        raise IntegrationError(
            _("the model's server sent no stream of chunks"),
            permanent=False,
            code="unreadable",
            said=": ".join(filter(None, [str(error), words.quote(error.said, is_error=False)])),
        ) from error


def _failed_in_stream(error: ErrorInStreamError, words: ServerWords) -> IntegrationError:
    """Return the error for an error object in a stream, whose code may be an HTTP status."""
    status = error.code if isinstance(error.code, int) and 400 <= error.code < 600 else None
    return IntegrationError(
        _("the model's server reported an error in its stream"),
        permanent=status is not None and is_permanent(status),
        code=_plain_code(error.code),
        status=status,
        said=words.quote(error.error),
    )


_MEANINGS = {
    400: _("the model's server did not accept the request ({status})"),
    401: _("the model's server refused the key ({status})"),
    403: _("the model's server does not let this key use the model ({status})"),
    404: _("the model's server does not know the model or the address ({status})"),
    429: _("the model's server is asked too often ({status})"),
}


def _refused(error: openai.APIStatusError, said: str) -> IntegrationError:
    """Return the error for an HTTP error, in our words: the server's may quote the key or the conversation."""
    status, code = error.status_code, _plain_code(error.code)
    meaning = _MEANINGS.get(status, _("the model's server could not answer ({status})"))
    out_of_quota = code == "insufficient_quota"
    if out_of_quota:
        meaning = _("the model's server has no credit left for this key ({status})")
    return IntegrationError(
        meaning.format(status=f"HTTP {status}{f', {code}' if code else ''}"),
        permanent=is_permanent(status) or out_of_quota,
        code=code,
        status=status,
        retry_after_s=_retry_after_s(error.response.headers),
        said=said,
    )


def _plain_code(code: object) -> str | None:
    """Return a code in OpenAI's format; None for any other, which could quote anything."""
    return code if isinstance(code, str) and re.fullmatch(r"[a-z][a-z_]{1,60}", code) else None


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    for header, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        with suppress(KeyError, ValueError):  # absent, or a date, which no model's server sends
            seconds = float(headers[header]) / divisor
            if seconds >= 0:
                return seconds
    return None
