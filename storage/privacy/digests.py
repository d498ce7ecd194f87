"""Keyed hashes of identities: they tell somebody who was erased, and nobody can read a number from them."""

import hashlib
import hmac
from collections.abc import Callable, Iterable

SIMULATED = "simulated:"
"""Before the identities of the simulator's people."""


class Digests:
    """Makes the hashes. key: a secret of the installation, asked for at the first hash."""

    def __init__(self, key: Callable[[], str]) -> None:
        self._key = key

    def of(self, identity: str) -> str:
        """Return the hash of an identity, as 64 hexadecimal digits."""
        return hmac.new(self._key().encode(), identity.encode(), hashlib.sha256).hexdigest()

    def of_all(self, identities: Iterable[str]) -> list[str]:
        """Return the hashes of several identities, each once, in order."""
        return list(dict.fromkeys(map(self.of, identities)))


def identity(address: str, *, simulated: bool) -> str:
    """Return what is hashed of an address: a matching number, or what stands for one in `Contact.address`."""
    return f"{SIMULATED}{address}" if simulated else address
