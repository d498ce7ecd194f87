"""Names this process where several machines write down who does what."""

import os
import secrets
import socket


def process_name() -> str:
    """Return a name that no other process has, nor had: its machine, its number and a token; 80 characters at most."""
    return f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(8)}"
