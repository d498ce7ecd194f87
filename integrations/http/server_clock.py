"""Asks a server on the internet what time it is there."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from integrations.errors import NOT_UNDERSTOOD, IntegrationError
from integrations.http.deadline_sockets import CancelScope
from integrations.http.deadline_transport import DeadlineTransport
from integrations.http.downloads import network_errors_of


def server_time(url: str, *, total_s: float = 10) -> datetime:
    """Return the time in the Date header of a server's answer (RFC 9110, 6.6.1), whatever its status.

    It is exact to a second. Raises IntegrationError.
    """
    transport = DeadlineTransport(connections=1)
    scope = CancelScope(time.monotonic() + total_s)
    request = httpx2.Request("HEAD", url, extensions={"timeout": {"connect": total_s, "pool": total_s}})
    try:
        with network_errors_of("the server"), scope.active():
            response = transport.handle_request(request)
            response.close()
    finally:
        transport.close()
    try:
        date = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        raise IntegrationError("an answer without a date", permanent=True, code=NOT_UNDERSTOOD) from None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
