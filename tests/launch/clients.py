"""Clients who speak to a server byte by byte, and what they say."""

IDLE = b""
HALF_A_LINE = b"GET /hea"
HALF_THE_HEADERS = b"POST /length HTTP/1.1\r\nHost: localhost\r\n"
HEADERS = HALF_THE_HEADERS + b"Content-Length: 100\r\n\r\n"
HALF_A_BODY = HEADERS + b"x" * 50
HALF_A_CHUNK = HALF_THE_HEADERS + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel"
KINDS = (IDLE, HALF_A_LINE, HALF_THE_HEADERS, HEADERS, HALF_A_BODY, HALF_A_CHUNK)
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
BUFFERED = 400_000
LARGE = HALF_THE_HEADERS + b"Content-Length: 1000000\r\n\r\n" + b"x" * BUFFERED
LARGE_IN_CHUNKS = HALF_THE_HEADERS + b"Transfer-Encoding: chunked\r\n\r\nf4240\r\n" + b"x" * BUFFERED


def read_to_end(client):
    return b"".join(iter(lambda: client.recv(65536), b""))


def read_reply(client):
    """Return a reply's status and body; the connection may be kept."""
    reply = client.makefile("rb", buffering=0)
    status = int(reply.readline().split()[1])
    headers = dict(line.rstrip().lower().split(b": ", 1) for line in iter(reply.readline, b"\r\n"))
    return status, reply.read(int(headers.get(b"content-length", 0)))
