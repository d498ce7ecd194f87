"""Downloads files up to a size limit, with one error when there is no answer."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from integrations.errors import CONNECTION_LOST, NO_ANSWER_IN_TIME, NO_CONNECTION, IntegrationError


def read_capped(response: httpx2.Response, most_bytes: int, code: str) -> bytes:
    """Return a body. Raises too_large() at the limit, whatever its declared length."""
    length = response.headers.get("Content-Length", "0")
    if length.isdecimal() and int(length) > most_bytes:
        raise too_large(most_bytes, code)
    content = io.BytesIO()
    for piece in response.iter_raw():
        if content.tell() + len(piece) > most_bytes:
            raise too_large(most_bytes, code)
        content.write(piece)
    return content.getvalue()


def too_large(most_bytes: int, code: str) -> IntegrationError:
    """Return the error for a file above the limit."""
    return IntegrationError(f"a file of more than {most_bytes} bytes", permanent=True, code=code)


@contextmanager
def network_errors_of(provider: str) -> Iterator[None]:
    """Convert httpx2's errors for a missing answer to IntegrationError. provider: its name in the message."""
    try:
        yield
    except httpx2.TimeoutException as error:
        raise _no_file(provider, NO_ANSWER_IN_TIME) from error
    except httpx2.NetworkError as error:
        raise _no_file(provider, NO_CONNECTION) from error
    except httpx2.HTTPError as error:
        raise _no_file(provider, CONNECTION_LOST) from error


def _no_file(provider: str, code: str) -> IntegrationError:
    return IntegrationError(f"No file from {provider} ({code})", permanent=False, code=code)
