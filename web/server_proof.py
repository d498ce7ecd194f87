"""Proves to whoever asks with a number that an answer is this installation's own, and no other server's."""

import hmac
import re
import secrets
from hashlib import sha256

_NUMBER = re.compile(r"[0-9a-f]{32}")
_PURPOSE = b"server-proof"


class ServerProof:
    """Answers numbers under a key of its own, which is derived from the application's secret key.

    Every process and machine with that secret key gives the same answer, and nobody else can.
    """

    def __init__(self, secret_key: str) -> None:
        self._key = hmac.digest(secret_key.encode(), _PURPOSE, sha256)

    def answer(self, number: str) -> str | None:
        """Return the answer to a number of 32 hexadecimal digits, as 64 of them; None to anything else."""
        if not _NUMBER.fullmatch(number):
            return None
        return hmac.digest(self._key, number.encode(), sha256).hex()

    def is_answer(self, number: str, given: object) -> bool:
        """Return whether something is the answer to a number."""
        expected = self.answer(number)
        return (
            expected is not None
            and isinstance(given, str)
            and hmac.compare_digest(expected.encode(), given.encode())
        )


def new_number() -> str:
    """Return a number to ask with."""
    return secrets.token_hex(16)
