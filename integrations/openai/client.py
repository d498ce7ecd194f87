"""The openai library's client on our sockets, and its errors as IntegrationError."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import openai

from integrations.errors import IntegrationError, is_permanent
from integrations.http.deadline_transport import DeadlineTransport
from integrations.json_models import dict_of
from integrations.openai.stream import ErrorInStreamError, UnreadableStreamError

CONNECT_S = 2.0
"""Longest time to connect, for TLS, and to wait for a free connection, each."""

_OPENAI_URL = "https://api.openai.com/v1"
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

    base_url: None is OpenAI. api_key: None for a server without keys.
    connections: the most requests at once; another one waits for a free connection.
    """

    def __init__(self, *, api_key: str | None, base_url: str | None, connections: int) -> None:
        self._http = openai.DefaultHttpxClient(transport=DeadlineTransport(connections=connections))
        super().__init__(
            api_key=api_key or _NO_KEY,
            base_url=base_url or _OPENAI_URL,
            max_retries=0,
            # No timeout for each read: every request here is in a cancel scope, whose deadline is exact.
            timeout=_TIMEOUT,
            http_client=self._http,
        )
        self._chat_url = self.base_url.copy_with(raw_path=self.base_url.raw_path + b"chat/completions")
        self._chat_headers = httpx2.Headers({**_HEADERS, "Authorization": f"Bearer {self.api_key}"})

    @property
    def default_headers(self) -> dict[str, str | openai.Omit]:
        """Return each request's headers. The library would add those of OPENAI_CUSTOM_HEADERS and similar settings."""
        return {**_HEADERS}

    def open_stream(self, body: dict[str, Any]) -> httpx2.Response:
        """Post a request for a stream and return the response, its body unread.

        Raises openai.APIStatusError and the errors of httpx2. The library's post() builds URL and headers anew each
        time: 1.3 of 12 ms of CPU for an answer, measured in one run. Its chat.completions.create() also checks the type
        of every message again.
        """
        request = httpx2.Request(
            "POST",
            self._chat_url,
            headers=self._chat_headers,
            content=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
            extensions={"timeout": _TIMEOUT.as_dict()},
        )
        response = self._http.send(request, stream=True)
        if not response.is_success:
            response.read()
            raise _status_error(response)
        return response


def _status_error(response: httpx2.Response) -> openai.APIStatusError:
    """Return the library's error for an HTTP error, from a response already read."""
    body: Any = response.text.strip()
    with suppress(ValueError, RecursionError):
        body = json.loads(body)
    error = dict_of(body).get("error", body)
    message = dict_of(error).get("message")
    said = f" - {message}" if isinstance(message, str) and message else ""
    return openai.APIStatusError(f"Error code: {response.status_code}{said}", response=response, body=error)


@contextmanager
def integration_errors() -> Iterator[None]:
    """Convert the errors of openai, httpx2 and the stream's reader to IntegrationError.

    Without a code by the provider, ours is "timeout", "connection" or "unreadable".
    """
    try:
        yield
    except openai.APIStatusError as error:
        raise _refused(error) from error
    except (openai.APITimeoutError, httpx2.TimeoutException) as error:
        raise IntegrationError(
            "the model's server did not answer in time", permanent=False, code="timeout"
        ) from error
    except (openai.APIError, httpx2.HTTPError) as error:
        raise IntegrationError(
            "the connection to the model failed", permanent=False, code="connection"
        ) from error
    except ErrorInStreamError as error:
        raise IntegrationError(
            "the model's server reported an error in its stream", permanent=False, code=error.code
        ) from error
    except UnreadableStreamError as error:
        raise IntegrationError(
            "the model's server sent no stream of chunks", permanent=False, code="unreadable"
        ) from error


_MEANINGS = {
    400: "did not accept the request",
    401: "refused the key",
    403: "does not let this key use the model",
    404: "does not know the model or the address",
    429: "is asked too often",
}


def _refused(error: openai.APIStatusError) -> IntegrationError:
    """Return the error for an HTTP error, in our words: the server's may quote the key or the conversation."""
    status, code = error.status_code, _plain_code(error.code)
    meaning = _MEANINGS.get(status, "could not answer")
    out_of_quota = code == "insufficient_quota"
    if out_of_quota:
        meaning = "has no credit left for this key"
    return IntegrationError(
        f"the model's server {meaning} (HTTP {status}{f', {code}' if code else ''})",
        permanent=is_permanent(status) or out_of_quota,
        code=code,
        status=status,
        retry_after_s=_retry_after_s(error.response.headers),
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
