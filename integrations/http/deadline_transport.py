"""An HTTP transport with exact deadlines and immediate cancellation.

httpx2's timeouts apply to each read, so a server that sends a byte every second is never late; and closing a response
from another thread does not wake the reading thread. Hence our own sockets (deadline_sockets); the pool, HTTP/1.1 and
TLS are httpcore2's and ssl's. Proxy settings are ignored.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpcore2
import httpx2

from integrations.http.deadline_sockets import DeadlineBackend

KEEPALIVE_S = 120.0
"""Lifetime of an idle connection: a caller's next question comes some ten seconds after the last."""


class DeadlineTransport(httpx2.BaseTransport):
    """An httpx2 transport whose requests obey the active cancel scope, if any."""

    def __init__(self, *, connections: int, keepalive_s: float = KEEPALIVE_S) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=shared_ssl_context(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=keepalive_s,
            network_backend=DeadlineBackend(),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        with _httpx_errors(request):
            response = self._pool.handle_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response, request),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._pool.close()


@cache
def shared_ssl_context() -> ssl.SSLContext:
    """Return the SSL context shared by all connections: loading the certificates takes 20 ms."""
    return httpx2.create_ssl_context()


class _Body(httpx2.SyncByteStream):
    def __init__(self, response: httpcore2.Response, request: httpx2.Request) -> None:
        self._response = response
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors(self._request):
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextmanager
def _httpx_errors(request: httpx2.Request) -> Iterator[None]:
    try:
        yield
    except httpcore2.ConnectTimeout as error:
        raise httpx2.ConnectTimeout(str(error), request=request) from error
    except httpcore2.TimeoutException as error:
        raise httpx2.ReadTimeout(str(error), request=request) from error
    except httpcore2.ProtocolError as error:
        raise httpx2.RemoteProtocolError(str(error), request=request) from error
    except httpcore2.NetworkError as error:
        raise httpx2.NetworkError(str(error), request=request) from error
